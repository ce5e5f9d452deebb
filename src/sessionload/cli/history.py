"""`sessionload history`: the runs of a folder as a trend, on the terminal and as pages.

Law: a run that cannot be read is told and stops nothing. Idea: each run is read, made a row, and let go
before the next is read. Trap: the pages may stand elsewhere than the runs, so links start from the pages.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.cli.progress import show
from sessionload.errors import InputError
from sessionload.report.history import markdown, page, terminal
from sessionload.report.history.model import RunRow, Unread, build_history_model, relative_url, run_row
from sessionload.report.views import FORMATS
from sessionload.storage.files import make_folder, write_whole
from sessionload.storage.run_index import runs_of

if TYPE_CHECKING:
    from sessionload.storage.run_folder import RunFolder

_VIEWS = {"history.html": page.render, "history.md": markdown.render}
_EDITED = "its parts contradict each other; take the file as the run wrote it [broken-result]"


def history(folder: Path, out: Path | None = None) -> list[Path]:
    """Print the runs of `folder`, write the pages into `out` or there, and return their files.

    Raises `SessionloadError`.
    """
    found = runs_of(folder)
    if out is not None:
        make_folder(out)
    target = out or folder
    entries = [_entry(run, target) for run in found]
    model = build_history_model(
        folder.resolve().name or str(folder),
        [entry for entry in entries if isinstance(entry, RunRow)],
        [entry for entry in entries if isinstance(entry, Unread)],
    )
    show(terminal.render(model))
    written = []
    for name, render in _VIEWS.items():
        write_whole(target / name, render(model))
        written.append(target / name)
    return written


def _entry(run: RunFolder, target: Path) -> RunRow | Unread:
    name = run.path.name or run.path.resolve().name  # the folder one is in has no name of its own
    try:
        return run_row(run.read_responses(), name, _link(run.path / FORMATS["html"].file, target))
    except InputError as fault:
        return Unread(name, f"{fault.message}; {fault.hint} [{fault.code}]")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return Unread(name, _EDITED)  # read, but no result of ours says such things


def _link(report: Path, target: Path) -> str:
    if not report.is_file():
        return ""
    return relative_url(Path(os.path.relpath(report, target)).parts)

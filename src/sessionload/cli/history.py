"""`sessionload history`: the runs of a folder as a trend, on the terminal and as pages.

Each run is read, made a row, and let go before the next is read; one that cannot be read is a row that says
so. The pages may stand elsewhere than the runs, so links start from the pages.
"""

from __future__ import annotations

import os
from pathlib import Path

from sessionload.cli.console import say, show, warn
from sessionload.cli.views import page_views, write_views
from sessionload.errors import InputError, ResultError
from sessionload.report.history import markdown, page, terminal
from sessionload.report.history.model import RunRow, Unread, build_history_model, relative_url, run_row
from sessionload.report.views import FORMATS
from sessionload.storage.files import make_folder
from sessionload.storage.run_folder import RunFolder
from sessionload.storage.run_index import runs_of

_PAGES = {"history.html": page.render, "history.md": markdown.render}
_EDITED = "its parts contradict each other; take the file as the run wrote it [broken-result]"


def history(folder: Path, out: Path | None = None) -> int:
    """Write the pages of the runs of `folder`, into `out` or there, and return the exit code.

    Prints the runs, and the files that were written last. Raises `InputError`.
    """
    runs = runs_of(folder)
    if out is not None:
        make_folder(out)
    target = out or folder
    entries = [_entry(run, target) for run in runs]
    model = build_history_model(
        folder.resolve().name or str(folder),
        [entry for entry in entries if isinstance(entry, RunRow)],
        [entry for entry in entries if isinstance(entry, Unread)],
    )
    written = write_views(page_views(model, _PAGES), RunFolder(target))
    show(terminal.render(model))
    for path in written.files:
        say(path)
    for error in written.errors:
        warn(f"error: {error}")
    return ResultError.exit_code if written.errors else 0


def _entry(run: RunFolder, target: Path) -> RunRow | Unread:
    name = run.path.name or run.path.resolve().name  # the folder one is in has no name of its own
    try:
        return run_row(run.read_responses(), name, _link(run.path / FORMATS["html"].file, target))
    except InputError as fault:
        return Unread(name, f"{fault.message}; {fault.hint} [{fault.code}]")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return Unread(name, _EDITED)  # it can be read, but no run writes such a result


def _link(report: Path, target: Path) -> str:
    if not report.is_file():
        return ""
    return relative_url(Path(os.path.relpath(report, target)).parts)

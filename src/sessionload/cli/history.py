"""`sessionload history`: the runs of a folder as a trend, on the terminal and as pages.

Each run is read, made a row, and let go before the next is read; one that cannot be read is a row that says
so. The pages may stand elsewhere than the runs, so links start from the pages.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.cli.console import columns_of_output, say, show, warn
from sessionload.cli.report_extra import notes
from sessionload.cli.views import page_views, write_views
from sessionload.errors import InputError, Place, ResultError
from sessionload.report.history import markdown, page, terminal
from sessionload.report.history.model import RunRow, Unread, build_history_model, relative_url, run_row
from sessionload.report.views import FORMATS
from sessionload.storage.files import make_folder, read_at_most, shown
from sessionload.storage.output_folder import OutputFolder, refuse_taken
from sessionload.storage.run_index import runs_of
from sessionload.verdict.run_labels import labels_text, parse_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.storage.run_folder import RunFolder

_BEGINNINGS = {"history.html": b'content="sessionload', "history.md": b"## History of "}
"""What pages of this command have at their beginning."""
_PAGE = "history.html"
_PAGES = {_PAGE: page.render, "history.md": markdown.render}


def history(folder: Path, out: Path | None = None, labels: Sequence[str] = ()) -> int:
    """Write the pages of the runs of `folder`, into `out` or there, and return the exit code.

    With `labels`, only of those that have them all. Prints the runs, and the files that were written last.
    Raises `InputError`.
    """
    wanted = parse_labels(labels)
    runs = runs_of(folder)
    target = out or folder
    refuse_taken(path for path in map(target.joinpath, _PAGES) if not _is_ours(path))
    entries = [_entry(run, target, wanted) for run in runs]
    rows = [entry for entry in entries if isinstance(entry, RunRow)]
    if wanted and not rows:
        raise _no_match(folder, wanted, entries.count(None))
    if out is not None:
        make_folder(out)
    model = build_history_model(
        folder.resolve().name or str(folder),
        rows,
        [entry for entry in entries if isinstance(entry, Unread)],
        labels=labels_text(wanted),
        others=entries.count(None),
    )
    written = write_views(page_views(model, _PAGES, drawn=(_PAGE,)), OutputFolder(target, again=True))
    show(terminal.render(model, columns_of_output()))
    for path in written.files:
        say(path)
    for warning in (*notes(written.undrawn, "then again"), *(f"error: {error}" for error in written.errors)):
        warn(warning)
    return ResultError.exit_code if written.errors else 0


def _entry(run: RunFolder, target: Path, wanted: Mapping[str, str]) -> RunRow | Unread | None:
    """Return what is said of a run: nothing if it has not all the labels that are wanted."""
    name = run.path.name or run.path.resolve().name  # the folder one is in has no name of its own
    try:
        result = run.read_responses()
        if not wanted.items() <= result.run.labels.items():
            return None
        return run_row(result, name, _link(run.path / FORMATS["html"].file, target))
    except InputError as fault:
        return Unread(name, f"{fault.message}; {fault.hint} [{fault.code}]")


def _no_match(folder: Path, wanted: Mapping[str, str], others: int) -> InputError:
    return InputError(
        "no-runs",
        f"no run here that can be read has {labels_text(wanted)}; {others:,} have not",
        place=Place(shown(folder)),
        hint="'sessionload history' without --label shows which labels they have",
    )


def _is_ours(path: Path) -> bool:
    """Whether a page was made by this command, so that it may be made again."""
    with suppress(InputError):
        return _BEGINNINGS[path.name] in read_at_most(path, 4096, "a page")
    return False


def _link(report: Path, target: Path) -> str:
    if not report.is_file():
        return ""
    return relative_url(Path(os.path.relpath(report, target)).parts)

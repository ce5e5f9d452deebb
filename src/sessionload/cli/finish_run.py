"""From what was measured to what people get: the result, its views, the summary and the exit code.

Law: the result is written first and the views after it; if it cannot be written where it should
be, it is kept where it can, and the exit code says so.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.cli.progress import show
from sessionload.errors import ResultError
from sessionload.report import markdown, terminal
from sessionload.report.model.build import build_report_model
from sessionload.report.views import AFTER_A_RUN, rendered
from sessionload.storage import github_summary
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

_EXIT_CODES = {State.MET: 0, State.MISSED: 1, State.VOID: 3}


def exit_code_of(result: Result) -> int:
    """Return the exit code that says what `result` says."""
    number = signal.Signals.__members__.get(result.run.interrupted or "")
    if number is not None:
        return 128 + number.value
    return _EXIT_CODES[result.verdict.state]


def finish_run(result: Result, folder: RunFolder) -> None:
    """Print the summary, write the result and its views, and print the folder. Raises `ResultError`."""
    model = build_report_model(result)
    show(terminal.render(model))
    try:
        folder.write_result(result)
        folder.write_views(rendered(model, AFTER_A_RUN))
    except ResultError:
        spare = RunFolder(Path(tempfile.mkdtemp(prefix="sessionload-")))
        spare.write_result(result)
        print(f"the result is kept in {spare.path}", file=sys.stderr)  # noqa: T201
        raise
    finally:
        add_to_step_summary(markdown.render(model))
    print(folder.path, flush=True)  # noqa: T201


def add_to_step_summary(text: str) -> None:
    """Append Markdown to the page of a step of GitHub Actions, if there is one; else warn, and go on."""
    warning = github_summary.append(text, os.environ)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)  # noqa: T201

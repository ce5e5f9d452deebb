"""From what was measured to what people get: the result, its views, the summary and the exit code.

Everything is written before anything is said. If the result cannot be written where it belongs, it and its
views are kept in a temporary folder, and the exit code says so.
"""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.cli.console import say, show, warn
from sessionload.cli.views import write_views
from sessionload.errors import ResultError
from sessionload.report import terminal
from sessionload.report.model.build import build_report_model
from sessionload.report.views import AFTER_A_RUN, views
from sessionload.storage import github_summary
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.cli.views import Written
    from sessionload.verdict.result import Result

_EXIT_CODES = {State.MET: 0, State.MISSED: 1, State.VOID: 3}


def exit_code_of(result: Result) -> int:
    """Return the exit code that says what `result` says."""
    number = signal.Signals.__members__.get(result.run.interrupted or "")
    if number is not None:
        return 128 + number.value
    return _EXIT_CODES[result.verdict.state]


def finish_run(result: Result, folder: RunFolder) -> int:
    """Write the result and its views, then print the summary and the folder; return the exit code."""
    exit_code = exit_code_of(result)
    warnings: list[object] = []
    try:
        folder.write_result(result)
    except ResultError as error:
        exit_code = error.exit_code
        warnings.append(f"error: {error}")
        folder, kept = _keep_elsewhere(result, folder)
        warnings.append(kept)
    try:
        model = build_report_model(result)
        summary = terminal.render(model)
    except Exception as fault:  # noqa: BLE001 -- the verdict stands, whatever becomes of the text
        summary = f"{result.verdict.state.value.upper()}: no report could be made ({type(fault).__name__})"
    else:
        written = write_views(views(model, AFTER_A_RUN), folder)
        warnings += [f"warning: {error}" for error in written.errors]
        warnings += add_to_step_summary(written, "summary.md")
    show(summary)
    for warning in warnings:
        warn(warning)
    say(folder.path)
    return exit_code


def add_to_step_summary(written: Written, file: str) -> list[str]:
    """Append a Markdown view to the page of a step of GitHub Actions, if there is one; return warnings."""
    text = written.contents.get(file)
    warning = github_summary.append(text, os.environ) if isinstance(text, str) else None
    return [f"warning: {warning}"] if warning else []


def _keep_elsewhere(result: Result, folder: RunFolder) -> tuple[RunFolder, str]:
    """Write a result that has lost its place into a temporary folder; return the folder and what to say."""
    try:
        spare = RunFolder(Path(tempfile.mkdtemp(prefix="sessionload-")))
        spare.write_result(result)
    except (OSError, ResultError) as fault:
        return folder, f"the result cannot be kept elsewhere either: {fault}"
    return spare, f"the result is kept in {spare.path}"

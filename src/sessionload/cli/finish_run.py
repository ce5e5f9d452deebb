"""From what was measured to what people get: the result, its views, the summary and the exit code.

Everything is written before anything is said. If the result cannot be written where it belongs, it and its
views are kept in a temporary folder, and the exit code says so.
"""

from __future__ import annotations

import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.cli.console import columns_of_output, say, show, warn
from sessionload.cli.report_extra import notes
from sessionload.cli.views import write_views
from sessionload.errors import ResultError
from sessionload.metrics.exchange import Outcome
from sessionload.report import terminal
from sessionload.report.model.build import build_report_model
from sessionload.report.views import AFTER_A_RUN, FORMATS, views
from sessionload.storage import github_summary
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.cli.baseline import Baseline
    from sessionload.cli.views import Written
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

_EXIT_CODES = {State.MET: 0, State.MISSED: 1, State.VOID: 3}


def exit_code_of(result: Result) -> int:
    """Return the exit code that says what `result` says."""
    number = signal.Signals.__members__.get(result.run.interrupted or "")
    if number is not None:
        return 128 + number.value
    return _EXIT_CODES[result.verdict.state]


def all_ended(totals: RunTotals, planned: int) -> bool:
    """Whether every planned arrival was sent and ended by itself: no signal has changed anything then."""
    aborted = totals.outcomes[Outcome.ABORTED]
    return totals.complete() and not aborted and totals.outcomes.total() == planned


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left to say of a run, when everything is written, and the exit code that follows."""

    summary: str
    warnings: list[str]
    folder: Path
    exit_code: int

    @property
    def sentence(self) -> str:
        """The verdict, and why: the first paragraph of the summary, in one line."""
        return " ".join(self.summary.partition("\n\n")[0].split())

    @property
    def report(self) -> Path:
        """The page of the run, or its folder where no page could be made."""
        page = self.folder / FORMATS["html"].file
        return page if page.is_file() else self.folder

    def say(self) -> None:
        """Print the summary, the warnings, and the folder last."""
        show(self.summary)
        for warning in self.warnings:
            warn(warning)
        say(self.folder)


def finish_run(result: Result, folder: RunFolder, baseline: Baseline | None = None) -> Ending:
    """Write the result and its views, compared with a baseline, and return what is to be said."""
    exit_code = exit_code_of(result)
    warnings = []
    try:
        folder.write_result(result)
    except ResultError as error:
        exit_code = error.exit_code
        folder, kept = _keep_elsewhere(result, folder)
        warnings += [f"error: {error}", kept]
    if baseline is not None:
        try:
            folder.write_baseline(baseline.result)
        except ResultError as error:
            warnings.append(f"warning: {error}; the report cannot be made again with the comparison in it")
    try:
        model = build_report_model(result)
        if baseline is not None:
            model, exit_code, fault_text = _compared(model, result, baseline, exit_code)
            warnings += fault_text
        summary = terminal.render(model, columns_of_output())
    except Exception as fault:  # noqa: BLE001 -- the verdict stands, whatever becomes of the text
        summary = f"{result.verdict.state.value.upper()}: no report could be made ({type(fault).__name__})"
    else:
        written = write_views(views(model, AFTER_A_RUN), folder)
        warnings += [f"warning: {error}" for error in written.errors]
        warnings += notes(written.undrawn, f"then 'sessionload report {folder.path}' makes it")
        warnings += add_to_step_summary(written, FORMATS["md"].file)
    return Ending(summary, warnings, folder.path, exit_code)


def _compared(
    model: ReportModel, result: Result, baseline: Baseline, exit_code: int
) -> tuple[ReportModel, int, list[str]]:
    """Return the model with the comparison, the exit code that follows, and what went wrong."""
    try:
        model, conclusion = baseline.compared(model, result)
    except Exception as fault:  # noqa: BLE001 -- the result stands, whatever becomes of the comparison
        warning = f"warning: it could not be compared with its baseline ({type(fault).__name__})"
        return model, baseline.exit_code(exit_code, None), [warning]
    return model, baseline.exit_code(exit_code, conclusion), []


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

"""The baseline of a run: read and looked at before the load, compared with at its end.

What cannot be read, or would make a comparison impossible whatever the run measures, is refused before
anything is sent. The result of the baseline is kept in the folder of the run, so that its report can be made
again there, with the comparison in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sessionload.cli.option_values import option_value
from sessionload.comparison.compare import Conclusion, compare, obstacles
from sessionload.errors import InputError, Place
from sessionload.report.comparison.model import build_comparison_model, section_of
from sessionload.storage.run_folder import BASELINE, RunFolder
from sessionload.units import parse_share
from sessionload.verdict.run_header import AskedComparison

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from sessionload.cli.setup_run import PreparedRun
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

DEFAULT_TOLERANCE = "5%"
_MET, _SLOWER, _CANNOT_SAY = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run to compare with, and by how much durations may be longer, as a part of its own."""

    result: Result
    tolerance: Fraction

    def exit_code(self, of_run: int, conclusion: Conclusion | None) -> int:
        """Return the exit code of a run that came to `conclusion`; `None` is that nothing could be compared.

        What is wrong with the run itself comes first. A run that met its targets passes only if it is shown
        not to be slower: no evidence is no pass.
        """
        if of_run != _MET or conclusion is Conclusion.NOT_SLOWER:
            return of_run
        return _SLOWER if conclusion is Conclusion.SLOWER else _CANNOT_SAY

    def compared(self, model: ReportModel, candidate: Result) -> tuple[ReportModel, Conclusion]:
        """Return the model with a section on the comparison, and what that came to."""
        comparison = compare(self.result, candidate, tolerance=self.tolerance)
        section = section_of(build_comparison_model(self.result, candidate, comparison))
        return replace(model, comparison=section), comparison.conclusion


def asked_baseline(path: Path | None, tolerance: str | None) -> Baseline | None:
    """Return the baseline that options name. Raises `InputError`."""
    if path is None:
        if tolerance is not None:
            message = "there is nothing to compare with"
            hint = "leave it out, or name a run with --baseline"
            raise InputError("option-without-meaning", message, place=Place("--tolerance"), hint=hint)
        return None
    allowed = option_value(parse_share, tolerance or DEFAULT_TOLERANCE, "bad-tolerance", "--tolerance")
    return Baseline(RunFolder.named(path).read(), allowed)


def with_baseline(prepared: PreparedRun, baseline: Baseline) -> PreparedRun:
    """Return a run whose result names its baseline. Raises `InputError` if they can never be compared."""
    for reason in obstacles(baseline.result, prepared.spec.header):
        hint = "name a run of this scenario that was met or missed, or leave --baseline out"
        raise InputError("unlike-baseline", reason, place=Place("--baseline"), hint=hint)
    asked = AskedComparison(baseline.result.run.id, baseline.tolerance)
    header = prepared.spec.header
    return replace(
        prepared,
        inputs=replace(prepared.inputs, baseline=(asked.run, str(asked.tolerance))),
        spec=replace(prepared.spec, header=replace(header, run=replace(header.run, baseline=asked))),
    )


def kept_baseline(result: Result, folder: RunFolder) -> Baseline | None:
    """Return the baseline of a result, where it is kept beside it. Raises `InputError`."""
    asked = result.run.baseline
    if asked is None or not (folder.path / BASELINE).is_file():
        return None
    kept = RunFolder(folder.path, BASELINE).read()
    return Baseline(kept, asked.tolerance) if kept.run.id == asked.run else None

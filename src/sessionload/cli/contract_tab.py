"""What the tab *Contract* of Locust's web UI shows: outcomes, response times and findings of the newest run.

Response times count from due instants, and an arrival without a valid session is never: what Locust's own
statistics cannot say. They are over the measured stages, outcomes and findings are over the whole run, as in
the report. When the run has ended, the verdict and the path of the report come first.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.sums import Sum
from sessionload.report.model.quantities import counted_noun
from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sessionload.metrics.delta import Delta
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.verdict.run_header import RunHeader

COLUMNS = {"part": "Part", "what": "What", "value": "Value", "note": "Note"}
"""Titles by key. Locust sorts rows by a column of the key `name`, so there is none."""
_SHARES = {"p50": Fraction(50, 100), "p95": Fraction(95, 100), "p99": Fraction(99, 100)}
_VIEWS = {
    "response": "from the instant an arrival was due; without a valid session it is never",
    "answered": "the same, over what got an answer",
    "service": "from the instant it was sent",
}


class ContractTab:
    """The newest run, in rows."""

    def __init__(self) -> None:
        self._header: RunHeader | None = None
        self._verdict: list[tuple[str, str, str, str]] = []

    def begin(self, header: RunHeader, totals: RunTotals) -> None:
        """Show a run that begins, and nothing of the one before it."""
        self._header, self._totals = header, totals
        self._measured = Sum()
        self._findings: Findings[Finding] = Findings()
        self._verdict = []

    def add(self, delta: Delta) -> None:
        """Take what was measured, once."""
        assert self._header is not None  # noqa: S101  # a run has begun
        for (stage, _), part in delta.measurement.slices.items():
            if not self._header.stages[stage].warmup:
                self._measured.add(part)
        for finding in delta.measurement.findings.values():
            self._findings.add(finding)

    def end(self, sentence: str, report: Path) -> None:
        """Show how the run ended, and where its report is."""
        self._verdict = [("verdict", "", sentence, ""), ("report", "", str(report), "")]

    def rows(self) -> list[dict[str, str]]:
        """Return the rows, by the names of `COLUMNS`."""
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._rows()]

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        if self._header is None:
            yield "", "", "no run yet", ""
            return
        yield from self._verdict or [("verdict", "", "the run goes on", "")]
        yield "arrivals", "planned", f"{self._header.planned:,}", ""
        for outcome, count in sorted(self._totals.outcomes.items()):
            yield "outcomes", outcome.value, f"{count:,}", ""
        if self._totals.unsent:
            yield "outcomes", "unsent", f"{self._totals.unsent:,}", ""
        measured = self._measured.slice()
        for view, meaning in _VIEWS.items():
            histogram = getattr(measured, view)
            note = f"{counted_noun(histogram.count, 'arrival')}; {meaning}"
            for name, share in _SHARES.items():
                if histogram.count:
                    value = duration_text(histogram.quantile(share)) or "never"
                    yield view, name, value, note
        for cause, finding in sorted(self._findings.items()):
            yield "findings", cause, f"{finding.count:,}", finding.message

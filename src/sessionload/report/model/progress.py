"""Where a run stands while it goes on.

A snapshot is made of the last few deltas; a terminal draws it in a panel, a log prints it in a line. Response
times count from due instants here too, so no number contradicts the report later. What is in flight has no
response time yet: a stall first shows as `in flight` growing, and in the percentiles only when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.sums import total
from sessionload.units import NS, duration_text, rate_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.delta import Delta
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.verdict.run_header import RunHeader

RECENT = 5
"""How many deltas, of a second each, `now` means."""
_NOTHING = "\N{EN DASH}"
_SHARES = (Fraction(50, 100), Fraction(95, 100), Fraction(99, 100))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one instant, as text for people."""

    stage: str
    elapsed: str
    length: str
    share_done: float
    """From 0 to 1, of the schedule's time."""
    sent: str
    planned: str
    achieved: str
    wanted: str
    in_flight: str
    p50: str
    p95: str
    p99: str
    errors: str
    violations: str

    def line(self) -> str:
        """Return all of it in one line."""
        return (
            f"{self.elapsed} of {self.length} ({self.stage}): sent {self.sent} of {self.planned}, "
            f"{self.achieved} of {self.wanted} wanted, in flight {self.in_flight}, "
            f"p50 {self.p50} p95 {self.p95} p99 {self.p99}, "
            f"errors {self.errors}, violations {self.violations}"
        )


def snapshot(header: RunHeader, totals: RunTotals, recent: Sequence[Delta]) -> Snapshot:
    """Return where a run stands; `recent` are its last deltas, at least one, in order."""
    length_ns = sum(stage.duration_ns for stage in header.stages)
    elapsed_ns = min((delta.elapsed_ns for delta in totals.present), default=recent[-1].elapsed_ns)
    now = total(slice_ for delta in recent for slice_ in delta.measurement.slices.values()).answered
    p50, p95, p99 = (duration_text(now.quantile(share)) if now else _NOTHING for share in _SHARES)
    second = max(0, elapsed_ns // NS - 1)
    return Snapshot(
        stage=_stage(header, elapsed_ns),
        elapsed=_clock(elapsed_ns),
        length=_clock(length_ns),
        share_done=min(1.0, elapsed_ns / length_ns),
        sent=f"{totals.sent:,}",
        planned=f"{header.planned:,}",
        achieved=rate_text(Fraction(totals.flow_in(second).sent)),
        wanted=rate_text(Fraction(header.planned_by_second.get(second, 0))),
        in_flight=f"{sum(delta.in_flight for delta in totals.present):,}",
        p50=p50,
        p95=p95,
        p99=p99,
        errors=f"{totals.errors:,}",
        violations=f"{totals.outcomes[Outcome.CONTRACT_VIOLATION]:,}",
    )


def _stage(header: RunHeader, elapsed_ns: int) -> str:
    for stage, start_ns in zip(header.stages, header.starts_ns, strict=True):
        if elapsed_ns < start_ns + stage.duration_ns:
            return stage.name
    return "drain"


def _clock(ns: int) -> str:
    minutes, seconds = divmod(ns // NS, 60)
    return f"{minutes}:{seconds:02d}"

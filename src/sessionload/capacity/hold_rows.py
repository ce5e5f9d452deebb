"""A hold as a row of `capacity.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.capacity.capacity_report import HoldRow
from sessionload.capacity.hold import Shown
from sessionload.metrics.sums import total
from sessionload.verdict.percentiles import LatencySummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.capacity.hold import Hold, HoldResult
    from sessionload.metrics.slices import Slice


def row_of(step: Hold, result: HoldResult, seconds: Sequence[Slice], *, run: str) -> HoldRow:
    """Return the row of a hold, from the measured slices of its pieces; `run` is where the last one is."""
    whole = total(seconds)
    shown = result.shown
    if shown is Shown.UNSURE:
        shown = Shown.MET if result.leans_met else Shown.MISSED
    latency = LatencySummary.of(whole.response)
    return HoldRow(
        rate=float(step.rate),
        purpose=step.purpose.value,
        shown=shown.value,
        sure=result.shown is not Shown.UNSURE,
        because=result.because,
        pieces=max(1, round(len(seconds) / step.seconds)),
        seconds=len(seconds),
        arrivals=whole.accounted,
        failed=whole.errors,
        sent_per_s=round(whole.sent / max(1, len(seconds)), 3),
        p50_ms=latency.p50,
        p95_ms=latency.p95,
        p99_ms=latency.p99,
        run=run,
    )

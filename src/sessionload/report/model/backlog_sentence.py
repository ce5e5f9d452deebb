"""How many arrivals waited for the server at once, and whether they would have waited for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.quantities import counted_noun
from sessionload.report.model.time_axis import clock
from sessionload.units import duration_text

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result


def backlog_sentence(result: Result, every: Slice) -> str:
    """Return it in a sentence without its full stop, nothing if none waited; `every` is over all stages."""
    backlog = result.measurement.backlog
    if not backlog:
        return ""
    second = max(backlog, key=lambda each: (backlog[each], -each))
    waited = (
        f"Up to {counted_noun(backlog[second], 'arrival')} waited to be sent at once, at {clock(second)},"
        " because the server held as many as may be in flight"
    )
    if not result.patience_ns:
        return f"{waited}. None of them gives up: without load.patience they wait until the schedule ends"
    patience = duration_text(result.patience_ns)
    return f"{waited}. {counted_noun(every.gave_up, 'arrival')} gave up after {patience}, as people do"

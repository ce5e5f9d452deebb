"""The window that stopped a run.

Law: a run that a target ended says which seconds did it, not which were never sent because of it. Idea:
the first window that missed while the run went on is found again in its slices. Trap: the worst window
of the whole plan is most often one of those that were never sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.metric_values import (
    add,
    holds,
    margin_text,
    measured_text,
    metric_value,
    value_of,
    windows,
)

if TYPE_CHECKING:
    from sessionload.verdict.result import Result
    from sessionload.verdict.targets import Target


class AbortWindow(NamedTuple):
    """What a target read in the first window that missed it, as text for people."""

    measured: str
    margin: str
    window: str


def abort_window(result: Result) -> AbortWindow | None:
    """Return what stopped a run; `None` if no target with a window did."""
    target = _target(result)
    if target is None:
        return None
    measured = {number for number, stage in enumerate(result.stages) if not stage.warmup}
    first = sum(stage.duration_ns for stage in result.stages if stage.warmup) // NS
    last = int(result.run.seconds)
    seconds = [metric_value(target, Slice())] * max(0, last - first)
    for (stage, second), part in result.measurement.slices.items():
        if stage in measured and first <= second < last:
            seconds[second - first] = add(seconds[second - first], metric_value(target, part))
    for start, reading in windows(seconds, target.window_s, add):
        if reading.count and not holds(target, value_of(target, reading)):
            return AbortWindow(
                measured_text(target, reading),
                margin_text(target, value_of(target, reading)),
                f"{first + start} s to {first + start + target.window_s} s",
            )
    return None


def _target(result: Result) -> Target | None:
    if result.run.aborted_by is None:
        return None
    matching = (
        one for one in result.targets if one.abort and one.window_s and one.expr == result.run.aborted_by
    )
    return next(matching, None)

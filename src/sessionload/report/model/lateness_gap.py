"""Where the answered and the service percentiles differ, and why.

Both are of the same arrivals, and all that lies between them is lateness: either queueing, which is the
server's, or lag, which is the generator's. Every arrival has a little lag, so lag below a millisecond is not
held against the generator, however many arrivals have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.report.model.rows import LatenessGap
from sessionload.report.model.time_axis import clock
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.report.model.timeline import ChartStep

QUEUED = "the server queued"
LATE = "the generator was late"

_NOTICED_NS = 1_000_000
_NOTICED_PART = 10


def cause_of(step_sum: Slice, answered_ns: int | None, service_ns: int | None) -> str:
    """Return why the answered p99 of a sum of slices is well above its service p99; empty if it is not."""
    if answered_ns is None or service_ns is None:
        return ""
    gap = answered_ns - service_ns
    if gap <= _NOTICED_NS or gap * _NOTICED_PART <= service_ns:
        return ""
    queueing = step_sum.queued_lateness.total - step_sum.queued_lag.total
    return QUEUED if queueing > _noticed(step_sum) else LATE


def _noticed(step_sum: Slice) -> int:
    """Return the sum of all lags that are long enough to be noticed."""
    first = bucket_of(_NOTICED_NS)
    return sum(
        bounds_of(bucket)[0] * count
        for histogram in (step_sum.unqueued_lag, step_sum.queued_lag)
        if histogram.maximum > _NOTICED_NS
        for bucket, count in histogram.items()
        if bucket > first
    )


def lateness_gaps(steps: Sequence[ChartStep], causes: Sequence[str]) -> tuple[LatenessGap, ...]:
    """Return the stretches of steps with the same cause; `causes` are those of the steps, in order."""
    gaps: list[LatenessGap] = []
    for step, cause in zip(steps, causes, strict=True):
        last = gaps[-1] if gaps else None
        if last and last.cause == cause and last.start_s + last.length_s == step.start_s:
            gaps[-1] = LatenessGap(last.start_s, last.length_s + step.length_s, cause)
        elif cause:
            gaps.append(LatenessGap(step.start_s, step.length_s, cause))
    return tuple(gaps)


def lateness_gap_sentence(steps: Sequence[ChartStep], gaps: Sequence[LatenessGap]) -> str:
    """Return in one sentence, without its full stop, where and why the two differ."""
    answered = sum(step.length_s for step in steps if step.service_p99_ns is not None)
    if not answered:
        return "Nothing was answered, so answered and service p99 cannot be compared"
    if not gaps:
        return (
            "Answered p99 stays within 10 % or 1 ms of service p99 all the time:"
            " requests were sent when they were due"
        )
    phrases = [_phrase(cause, [gap for gap in gaps if gap.cause == cause]) for cause in (QUEUED, LATE)]
    seconds = sum(gap.length_s for gap in gaps)
    return (
        f"Answered p99 is above service p99 in {_time(seconds)} of {_time(answered)}:"
        f" {', '.join(filter(None, phrases))}"
    )


def _phrase(cause: str, gaps: Sequence[LatenessGap]) -> str:
    if not gaps:
        return ""
    return f"for {_time(sum(gap.length_s for gap in gaps))} {cause} (first at {clock(gaps[0].start_s)})"


def _time(seconds: int) -> str:
    return duration_text(seconds * NS)

"""Where the answered and the service percentiles part, and whose doing it was.

Law: a run that was slow because requests were sent late says who was late. Idea: the two are of the same
arrivals, and all that lies between them is lateness; that is either queueing, which is the server's, or lag,
which is the generator's. Trap: every arrival has a little lag, so what is below a millisecond is not
held against the generator, however many arrivals there are.
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
    from sessionload.report.model.timeline import Point

QUEUED = "the server queued"
LATE = "the generator was late"

_NOTICED_NS = 1_000_000
_NOTICED_PART = 10


def cause_of(part: Slice, answered_ns: int | None, service_ns: int | None) -> str:
    """Return why the answered p99 of a sum of slices is well above its service p99; empty if it is not."""
    if answered_ns is None or service_ns is None:
        return ""
    gap = answered_ns - service_ns
    if gap <= _NOTICED_NS or gap * _NOTICED_PART <= service_ns:
        return ""
    queueing = part.queued_lateness.total - part.queued_lag.total
    return QUEUED if queueing > _noticed(part) else LATE


def _noticed(part: Slice) -> int:
    """Return the sum of all lags that are long enough to be noticed."""
    first = bucket_of(_NOTICED_NS)
    return sum(
        bounds_of(bucket)[0] * count
        for histogram in (part.unqueued_lag, part.queued_lag)
        if histogram.maximum > _NOTICED_NS
        for bucket, count in histogram.items()
        if bucket > first
    )


def lateness_gaps(points: Sequence[Point], causes: Sequence[str]) -> tuple[LatenessGap, ...]:
    """Return the stretches of steps that part for the same cause; `causes` are those of the steps."""
    found: list[LatenessGap] = []
    for point, cause in zip(points, causes, strict=True):
        last = found[-1] if found else None
        if last and last.cause == cause and last.second + last.seconds == point.second:
            found[-1] = LatenessGap(last.second, last.seconds + point.seconds, cause)
        elif cause:
            found.append(LatenessGap(point.second, point.seconds, cause))
    return tuple(found)


def lateness_gap_sentence(points: Sequence[Point], found: Sequence[LatenessGap]) -> str:
    """Return in one sentence, without its full stop, where and why the two part."""
    answered = sum(point.seconds for point in points if point.service_p99_ns is not None)
    if not answered:
        return "Nothing was answered, so answered and service p99 cannot be compared"
    if not found:
        return (
            "Answered p99 stays within 10 % or 1 ms of service p99 all the time:"
            " requests were sent when they were due"
        )
    parts = [_part(cause, [one for one in found if one.cause == cause]) for cause in (QUEUED, LATE)]
    seconds = sum(one.seconds for one in found)
    return (
        f"Answered p99 is above service p99 in {_time(seconds)} of {_time(answered)}:"
        f" {', '.join(filter(None, parts))}"
    )


def _part(cause: str, found: Sequence[LatenessGap]) -> str:
    if not found:
        return ""
    return f"for {_time(sum(one.seconds for one in found))} {cause} (first at {clock(found[0].second)})"


def _time(seconds: int) -> str:
    return duration_text(seconds * NS)

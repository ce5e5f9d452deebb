"""What a target reads from the slices of a second, in a few whole numbers that add.

These are enough to judge any sum of seconds: how many durations are below the bound, not which ones there
are. So windows of any length are judged in little memory, while a run goes on and afterwards. Percentiles as
figures for people need histograms; see `metric_values`. Both come to the same conclusion, ties included.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sessionload.metrics.buckets import bucket_of
from sessionload.verdict.metric_values import CountValue, below, holds, metric_value, within_edge
from sessionload.verdict.targets import BoundKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.targets import Target


class Reading(NamedTuple):
    """What a target reads. Sums, but `least` and `most`, which are the ends of all durations."""

    samples: int
    """Arrivals that could show it: without one there is no evidence."""
    part: int = 0
    """Of a share or count, the arrivals it counts; of a percentile, the durations below its `edge_of`."""
    arrivals: int = 0
    """Of a share, the arrivals that it is a share of."""
    never: int = 0
    total_ns: int = 0
    least: int | None = None
    most: int = 0


NOTHING = Reading(0)


def edge_of(target: Target) -> int:
    """Return the bucket that divides durations: of `<` and `>=` that of the bound, of `<=` and `>` the next.

    Of `within(400ms)` it is the first one that may hold a longer duration.
    A percentile that cannot be told from the bound counts as equal to it, so its whole bucket is on one side.
    """
    if target.metric.within_ns is not None:
        return within_edge(target.metric.within_ns)
    bucket = bucket_of(target.bound.numerator)
    return bucket if target.op in {"<", ">="} else bucket + 1


def reading_of(target: Target, slices: Iterable[Slice]) -> Reading:
    """Return what `target` reads from the slices of a second."""
    reading = NOTHING
    for each in slices:
        reading = add(reading, _of_slice(target, each))
    return reading


def add(reading: Reading, other: Reading) -> Reading:
    """Return the reading of both."""
    ends = [end for end in (reading.least, other.least) if end is not None]
    return Reading(
        reading.samples + other.samples,
        reading.part + other.part,
        reading.arrivals + other.arrivals,
        reading.never + other.never,
        reading.total_ns + other.total_ns,
        min(ends, default=None),
        max(reading.most, other.most),
    )


def keeps(target: Target, reading: Reading) -> bool:
    """Return whether a reading with samples keeps the bound of its target."""
    share = target.metric.share
    if share is None:
        return holds(target, value_of_reading(target, reading))
    rank = max(1, -(-share.numerator * reading.samples // share.denominator))
    if target.caps:
        return reading.part >= rank
    return reading.part < rank <= reading.samples - reading.never


class SlidingReading:
    """The reading of a window that moves: seconds enter at its front and leave at its back."""

    def __init__(self, length: int) -> None:
        """Begin with an empty window of `length` seconds."""
        self._length = length
        self._seconds: deque[Reading] = deque()
        self._sums = [0] * 5
        self._least: deque[tuple[int, int]] = deque()
        self._most: deque[tuple[int, int]] = deque()
        self._entered = 0

    def push(self, second: Reading) -> Reading | None:
        """Let a second enter, and return the reading of the window once it is full."""
        self._seconds.append(second)
        self._count(second, 1)
        _keep_end(self._most, self._entered, -second.most)
        if second.least is not None:
            _keep_end(self._least, self._entered, second.least)
        self._entered += 1
        if len(self._seconds) > self._length:
            self._count(self._seconds.popleft(), -1)
        first = self._entered - len(self._seconds)
        for ends in (self._most, self._least):
            while ends and ends[0][0] < first:
                ends.popleft()
        if len(self._seconds) < self._length:
            return None
        samples, part, arrivals, never, total_ns = self._sums
        least = self._least[0][1] if self._least else None
        return Reading(samples, part, arrivals, never, total_ns, least, -self._most[0][1])

    def _count(self, second: Reading, sign: int) -> None:
        for place, number in enumerate(
            (second.samples, second.part, second.arrivals, second.never, second.total_ns)
        ):
            self._sums[place] += sign * number


def _keep_end(ends: deque[tuple[int, int]], entered: int, value: int) -> None:
    """Keep (when it entered, value), and drop what is not below it: that leaves earlier."""
    while ends and ends[-1][1] >= value:
        ends.pop()
    ends.append((entered, value))


def _of_slice(target: Target, part: Slice) -> Reading:
    value = metric_value(target, part)
    if isinstance(value, CountValue):
        return Reading(value.count, value.part, value.whole)
    ended = value.ended
    return Reading(
        samples=ended + value.never,
        part=below(value, edge_of(target)) if target.metric.share is not None else 0,
        never=value.never,
        total_ns=value.total,
        least=value.minimum,
        most=value.maximum,
    )


def value_of_reading(target: Target, reading: Reading) -> Fraction | None:
    """Return the value of a reading with samples, but for percentiles; `None` is never."""
    if target.kind is not BoundKind.DURATION:
        return Fraction(reading.part, reading.arrivals if target.kind is BoundKind.SHARE else 1)
    if target.metric.statistic == "min":
        return None if reading.least is None else Fraction(reading.least)
    if reading.never:
        return None
    if target.metric.statistic == "max":
        return Fraction(reading.most)
    return Fraction(reading.total_ns, reading.samples)

"""A target with a window: it must hold in every window that lies wholly in its stages.

Windows begin and end at whole seconds of the run, because slices are whole seconds. A piece of a second at
the start or the end of these stages is in no window: to judge a piece as if it were a second would miss
targets for nothing. A window without samples is no evidence and is passed over.
"""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.sliding_counts import SlidingCounts
from sessionload.verdict.judged_stages import judged_seconds
from sessionload.verdict.metric_values import holds, severity
from sessionload.verdict.readings import SlidingReading, keeps, reading_of, value_of_reading
from sessionload.verdict.without_lag import without_lag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.targets import Target
    from sessionload.verdict.without_lag import LagBySecond
    from sessionload.workload.stage import Stage


class Window(NamedTuple):
    """A window with samples: its first second, and how bad it is."""

    start: int
    severity: tuple[bool, Fraction]
    """Larger is worse."""
    holds: bool


class Seconds:
    """The slices of some stages of a run by second, and the lags of all.

    A slice is looked up when it is asked for: all of a long run take much memory.
    """

    def __init__(
        self,
        slices: Mapping[tuple[int, int], Slice],
        stages: Sequence[Stage],
        judged: frozenset[int],
        lags: LagBySecond,
        until_s: float | None = None,
    ) -> None:
        """`judged` are the numbers of the stages; `until_s` is where the run was stopped, if it was."""
        self.stretches = _before(
            math.inf if until_s is None else int(until_s), judged_seconds(stages, judged)
        )
        """The whole seconds of the run that lie wholly in these stages, in order."""
        self._lags = lags
        self._slices = slices
        self._stages: defaultdict[int, list[int]] = defaultdict(list)
        for stage, second in slices:
            if stage in judged and any(second in stretch for stretch in self.stretches):
                self._stages[second].append(stage)

    def slices(self, second: int) -> list[Slice]:
        """Return the measured slices of a second."""
        return [self._slices[stage, second] for stage in self._stages.get(second, ())]

    def before_unsent(self) -> list[range]:
        """Return the stretches up to the first second with an arrival that the end of the run left unsent."""
        unsent = (
            second
            for stretch in self.stretches
            for second in stretch
            if any(part.unsent > part.gave_up for part in self.slices(second))
        )
        return _before(next(unsent, math.inf), self.stretches)

    def windows(self, target: Target, stretches: Sequence[range]) -> Iterator[Window]:
        """Yield all windows of a target that lie in one stretch and have samples, in order."""
        of_stretch = self._of_sums if target.metric.share is None else self._of_percentile
        return chain.from_iterable(of_stretch(target, stretch) for stretch in stretches)

    def sure(self, target: Target, windows: Sequence[Window]) -> Iterator[Window]:
        """Yield those of some missed windows, in order of their start, that are missed without lag too."""
        length = target.window_s
        sliding, entered = SlidingReading(length), -1
        for window in windows:
            if window.start > entered:
                sliding, entered = SlidingReading(length), window.start
            reading = None
            while entered < window.start + length:
                reading = sliding.push(self._without_lag(target, entered))
                entered += 1
            if reading is not None and not keeps(target, reading):
                yield window

    def _without_lag(self, target: Target, second: int) -> Reading:
        slices = self.slices(second)
        return without_lag(
            target,
            slices,
            longest_ns=self._lags.longest(second),
            read_late_ns=self._lags.read_late_ns(second, slices),
            limit_ns=self._lags.limit_ns,
        )

    def _of_sums(self, target: Target, seconds: range) -> Iterator[Window]:
        sliding = SlidingReading(target.window_s)
        for second in seconds:
            reading = sliding.push(reading_of(target, self.slices(second)))
            if reading is not None and reading.samples:
                value = value_of_reading(target, reading)
                yield Window(
                    second + 1 - target.window_s, severity(target, value), holds=keeps(target, reading)
                )

    def _of_percentile(self, target: Target, seconds: range) -> Iterator[Window]:
        share = target.metric.share or Fraction(1)
        sliding, never, length = SlidingCounts(), 0, target.window_s
        bound = bucket_of(target.bound.numerator)
        for second in seconds:
            for part in self.slices(second):
                histogram = getattr(part, target.metric.view)
                sliding.add(histogram)
                never += histogram.never
            if second - length in seconds:
                for part in self.slices(second - length):
                    histogram = getattr(part, target.metric.view)
                    sliding.take_away(histogram)
                    never -= histogram.never
            count = sliding.ended + never
            if second + 1 - length not in seconds or not count:
                continue
            rank = max(1, -(-share.numerator * count // share.denominator))
            value = None
            if rank <= sliding.ended:
                bucket = sliding.bucket_at(rank)
                value = target.bound if bucket == bound else Fraction(bounds_of(bucket)[0])
            yield Window(second + 1 - length, severity(target, value), holds=holds(target, value))


def _before(end: float, stretches: Sequence[range]) -> list[range]:
    return [range(stretch.start, int(min(stretch.stop, end))) for stretch in stretches if stretch.start < end]

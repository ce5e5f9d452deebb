"""The percentile spectrum: how response times rise as the percentile approaches 100 %.

Each level shows a value that was measured, the last one the largest, and arrivals that never got a valid
session end the curve before 100 %. There are five levels for each halving of the remaining share, so 99.9 %
gets as much room as 50 %. Levels are exact fractions: a float near 1 has lost the digits that the spectrum is
about.

Levels after HdrHistogram's percentile iteration (hdrhistogram.org).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sessionload.metrics.histogram import Histogram

_TICKS = 5


class PercentileLevel(NamedTuple):
    """At `share` of all arrivals the value is `value_ns`; `reached` arrivals are at most that."""

    share: Fraction
    value_ns: int
    reached: int

    @property
    def nines(self) -> float | None:
        """1 / (1 - share), the axis on which each nine has the same room; `None` at the very end."""
        return None if self.share == 1 else float(1 / (1 - self.share))


@dataclass(frozen=True, slots=True)
class PercentileSpectrum:
    """Levels of a histogram. Mean, deviation and largest are of those that ended, in nanoseconds."""

    levels: tuple[PercentileLevel, ...]
    count: int
    never: int
    mean_ns: float
    deviation_ns: float
    largest_ns: int

    @property
    def end(self) -> float | None:
        """Where arrivals that never ended well begin, on the axis of `nines`; `None` without any."""
        return self.count / self.never if self.never else None


def percentile_spectrum(histogram: Histogram) -> PercentileSpectrum:
    """Return the levels of `histogram`; none when nothing ended."""
    steps = list(histogram.steps())
    ended = histogram.ended
    mean = histogram.total / ended if ended else 0.0
    spread, before = 0.0, 0
    for value, at_most in steps:
        spread += (value - mean) ** 2 * (at_most - before)
        before = at_most
    return PercentileSpectrum(
        levels=tuple(_levels(steps, ended + histogram.never, histogram.maximum)),
        count=ended + histogram.never,
        never=histogram.never,
        mean_ns=mean,
        deviation_ns=math.sqrt(spread / ended) if ended else 0.0,
        largest_ns=histogram.maximum,
    )


def _levels(steps: list[tuple[int, int]], count: int, maximum: int) -> list[PercentileLevel]:
    levels: list[PercentileLevel] = []
    share = Fraction(0)
    for value, at_most in steps:
        while share * count <= at_most:
            levels.append(PercentileLevel(share, value, at_most))
            share = _next(share)
            if at_most == count:
                break
    if steps:
        ended = steps[-1][1]
        end = Fraction(ended, count)
        # The largest is known to the nanosecond, which its bucket is not.
        kept = levels[:-1] if levels[-1].share == end else levels
        return [*kept, PercentileLevel(end, maximum, ended)]
    return levels


def _next(share: Fraction) -> Fraction:
    # Half of what is left is always cut in the same number of parts.
    halvings = int(1 / (1 - share)).bit_length()
    return share + Fraction(1, _TICKS * 2**halvings)

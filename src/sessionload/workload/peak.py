"""How fast a schedule is at its fastest, for whoever allows only so much.

Without bursts that is the highest rate at any end of a stage. A burst is faster than that for a moment only,
so it counts by what arrives in a second: the most that is due in any second which has a part in a burst.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.workload.stage import Stage


def peak_of(stages: Sequence[Stage]) -> Fraction:
    """Return the peak rate of stages, in arrivals per second; 0 where nothing arrives."""
    held = [max(stage.start_rate, stage.end_rate) for stage in stages if stage.kind != "burst"]
    highest = max(held, default=Fraction(0))
    if len(held) == len(stages):
        return highest
    return max(highest, _most_in_a_second(stages))


def _most_in_a_second(stages: Sequence[Stage]) -> Fraction:
    """Return the largest area under the rates over one second.

    Between the instants at which one end of the second enters a stage, the area that it covers is a parabola
    in time, so it is largest at one of these instants or where both of its ends have the same rate.
    """
    borders = list(accumulate((stage.duration_ns for stage in stages), initial=0))
    moments = sorted({moment for border in borders for moment in (border - NS, border)})
    most = Fraction(0)
    for start, end in pairwise(moments):
        sooner, later = _slope(stages, borders, start, end), _slope(stages, borders, start + NS, end + NS)
        covered = _area(stages, borders, start + NS) - _area(stages, borders, start)
        rise, bend = later[0] - sooner[0], later[1] - sooner[1]
        most = max(most, covered, _at_the_top(covered, rise, bend, end - start))
    return most


def _at_the_top(covered: Fraction, rise: Fraction, bend: Fraction, length_ns: int) -> Fraction:
    """Return the top of a parabola that begins with `covered`, if it lies within its stretch."""
    if bend >= 0 or not 0 < -rise / bend < length_ns:
        return covered
    return covered - rise * rise / (2 * bend) / NS


def _slope(
    stages: Sequence[Stage], borders: Sequence[int], start: int, end: int
) -> tuple[Fraction, Fraction]:
    """Return the rate at the start of a stretch that lies in one stage, and its change in a nanosecond."""
    for stage, (begin, finish) in zip(stages, pairwise(borders), strict=True):
        if begin <= start and end <= finish:
            change = (stage.end_rate - stage.start_rate) / stage.duration_ns
            return stage.start_rate + change * (start - begin), change
    return Fraction(0), Fraction(0)


def _area(stages: Sequence[Stage], borders: Sequence[int], moment: int) -> Fraction:
    total = Fraction(0)
    for stage, begin in zip(stages, borders, strict=False):
        local = min(max(moment - begin, 0), stage.duration_ns)
        slope = (stage.end_rate - stage.start_rate) / stage.duration_ns
        total += (stage.start_rate + slope * local / 2) * local / NS
    return total

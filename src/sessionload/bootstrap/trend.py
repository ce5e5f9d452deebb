"""By how much a figure rises in an hour, and how surely.

A straight line is fitted by least squares to the logarithms of a figure by time. What is at another rate has
a level of its own and shares the slope. The standard error is that of the line's scores (what each value adds
to the slope), resampled in blocks of neighbours: response times of neighbours are alike, and the formula of
the textbook, for independent values, would take noise that lasts for minutes for a trend. The draws have a
fixed seed, so a result is judged the same way on any day.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sessionload.bootstrap.blocks import Blocks, block_length
from sessionload.bootstrap.critical_value import LEAST_FREEDOM, critical, student

if TYPE_CHECKING:
    from collections.abc import Sequence

REPLICATES = 1000
_SEED = 1
_STEEPEST = 20.0
"""More than a factor of e^20 in an hour is as much as can be said."""


class Trend(NamedTuple):
    """A change per hour, 0.05 for 5 %, with its 95 % confidence interval."""

    per_hour: float
    low: float
    high: float
    slope: float
    """Of the logarithm, by hour."""


def trend(
    hours: Sequence[float], logarithms: Sequence[float], groups: Sequence[int], stages: tuple[int, ...]
) -> Trend | None:
    """Return the trend of values at some hours; `None` where there are too few for an interval.

    Each value is of a group, which has a level of its own. `stages` says how many of them follow each other
    without a gap.
    """
    time, value, group = np.array(hours, float), np.array(logarithms, float), np.array(groups)
    centered, rest = time.copy(), value.copy()
    for number in set(groups):
        centered[group == number] -= time[group == number].mean()
        rest[group == number] -= value[group == number].mean()
    spread = float(centered @ centered)
    if not spread:
        return None
    slope = float(centered @ rest) / spread
    scores = centered * (rest - slope * centered) / spread
    blocks = Blocks(stages, block_length(scores, stages))
    if blocks.freedom < LEAST_FREEDOM:
        return None
    drawn = blocks.weights(REPLICATES, _SEED).astype(np.float64) @ scores
    deviation = float(drawn.std(ddof=1))
    apart = drawn - drawn.mean()
    factor = critical([apart / deviation if deviation else apart])
    reach = student(factor, blocks.freedom) * deviation * blocks.inflation
    return Trend(_change(slope), _change(slope - reach), _change(slope + reach), slope)


def _change(slope: float) -> float:
    return math.expm1(min(slope, _STEEPEST))

"""How much the runs of one side differ among themselves, and what that makes of a difference of two sides.

Two runs of the same software differ by more than the noise inside each: the machine, its neighbours and the
hour are others. No resampling of seconds can see that, so where a side has several runs, an interval is at
least as wide as that of Student's t over the runs. How much runs vary is taken to be the same on both sides,
so one run on one side is enough where the other has several. One run on each side says nothing of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sessionload.comparison.metrics import Duration

    Floats = NDArray[np.float64]

_HALVINGS = 60


class RunSpread(NamedTuple):
    """The p95 of each run of a side that has several."""

    side: str
    """`base` or `candidate`."""
    levels: tuple[Duration, ...]

    @property
    def ends(self) -> tuple[Duration, Duration]:
        """The shortest and the longest; never is longer than any duration."""
        ordered = sorted(self.levels, key=lambda level: math.inf if level.ns is None else level.ns)
        return ordered[0], ordered[-1]


def freedom(base: int, candidate: int) -> int:
    """Return the degrees of freedom of a variance that so many runs on each side share."""
    return base + candidate - 2


def standard_error(base: Floats, candidate: Floats) -> float:
    """Return that of the difference of two means, from a value for each run; 0 for one run on each side.

    The variance is pooled: squares around the mean of each side, over all degrees of freedom.
    """
    degrees = freedom(len(base), len(candidate))
    if not degrees:
        return 0.0
    squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (base, candidate))
    return math.sqrt(squares / degrees * (1 / len(base) + 1 / len(candidate)))


def student_quantile(normal: float, degrees: int) -> float:
    """Return the quantile of Student's t for one of the normal distribution, two-sided.

    Found by halving over the exact distribution for whole degrees of freedom (Abramowitz and Stegun 26.7.3
    and 26.7.4): the usual expansion in powers of 1 / degrees is 12 % too small at 2 of them.
    """
    inside = math.erf(normal / math.sqrt(2))
    low, high = 0.0, math.pi / 2
    for _ in range(_HALVINGS):
        angle = (low + high) / 2
        low, high = (angle, high) if _within(angle, degrees) < inside else (low, angle)
    return math.sqrt(degrees) * math.tan(low)


def _within(angle: float, degrees: int) -> float:
    """Return how often |t| is below sqrt(degrees) times the tangent of an angle."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for power in range(2 + odd, degrees + 1, 2):
        total += term
        term *= cosine * cosine * (power - 1) / power
    return 2 / math.pi * (angle + sine * total) if odd else sine * total

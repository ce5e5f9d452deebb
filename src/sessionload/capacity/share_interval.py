"""Whether a share of arrivals is below what is allowed, beyond noise.

Response times of neighbours are alike: where a queue is long now, it is long in a moment. So single arrivals
are no independent samples, and the spread is taken from ten blocks of seconds (batch means of a ratio: A.
Law, Simulation Modeling and Analysis, on the output of a single system), with Student's t for so few.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sessionload.capacity.hold import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

_BLOCKS = 10
_T = 1.833
"""Student's t of nine degrees of freedom: one value in 20 is above."""


def shown_by(seconds: Sequence[tuple[int, int]], allowed: Fraction) -> Shown:
    """Return whether the share is met, missed or unsure.

    `seconds` has, for each second of a hold, how many arrivals there were and how many of them break the
    bound; `allowed` is the share of them that may. Without arrivals nothing is sure.
    """
    arrivals, failing = (sum(column) for column in zip(*seconds, strict=True)) if seconds else (0, 0)
    if not arrivals:
        return Shown.UNSURE
    share, bound = failing / arrivals, float(allowed)
    reach = _T * _standard_error(seconds, share, arrivals)
    if share + reach <= bound:
        return Shown.MET
    return Shown.MISSED if share - reach > bound else Shown.UNSURE


def _standard_error(seconds: Sequence[tuple[int, int]], share: float, arrivals: int) -> float:
    blocks = min(_BLOCKS, len(seconds))
    if blocks < 2:
        return math.inf
    squares = 0.0
    for block in range(blocks):
        part = seconds[len(seconds) * block // blocks : len(seconds) * (block + 1) // blocks]
        squares += sum(failing - share * count for count, failing in part) ** 2
    return math.sqrt(squares * blocks / (blocks - 1)) / arrivals

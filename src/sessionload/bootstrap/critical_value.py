"""How many standard errors an interval reaches to each side.

The critical value is the 95 % quantile of the largest deviation of any figure in units of its own standard
error (sup-t bands: Montiel Olea and Plagborg-Moller 2019). It takes into account that figures of one run move
together, where Bonferroni's correction would be wider. With few blocks a standard error is itself uncertain,
so the critical value is widened as Student's t is against the normal distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONFIDENCE = 0.95
LEAST_FREEDOM = 5.0
"""With fewer degrees of freedom an interval says nothing: those of six blocks."""
_NORMAL = 1.959964
"""The two-sided 95 % quantile of the normal distribution."""


def critical(deviations: Sequence[NDArray[np.float64]]) -> float:
    """Return how many standard errors hold all of these in 95 of 100 resampled runs, at least as of one."""
    if not deviations:
        return _NORMAL
    largest = np.abs(deviations).max(axis=0)
    return max(_NORMAL, float(np.quantile(largest, CONFIDENCE)))


def student(normal: float, freedom: float) -> float:
    """Return the quantile of Student's t for one of the normal distribution.

    The expansion of Abramowitz and Stegun, 26.7.5; from 5 degrees of freedom on it is right to 1 %.
    """
    z = normal
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))

"""The sums of a measurement: over all of its stages, or some.

Where slices are spooled, their sums were kept while they came, and nothing is read again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sessionload.metrics.spooled_slices import SpooledSlices
from sessionload.metrics.sums import total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessionload.metrics.exchange import Outcome
    from sessionload.metrics.measurement import Measurement
    from sessionload.metrics.slices import Slice


def over(measurement: Measurement, keep: Callable[[int], bool] = lambda _: True) -> Slice:
    """Return the sum of the slices of the stages that `keep` accepts, by their number from 0."""
    return over_slices(measurement.slices, keep)


def over_slices(
    slices: Mapping[tuple[int, int], Slice], keep: Callable[[int], bool] = lambda _: True
) -> Slice:
    """Return the sum of slices by (stage, second), as `over` does."""
    if isinstance(slices, SpooledSlices) and slices.sums is not None:
        return total(known.slice() for stage, known in slices.sums.items() if keep(stage))
    return total(slices[place] for place in slices if keep(place[0]))


def ended(measurement: Measurement) -> tuple[Counter[Outcome], int, int]:
    """Return how all that were sent have ended, how many were not sent, and how many of these gave up."""
    slices = measurement.slices
    known = slices.sums if isinstance(slices, SpooledSlices) else None
    outcomes: Counter[Outcome] = Counter()
    unsent = gave_up = 0
    for part in slices.values() if known is None else known.values():
        outcomes.update(part.outcomes)
        unsent += part.unsent
        gave_up += part.gave_up
    return outcomes, unsent, gave_up

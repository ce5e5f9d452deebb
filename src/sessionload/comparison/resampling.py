"""Percentiles and shares of thousands of resampled runs.

A resampled run is the sum of its seconds, each as often as it was drawn, and its percentiles are of that sum;
percentiles of seconds are never averaged. Such sums are a product of two matrices, draws by seconds and
seconds by buckets. Buckets are taken in few wide columns first, then narrower where percentiles fell, so that
millions of samples take a second. Counts are whole numbers below 2^53, so the products are exact on any
machine. Within its bucket a percentile is placed by its rank; else equal runs of very many samples would
differ by the width of a bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from sessionload.comparison.per_second import Durations, Ints

    Floats = NDArray[np.float64]
    Weights = NDArray[np.uint16]

_COLUMNS = 128
_CHUNK = 250
"""Resampled runs at a time: their weights as floating-point numbers take 7 MB for an hour."""
_SUB_BITS = 10


def totals(weights: Weights, by_row: Ints) -> Floats:
    """Return the sum over each resampled run of a number, or of a row of numbers, by second."""
    numbers = by_row.astype(np.float64)
    chunks = (weights[start : start + _CHUNK] for start in range(0, len(weights), _CHUNK))
    return np.concatenate([chunk.astype(np.float64) @ numbers for chunk in chunks])


def logarithms(durations: Durations, weights: Weights, shares: Sequence[Fraction]) -> Floats:
    """Return, by resampled run and share, the logarithm of the percentile in ns; infinite if never."""
    ended = totals(weights, durations.ended)
    arrivals = ended + totals(weights, durations.never)
    placed = np.full((len(weights), len(shares)), np.inf)
    if not len(durations):
        return placed
    first = _Columns.over_all(durations, weights)
    for number, share in enumerate(shares):
        ranks = np.maximum(-(-arrivals.astype(np.int64) * share.numerator // share.denominator), 1)
        seen = ranks <= ended
        if seen.any():
            placed[seen, number] = _placed(durations, weights[seen], first.of(seen), ranks[seen])
    return placed


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Buckets from `low` on, `step` to a column, and how many durations each resampled run has up to each."""

    low: int
    step: int
    below: Floats
    """By resampled run: how many are in buckets below `low`."""
    reached: Floats
    """By resampled run and column: how many are in buckets up to the end of the column."""

    @classmethod
    def over_all(cls, durations: Durations, weights: Weights) -> _Columns:
        """Return columns for all buckets that there are."""
        low, high = int(durations.buckets.min()), int(durations.buckets.max())
        return cls.between(durations, weights, low, high + 1, np.zeros(len(weights)))

    @classmethod
    def between(cls, durations: Durations, weights: Weights, low: int, high: int, below: Floats) -> _Columns:
        """Return columns for the buckets from `low` to the one before `high`."""
        step = -(-(high - low) // _COLUMNS)
        counts = durations.columns(low, step, -(-(high - low) // step))
        return cls(low, step, below, totals(weights, counts.cumsum(axis=1)) + below[:, None])

    def of(self, chosen: NDArray[np.bool_]) -> _Columns:
        """Return the same of some of the resampled runs."""
        return _Columns(self.low, self.step, self.below[chosen], self.reached[chosen])

    def before(self, column: Ints) -> Floats:
        """Return, by resampled run, how many are in buckets before the column that it asks for."""
        rows = np.arange(len(column))
        return np.where(column > 0, self.reached[rows, column - 1], self.below)


def _placed(durations: Durations, weights: Weights, columns: _Columns, ranks: Ints) -> Floats:
    """Return the logarithm of the duration at a rank, by resampled run; all ranks are reached."""
    while True:
        column = (columns.reached < ranks[:, None]).sum(axis=1)
        first, last = int(column.min()), int(column.max()) + 1
        narrower = -(-(last - first) * columns.step // _COLUMNS)
        if narrower >= columns.step:
            break
        columns = _Columns.between(
            durations,
            weights,
            columns.low + first * columns.step,
            columns.low + last * columns.step,
            columns.before(np.full(len(ranks), first)),
        )
    before = columns.before(column)
    inside = columns.reached[np.arange(len(column)), column] - before
    place = columns.low + (column + (ranks - 0.5 - before) / inside) * columns.step
    return np.asarray(np.log(_nanoseconds(place)))


def _nanoseconds(place: Floats) -> Floats:
    """Return durations by their place among the buckets, a whole number being the low end of a bucket."""
    bucket = np.floor(place)
    shift = np.maximum(0, bucket.astype(np.int64) // (1 << _SUB_BITS) - 1)
    low = (bucket - (shift << _SUB_BITS)) * 2.0**shift
    return np.asarray(np.maximum(low + (place - bucket) * 2.0**shift, 1.0))

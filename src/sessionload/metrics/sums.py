"""Sums over thousands of slices, in the time of a blink.

Law: a sum equals what adding one by one gives. Idea: the counts of each slice are added to a vector with one
place for each bucket, straight from their packed bytes. Trap: numpy takes a tenth of a second and 25 MB to
load, which a generator that only records has no use for, so it is loaded with the first sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.metrics.histogram import Histogram
from sessionload.metrics.slices import HISTOGRAMS, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessionload.metrics.measurement import Measurement


def over(measurement: Measurement, keep: Callable[[int], bool] = lambda _: True) -> Slice:
    """Return the sum of the slices of the stages that `keep` accepts, by their number from 0."""
    return total(part for (stage, _), part in measurement.slices.items() if keep(stage))


def total(parts: Iterable[Slice]) -> Slice:
    """Return the sum of slices as a new one."""
    result = Sum()
    for part in parts:
        result.add(part)
    return result.slice()


class Sum:
    """The sum of the slices that were added so far."""

    def __init__(self) -> None:
        self._counts = Slice()
        self._histograms = {name: _Vector() for name in HISTOGRAMS}

    def add(self, part: Slice) -> None:
        """Add a slice, and leave it as it is."""
        whole = self._counts
        for outcome, count in part.outcomes.items():
            whole.outcomes[outcome] = whole.outcomes.get(outcome, 0) + count
        for status, count in part.statuses.items():
            whole.statuses[status] = whole.statuses.get(status, 0) + count
        whole.unsent += part.unsent
        for name, found in self._histograms.items():
            histogram = getattr(part, name)
            if histogram:
                found.add(histogram)

    def slice(self) -> Slice:
        """Return the sum as a slice of its own."""
        whole = Slice(self._counts.outcomes.copy(), self._counts.statuses.copy(), self._counts.unsent)
        for name, found in self._histograms.items():
            setattr(whole, name, found.histogram())
        return whole


class _Vector:
    """Counts by bucket as a vector, beside what else a histogram knows."""

    def __init__(self) -> None:
        self._rest = Histogram()
        self._counts: Any = None

    def add(self, histogram: Histogram) -> None:
        import numpy as np  # noqa: PLC0415 - see the trap above

        if histogram.packed:
            flat = np.frombuffer(histogram.pairs(), "<u4")
            buckets, counts = flat[0::2].cumsum(dtype=np.int64), flat[1::2]
        else:
            many = len(histogram.counts)
            buckets = np.fromiter(histogram.counts, np.int64, many)
            counts = np.fromiter(histogram.counts.values(), np.int64, many)
        size = int(buckets.max()) + 1 if len(buckets) else 0
        if self._counts is None:
            self._counts = np.zeros(size, np.int64)
        elif size > len(self._counts):
            self._counts = np.concatenate((self._counts, np.zeros(size - len(self._counts), np.int64)))
        self._counts[buckets] += counts
        rest = self._rest
        if histogram.minimum is not None:
            rest.minimum = min(histogram.minimum, histogram.minimum if rest.minimum is None else rest.minimum)
        rest.maximum = max(rest.maximum, histogram.maximum)
        rest.total += histogram.total
        rest.never += histogram.never

    def histogram(self) -> Histogram:
        found = self._rest.copy()
        if self._counts is not None:
            buckets = self._counts.nonzero()[0]
            found.counts.update(zip(buckets.tolist(), self._counts[buckets].tolist(), strict=True))
        return found

"""Sums over thousands of slices, in milliseconds.

A sum equals what adding one by one gives. The counts of each slice are added to a vector with one place for
each bucket, straight from their packed bytes. numpy takes a tenth of a second and 25 MB to load, which a
generator that only records has no use for, so it is loaded with the first sum.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sessionload.metrics.histogram import EMPTY, Histogram
from sessionload.metrics.histogram_codec import deflate
from sessionload.metrics.slices import HISTOGRAMS, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.exchange import Outcome

_TOGETHER = 16
"""So many histograms are added to a vector at once."""


def added(histograms: Iterable[Histogram]) -> Histogram:
    """Return the sum of histograms."""
    vector = _Vector()
    for histogram in histograms:
        if histogram is not EMPTY:
            vector.add(histogram)
    return vector.histogram()


def total(parts: Iterable[Slice]) -> Slice:
    """Return the sum of slices as a new one."""
    sums = Sum()
    for part in parts:
        sums.add(part)
    return sums.slice()


class Sum:
    """The sum of the slices that were added so far."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.unsent = self.gave_up = self.lost = self.not_due = 0
        self._statuses: Counter[int] = Counter()
        self._histograms = {name: _Vector() for name in HISTOGRAMS}

    def add(self, part: Slice) -> None:
        """Add a slice."""
        for outcome, count in part.outcomes.items():  # in a tenth of the time of `update`
            self.outcomes[outcome] += count
        for status, count in part.statuses.items():
            self._statuses[status] += count
        self.unsent += part.unsent
        self.gave_up += part.gave_up
        self.lost += part.lost
        self.not_due += part.not_due
        for name, vector in self._histograms.items():
            histogram = getattr(part, name)
            if histogram is not EMPTY:
                vector.add(histogram)

    def slice(self) -> Slice:
        """Return the sum as a slice of its own."""
        histograms = {name: vector.histogram() for name, vector in self._histograms.items()}
        return Slice(
            dict(self.outcomes),
            dict(self._statuses),
            self.unsent,
            **histograms,
            lost=self.lost,
            not_due=self.not_due,
        )


class _Vector:
    """Counts by bucket as a vector, beside what else a histogram knows."""

    def __init__(self) -> None:
        self._counts: Any = None
        """From bucket `_first` on."""
        self._first = 0
        self._waiting: list[Any] = []
        self._ends: list[int] = []
        self._total = 0
        self._never = 0

    def add(self, histogram: Histogram) -> None:
        self._waiting.append(histogram.pairs())
        if len(self._waiting) == _TOGETHER:
            self._fold()
        if histogram.minimum is not None:
            ends = (*self._ends, histogram.minimum, histogram.maximum)
            self._ends = [min(ends), max(ends)]
        self._total += histogram.total
        self._never += histogram.never

    def _fold(self) -> None:
        """Add the pairs that wait to the vector: many at once take little more time than one."""
        import numpy as np  # noqa: PLC0415 - a generator does without

        flats = [np.frombuffer(pairs, "<u4") for pairs in self._waiting if pairs]
        self._waiting.clear()
        if not flats:
            return
        buckets = np.concatenate([flat[0::2].cumsum(dtype=np.int64) for flat in flats])
        counts = np.concatenate([flat[1::2] for flat in flats])
        first = int(buckets.min())
        if self._counts is None:
            self._first = first
        elif first < self._first:
            self._counts = np.concatenate([np.zeros(self._first - first, np.int64), self._counts])
            self._first = first
        known = 0 if self._counts is None else len(self._counts)
        sums = np.bincount(buckets - self._first, counts, known).astype(np.int64)  # below 2**53 it is exact
        if known:
            sums[:known] += self._counts
        self._counts = sums

    def histogram(self) -> Histogram:
        import numpy as np  # noqa: PLC0415 - the same

        if self._waiting:
            self._fold()
        least, most = self._ends or (None, 0)
        if self._counts is None:
            return Histogram(least, most, self._total, self._never, b"") if self._never else EMPTY
        places = (self._counts > 0).nonzero()[0]  # of booleans it takes a tenth of the time
        flat = np.empty(2 * len(places), "<u4")
        flat[0::2] = np.diff(places + self._first, prepend=0)
        flat[1::2] = self._counts[places]
        return Histogram(least, most, self._total, self._never, deflate(flat.tobytes()))

"""Counts by bucket over a window that moves: histograms are added at its front and taken away at its back.

However long the window is, this takes half a megabyte and a few microseconds for each histogram. Taking away
is exact because counts are whole numbers; `minimum`, `maximum` and `total` are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.metrics.histogram import Histogram

_BUCKETS = 1 << 16
"""More than durations of 64 bits have."""
_GROUP_BITS = 8
"""So many buckets (2 to this power) have their sum kept, so that a rank is looked for in few of them."""


class SlidingCounts:
    """The sum of the histograms that were added and not taken away."""

    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415 - a generator does without

        self._counts = np.zeros(_BUCKETS, np.int64)
        self._groups = np.zeros(_BUCKETS >> _GROUP_BITS, np.int64)
        self.ended = 0
        """How many durations are counted."""

    def add(self, histogram: Histogram) -> None:
        """Add a histogram at the front of the window."""
        self._change(histogram, 1)

    def take_away(self, histogram: Histogram) -> None:
        """Take away a histogram that was added."""
        self._change(histogram, -1)

    def bucket_at(self, rank: int) -> int:
        """Return the bucket of the duration of a rank, from 1 to `ended`."""
        reached = self._groups.cumsum()
        group = int(reached.searchsorted(rank))
        first = group << _GROUP_BITS
        inside = self._counts[first : first + (1 << _GROUP_BITS)].cumsum()
        below = int(reached[group - 1]) if group else 0
        return first + int(inside.searchsorted(rank - below))

    def _change(self, histogram: Histogram, sign: int) -> None:
        import numpy as np  # noqa: PLC0415 - the same

        flat = np.frombuffer(histogram.pairs(), "<u4")
        buckets, counts = flat[0::2].cumsum(dtype=np.int64), flat[1::2] * np.int64(sign)
        self._counts[buckets] += counts  # a histogram has each bucket once
        groups = np.bincount(buckets >> _GROUP_BITS, counts, len(self._groups))
        self._groups += groups.astype(np.int64)
        self.ended += int(counts.sum())

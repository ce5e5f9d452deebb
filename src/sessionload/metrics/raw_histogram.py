"""Counts of durations as a generator reports them, not packed."""

from __future__ import annotations

from msgspec import Struct

from sessionload.metrics.bounds import Count
from sessionload.metrics.histogram import Histogram
from sessionload.metrics.histogram_codec import compress


class RawHistogram(Struct, array_like=True):
    """Counts of durations; `counts` are the buckets in any order and then their counts (see `encode_raw`)."""

    minimum: Count | None
    maximum: Count
    total: Count
    counts: bytes

    def packed(self) -> Histogram:
        """Return these counts packed. Raises `ValueError` if nobody can have recorded them."""
        packed, ends = compress(self.counts)
        histogram = Histogram(self.minimum, self.maximum, self.total, 0, packed)
        histogram.check_against(ends)
        return histogram

"""Counts of durations while they are recorded: cheap enough for every arrival.

The generator records into these, a list of durations at a time, and sends their counts raw once a second: to
sort and pack them takes up to two milliseconds, which a generator under load does not have. The command packs
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.buckets import BITS
from sessionload.metrics.histogram_codec import encode_raw
from sessionload.metrics.raw_histogram import RawHistogram

if TYPE_CHECKING:
    from collections.abc import Iterable


class HistogramRecorder:
    """Counts by bucket of durations in nanoseconds, with their exact ends and sum."""

    __slots__ = ("_counts", "_maximum", "_minimum", "_total")

    def __init__(self, durations_ns: Iterable[int] = ()) -> None:
        self._counts: dict[int, int] = {}
        self._total = 0
        self._minimum: int | None = None
        self._maximum = 0
        self.record(*durations_ns)

    def record(self, *durations_ns: int) -> None:
        """Count durations. A negative one counts as 0: the clock's grain, not time travel."""
        if not durations_ns:
            return
        least = min(durations_ns)
        if least < 0:
            least, durations_ns = 0, tuple(max(duration, 0) for duration in durations_ns)
        counts = self._counts
        known = counts.get
        for duration in durations_ns:
            shift = duration.bit_length() - BITS - 1  # bucket_of, unrolled: this runs for every arrival
            bucket = duration if shift <= 0 else (shift << BITS) + (duration >> shift)
            counts[bucket] = known(bucket, 0) + 1
        self._total += sum(durations_ns)
        self._maximum = max(self._maximum, *durations_ns)
        self._minimum = least if self._minimum is None else min(self._minimum, least)

    def __bool__(self) -> bool:
        return bool(self._counts)

    def raw(self) -> RawHistogram:
        """Return what is counted so far, not packed."""
        return RawHistogram(self._minimum, self._maximum, self._total, encode_raw(self._counts))

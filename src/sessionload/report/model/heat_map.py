"""Response times by time and by band of duration.

Each valid response of the run is in exactly one cell, and each other arrival in the `never` of its column.
Bands have round ends, are about equally wide on a logarithmic axis, and are as fine as their number allows. A
histogram knows a duration to 0.1 %, so one at the very end of a band may be counted in the next.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.report.model.rows import HeatMap
from sessionload.report.model.time_axis import step_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice

MOST_COLUMNS = 120
MOST_BANDS = 24

_SHORTEST = 1_000
"""Nothing over a network takes less than a microsecond; the first band holds it if it does."""
_SERIES: tuple[tuple[int, ...], ...] = (
    (100, 110, 125, 140, 160, 180, 200, 220, 250, 280, 320, 360, 400, 450, 500, 560, 630, 700, 800, 900),
    (100, 125, 150, 200, 250, 300, 400, 500, 600, 800),
    (100, 150, 200, 300, 500, 700),
    (100, 200, 500),
    (100, 300),
    (100,),
)
"""Ends of bands within a power of ten, the finest first."""


class HeatMapBuilder:
    """A heat map, filled step by step."""

    def __init__(self, histograms: Iterable[Histogram], seconds: int, step: int) -> None:
        """Prepare for steps of `step` seconds; `histograms` are what is to come."""
        seen = [histogram for histogram in histograms if histogram.minimum is not None]
        least = min((histogram.minimum for histogram in seen if histogram.minimum is not None), default=None)
        most = max((histogram.maximum for histogram in seen), default=0)
        self._seconds = seconds
        self._width = -(-step_for(seconds, MOST_COLUMNS) // step) * step
        self._bands = bands(least, most)
        self._band_of = _band_of(self._bands, bucket_of(most))
        columns = -(-seconds // self._width)
        self._counts = [[0] * len(self._bands) for _ in range(columns)]
        self._never = [0] * columns

    def add(self, second: int, step_sum: Slice) -> None:
        """Add the sum of a step that begins with `second`."""
        column = second // self._width
        counts, band_of = self._counts[column], self._band_of
        for bucket, count in step_sum.valid.items():
            counts[band_of[bucket]] += count
        self._never[column] += step_sum.errors

    def heat_map(self) -> HeatMap:
        """Return what was added."""
        starts = range(0, self._seconds, self._width)
        return HeatMap(
            columns=tuple((start, min(self._width, self._seconds - start)) for start in starts),
            bands=self._bands,
            counts=tuple(tuple(counts) for counts in self._counts),
            never=tuple(self._never),
        )


def bands(least: int | None, most: int) -> tuple[tuple[int, int], ...]:
    """Return the bands for durations from `least` to `most`: (first, first that is above it) in ns."""
    if least is None:
        return ()
    low = max(least, _SHORTEST)
    high = max(most, low)
    series_bands = [_cut(series, low, high) for series in _SERIES]
    fitting = (cut for cut in series_bands if len(cut) <= MOST_BANDS)
    return next(fitting, series_bands[-1])


def _cut(series: tuple[int, ...], low: int, high: int) -> tuple[tuple[int, int], ...]:
    ends = [digits * 10**power for power in range(1, len(str(high))) for digits in series]
    return tuple(pairwise(ends[bisect_right(ends, low) - 1 : bisect_right(ends, high) + 1]))


def _band_of(borders: tuple[tuple[int, int], ...], last: int) -> bytes:
    """Return the number of the band for each bucket up to `last`, by the middle of the bucket."""
    firsts = [_first_bucket(low) for low, _ in borders[1:]]
    table = bytearray()
    for band, end in enumerate([*firsts, last + 1]):
        table += bytes([band]) * (end - len(table))
    return bytes(table)


def _first_bucket(low: int) -> int:
    bucket = bucket_of(low)
    return bucket if sum(bounds_of(bucket)) // 2 >= low else bucket + 1

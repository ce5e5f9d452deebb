"""A side as numbers by the second of its measured stages: what resampling draws from.

Both sides have a row for the same whole seconds of the same stages, whether or not anything was due in them.
Several runs of a side are added up second by second, so their percentiles are those of all arrivals.
Durations stay as sparse as histograms are: three numbers for each bucket that occurs in a second, 10 bytes in
all. An arrival that is due at the very end of a stage may be rounded into the second after it; it counts in
the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sessionload.comparison.metrics import ERROR_RATE, RATES, counted
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sessionload.comparison.metrics import ComparedMetric
    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader
    from sessionload.workload.stage import Stage

    Ints = NDArray[np.int64]

_CHUNK = 1 << 20
_SLICES = 256
"""Slices at a time."""
_PAIR = 8
_LAST_BUCKET = (1 << 16) - 1
"""Higher than that of any duration that 64 bits can hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Durations:
    """Durations by second: of entry *i*, `counts[i]` are in bucket `buckets[i]` of row `rows[i]`."""

    rows: NDArray[np.uint32]
    buckets: NDArray[np.uint16]
    counts: NDArray[np.uint32]
    ended: Ints
    """By row: how many durations there are."""
    never: Ints
    """By row: arrivals that rank last."""

    def __len__(self) -> int:
        return len(self.counts)

    def above(self, buckets: Sequence[int]) -> Ints:
        """Return, for each of `buckets` and by row, how many are in a bucket above it, or never."""
        counts = np.tile(self.never, (len(buckets), 1))
        for chunk in self._chunks():
            for number, bucket in enumerate(buckets):
                kept = self.buckets[chunk] > bucket
                counts[number] += np.bincount(
                    self.rows[chunk][kept], self.counts[chunk][kept], len(self.never)
                ).astype(np.int64)
        return counts

    def columns(self, low: int, step: int, columns: int) -> Ints:
        """Return, by row, how many are in each of so many columns of `step` buckets, from `low` on."""
        size = len(self.never)
        counts = np.zeros(size * columns, np.int64)
        for chunk in self._chunks():
            kept = (self.buckets[chunk] >= low) & (self.buckets[chunk] < low + step * columns)
            column = (self.buckets[chunk][kept].astype(np.int64) - low) // step
            places = self.rows[chunk][kept].astype(np.int64) * columns + column
            counts += np.bincount(places, self.counts[chunk][kept], size * columns).astype(np.int64)
        return counts.reshape(size, columns)

    def _chunks(self) -> Iterator[slice]:
        # What is worked out on the way takes several times as much memory as the entries themselves.
        return (slice(start, start + _CHUNK) for start in range(0, len(self), _CHUNK))


@dataclass(frozen=True, slots=True, eq=False)
class PerSecond:
    """The seconds of the measured stages of one side, one row for each: what all its runs did in it."""

    results: tuple[Result, ...]
    stages: tuple[int, ...]
    """How many rows each measured stage has."""
    accounted: Ints
    parts: Mapping[ComparedMetric, Ints]
    """By rate, then by row: how many of `accounted` it counts."""

    @classmethod
    def of(cls, results: Sequence[Result], stages: tuple[int, ...]) -> PerSecond:
        """Return the rows of the runs of a side; `stages` are the lengths that all runs have."""
        size = sum(stages)
        accounted = np.zeros(size, np.int64)
        parts = {metric: np.zeros(size, np.int64) for metric in RATES}
        for row, second in _rows(results, stages):
            accounted[row] += second.accounted
            for metric, count in counted(second).items():
                parts[metric][row] += count
        return cls(tuple(results), stages, accounted, parts)

    @property
    def runs(self) -> tuple[PerSecond, ...]:
        """Each run by itself."""
        if len(self.results) == 1:
            return (self,)
        return tuple(PerSecond.of((result,), self.stages) for result in self.results)

    def durations(self, view: str) -> Durations:
        """Return the durations of `response` or `service`. They are not kept."""
        histograms = [
            (row, second.valid if view == "response" else second.served)
            for row, second in _rows(self.results, self.stages)
        ]
        parts = [
            _entries(histograms[start : start + _SLICES]) for start in range(0, len(histograms), _SLICES)
        ]
        size = sum(self.stages)
        ended = np.zeros(size, np.int64)
        for rows, _, counts in parts:
            ended += np.bincount(rows, counts, size).astype(np.int64)
        never = self.parts[ERROR_RATE] if view == "response" else np.zeros_like(ended)
        rows, buckets, counts = (np.concatenate(kind) for kind in zip(_entries([]), *parts, strict=True))
        return Durations(rows, buckets, counts, ended, never)


def _entries(
    histograms: Sequence[tuple[int, Histogram]],
) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.uint32]]:
    """Return the entries of histograms and the rows that they belong to."""
    packed = [histogram.pairs() for _, histogram in histograms]
    sizes = np.array([len(pairs) // _PAIR for pairs in packed], np.int64)
    rows = np.repeat(np.array([row for row, _ in histograms], np.uint32), sizes)
    flat = np.frombuffer(b"".join(packed), "<u4")
    reached = flat[0::2].cumsum(dtype=np.int64)
    ends = sizes.cumsum()
    before = np.concatenate(([0], reached))[ends - sizes]  # gaps begin anew with each histogram
    buckets = (reached - np.repeat(before, sizes)).clip(max=_LAST_BUCKET).astype(np.uint16)
    return rows, buckets, flat[1::2].astype(np.uint32)


def has_evidence(stage: Stage) -> bool:
    """Return whether a stage is measured and has arrivals: a rest at 0/s says nothing about the server."""
    return not stage.warmup and bool(stage.area)


def lengths(result: RunHeader) -> tuple[int, ...]:
    """Return how many rows each stage with evidence has."""
    return tuple(length for _, _, length in _grid(result))


def _grid(result: RunHeader) -> Iterator[tuple[int, int, int]]:
    """Yield (stage, its first whole second, how many it has) for each stage with evidence.

    Seconds are those of the run. A piece of one at either end of a stage belongs to the row beside it: by
    itself it would count as a second that was observed. A stage without a whole second is one row.
    """
    for number, (stage, start_ns) in enumerate(zip(result.stages, result.starts_ns, strict=True)):
        if has_evidence(stage):
            first = -(-start_ns // NS)
            yield number, first, max(1, (start_ns + stage.duration_ns) // NS - first)


def _rows(results: Sequence[Result], stages: tuple[int, ...]) -> Iterator[tuple[int, Slice]]:
    """Yield (row, slice) for each slice of a measured stage of each run."""
    for result in results:
        places = {}
        start = 0
        for (number, first, _), length in zip(_grid(result), stages, strict=True):
            places[number] = (start, first, length)
            start += length
        for (number, second), in_second in result.measured_slices.items():
            if number in places:
                start, first, length = places[number]
                yield start + min(max(second - first, 0), length - 1), in_second

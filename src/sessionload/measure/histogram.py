"""Counts of nanoseconds, close enough for every percentile and cheap enough for every arrival.

Law: a percentile is a value that was seen (nearest rank), to less than 0.1 %, and arrivals that
never ended well rank last. Idea: log-linear buckets, 1,024 to each power of two, kept sparse;
histograms add, and adding is associative and commutative. Trap: the rank of a percentile is
`ceil(p * n)` in exact arithmetic; a float `0.999 * 1000` is not 999.

Buckets after HdrHistogram (hdrhistogram.org), whose sub-bucket idea this is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from fractions import Fraction

_BITS = 10
_SUB = 1 << _BITS


def bucket_of(value: int) -> int:
    """Return the index of the bucket that counts `value` (nanoseconds, not negative)."""
    shift = value.bit_length() - _BITS - 1
    return value if shift <= 0 else (shift << _BITS) + (value >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """Return the smallest and the largest value that `bucket` counts; they differ by less than 0.1 %."""
    shift = max(0, (bucket >> _BITS) - 1)
    low = (bucket - (shift << _BITS)) << shift
    return low, low + (1 << shift) - 1


class Histogram:
    """A multiset of durations in nanoseconds, plus a count of arrivals that `never` ended well."""

    __slots__ = ("counts", "maximum", "minimum", "never", "total")

    def __init__(self, values: Iterable[int] = ()) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.minimum: int | None = None
        self.maximum = 0
        self.never = 0
        for value in values:
            self.record(value)

    def record(self, value: int) -> None:
        """Count one duration. A negative one counts as 0: the clock's grain, not time travel."""
        value = max(value, 0)
        shift = value.bit_length() - _BITS - 1  # bucket_of, unrolled: this runs for every arrival
        bucket = value if shift <= 0 else (shift << _BITS) + (value >> shift)
        counts = self.counts
        counts[bucket] = counts.get(bucket, 0) + 1
        self.total += value
        if value > self.maximum:  # noqa: PLR1730 - a call to max for every arrival costs more
            self.maximum = value
        if self.minimum is None or value < self.minimum:
            self.minimum = value

    @property
    def ended(self) -> int:
        """How many durations are counted, without those that never ended."""
        return sum(self.counts.values())

    @property
    def count(self) -> int:
        """How many arrivals are counted, those that never ended included."""
        return self.ended + self.never

    def quantile(self, share: Fraction) -> int | None:
        """Return the nearest-rank quantile for `share` in (0, 1], in nanoseconds.

        `None` means never: the rank falls among arrivals that did not end well. Raises
        `ValueError` when nothing was counted, because no evidence has no percentile.
        """
        count = self.count
        if not count:
            raise ValueError("a histogram without samples has no percentiles")
        rank = max(1, math.ceil(share * count))
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return self._representative(bucket)
        return None

    @property
    def largest(self) -> int | None:
        """The largest duration, exact; `None` if one never ended or none was counted."""
        return None if self.never or not self.counts else self.maximum

    @property
    def mean(self) -> float | None:
        """The arithmetic mean in nanoseconds; `None` if one never ended or none was counted."""
        ended = self.ended
        return None if self.never or not ended else self.total / ended

    def steps(self) -> Iterator[tuple[int, int]]:
        """Yield (value, how many are at most that value) for each bucket in rising order."""
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            yield self._representative(bucket), seen

    def _representative(self, bucket: int) -> int:
        # The middle of the bucket is within 0.05 % of each value in it; the true ends bound it.
        low, high = bounds_of(bucket)
        return min(max((low + high) // 2, self.minimum or 0), self.maximum)

    def __iadd__(self, other: Self) -> Self:
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        if other.minimum is not None:
            self.minimum = other.minimum if self.minimum is None else min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.total += other.total
        self.never += other.never
        return self

    def __add__(self, other: Self) -> Histogram:
        large, small = (self, other) if len(self.counts) >= len(other.counts) else (other, self)
        both = Histogram()
        both.counts = large.counts.copy()  # several times faster than counting them again
        both.minimum, both.maximum = large.minimum, large.maximum
        both.total, both.never = large.total, large.never
        both += small
        return both

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __bool__(self) -> bool:
        return bool(self.counts) or bool(self.never)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; buckets as [gap to the one before, count, ...] to keep it short."""
        flat: list[int] = []
        last = 0
        for bucket in sorted(self.counts):
            flat += (bucket - last, self.counts[bucket])
            last = bucket
        return {
            "min": self.minimum,
            "max": self.maximum,
            "sum": self.total,
            "never": self.never,
            "buckets": flat,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        histogram = cls()
        flat = data["buckets"]
        bucket = 0
        for gap, count in zip(flat[::2], flat[1::2], strict=True):
            bucket += gap
            histogram.counts[bucket] = count
        histogram.minimum = data["min"]
        histogram.maximum = data["max"]
        histogram.total = data["sum"]
        histogram.never = data["never"]
        return histogram

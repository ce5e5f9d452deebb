"""Counts of nanoseconds, close enough for every percentile and cheap enough for every arrival.

Law: a percentile is a value that was seen (nearest rank), to less than 0.1 %, and arrivals that
never ended well rank last. Idea: log-linear buckets, 1,024 to each power of two, kept sparse, or packed
while nobody asks for them; histograms add, and adding is associative and commutative. Trap: the rank of a
percentile is `ceil(p * n)` in exact arithmetic; a float `0.999 * 1000` is not 999.

Buckets after HdrHistogram (hdrhistogram.org), whose sub-bucket idea this is.
"""

from __future__ import annotations

import base64
import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Self

from sessionload.metrics import histogram_codec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    __slots__ = ("_counts", "_packed", "maximum", "minimum", "never", "total")

    def __init__(self, values: Iterable[int] = ()) -> None:
        self._counts: dict[int, int] = {}
        self._packed = b""
        self.total = 0
        self.minimum: int | None = None
        self.maximum = 0
        self.never = 0
        self.record(*values)

    @property
    def counts(self) -> dict[int, int]:
        """Counts by bucket. Asking for them unpacks them."""
        if self._packed:
            self._counts = dict(zip(*histogram_codec.unpack(self._packed), strict=True))
            self._packed = b""
        return self._counts

    @property
    def packed(self) -> bool:
        """Whether the counts are packed."""
        return bool(self._packed)

    def pack(self) -> None:
        """Keep the counts in a twentieth of the memory until they are asked for."""
        if self._counts:
            self._packed = histogram_codec.pack(self._counts)
            self._counts = {}

    def pairs(self) -> bytes:
        """Return (gap to the bucket before, count) as little-endian 32-bit numbers, without unpacking."""
        return histogram_codec.pairs(self._packed or histogram_codec.pack(self._counts))

    def record(self, *values: int) -> None:
        """Count durations. A negative one counts as 0: the clock's grain, not time travel."""
        if not values:
            return
        least = min(values)
        if least < 0:
            least, values = 0, tuple(max(value, 0) for value in values)
        counts = self.counts
        known = counts.get
        for value in values:
            shift = value.bit_length() - _BITS - 1  # bucket_of, unrolled: this runs for every arrival
            bucket = value if shift <= 0 else (shift << _BITS) + (value >> shift)
            counts[bucket] = known(bucket, 0) + 1
        self.total += sum(values)
        self.maximum = max(self.maximum, *values)
        self.minimum = least if self.minimum is None else min(self.minimum, least)

    @property
    def ended(self) -> int:
        """How many durations are counted, without those that never ended."""
        return sum(histogram_codec.unpack(self._packed)[1] if self._packed else self._counts.values())

    @property
    def count(self) -> int:
        """How many arrivals are counted, those that never ended included."""
        return self.ended + self.never

    def quantile(self, share: Fraction) -> int | None:
        """Return the nearest-rank quantile for `share` in (0, 1], in nanoseconds.

        `None` means never: the rank falls among arrivals that did not end well. Raises
        `ValueError` when nothing was counted, because no evidence has no percentile.
        """
        return self.quantiles((share,))[0]

    def quantiles(self, shares: Iterable[Fraction]) -> list[int | None]:
        """Return what `quantile` does for each of `shares`, in little more time than for one."""
        buckets, counts = self._levels()
        seen = list(accumulate(counts))
        count = (seen[-1] if seen else 0) + self.never
        if not count:
            raise ValueError("a histogram without samples has no percentiles")
        places = (bisect_left(seen, max(1, math.ceil(share * count))) for share in shares)
        return [self._representative(buckets[place]) if place < len(seen) else None for place in places]

    @property
    def largest(self) -> int | None:
        """The largest duration, exact; `None` if one never ended or none was counted."""
        return None if self.never or self.minimum is None else self.maximum

    @property
    def mean(self) -> float | None:
        """The arithmetic mean in nanoseconds; `None` if one never ended or none was counted."""
        ended = self.ended
        return None if self.never or not ended else self.total / ended

    def steps(self) -> Iterator[tuple[int, int]]:
        """Yield (value, how many are at most that value) for each bucket in rising order."""
        buckets, counts = self._levels()
        return zip(map(self._representative, buckets), accumulate(counts), strict=True)

    def copy(self) -> Histogram:
        """Return an equal one that can be changed alone."""
        twin = Histogram()
        twin._counts, twin._packed = self._counts.copy(), self._packed
        twin.minimum, twin.maximum = self.minimum, self.maximum
        twin.total, twin.never = self.total, self.never
        return twin

    def _levels(self) -> tuple[Sequence[int], Sequence[int]]:
        """Return buckets in rising order, and their counts, without unpacking for good."""
        if self._packed:
            return histogram_codec.unpack(self._packed)
        buckets = sorted(self._counts)
        return buckets, list(map(self._counts.__getitem__, buckets))

    def _representative(self, bucket: int) -> int:
        # The middle of the bucket is within 0.05 % of each value in it; the true ends bound it.
        low, high = bounds_of(bucket)
        return min(max((low + high) // 2, self.minimum or 0), self.maximum)

    def __iadd__(self, other: Self) -> Self:
        if not self:
            self._counts, self._packed = other._counts.copy(), other._packed
        else:
            counts = self.counts
            for bucket, count in zip(*other._levels(), strict=True):
                counts[bucket] = counts.get(bucket, 0) + count
        if other.minimum is not None:
            self.minimum = other.minimum if self.minimum is None else min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.total += other.total
        self.never += other.never
        return self

    def __add__(self, other: Self) -> Histogram:
        both = self.copy()
        both += other
        return both

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self._parts() == other._parts()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __bool__(self) -> bool:
        return self.minimum is not None or bool(self.never)

    def _parts(self) -> tuple[object, ...]:
        return self.minimum, self.maximum, self.total, self.never, self.pairs()

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """Return a JSON object; `buckets` are packed (see `packing`), in base64, or are told `raw`."""
        if raw:
            name, data = "raw", histogram_codec.encode_raw(self.counts)
        else:
            name, data = "buckets", self._packed or histogram_codec.pack(self._counts)
        return {
            "min": self.minimum,
            "max": self.maximum,
            "sum": self.total,
            "never": self.never,
            name: base64.b64encode(data).decode(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, and keep it packed. Raises `ValueError` if it contradicts itself."""
        histogram = cls()
        if "raw" in data:
            histogram._packed = histogram_codec.compress(base64.b64decode(data["raw"], validate=True))
        else:
            histogram._packed = base64.b64decode(data["buckets"], validate=True)
        histogram.minimum = data["min"]
        histogram.maximum = data["max"]
        histogram.total = data["sum"]
        histogram.never = data["never"]
        least, most = histogram.minimum, histogram.maximum
        if histogram_codec.ends(histogram._packed) != (
            None if least is None else (bucket_of(least), bucket_of(most))
        ):
            raise ValueError("the buckets do not reach from min to max")
        if histogram.total < most or histogram.never < 0:
            raise ValueError("a sum below its largest part, or a count below 0")
        return histogram

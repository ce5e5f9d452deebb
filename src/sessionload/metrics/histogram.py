"""Counts of durations, packed: what a run keeps, adds and writes.

A percentile is a value that was seen (nearest rank), to less than 0.1 %, and arrivals that never ended well
rank last. The counts by bucket (see `buckets`) stay packed (see `histogram_codec`): a second with 1,000
samples takes 1 kB. A histogram never changes; `HistogramRecorder` is what counts. Adding is associative and
commutative, and the empty histogram is zero. The rank of a percentile is `ceil(p * n)` in exact arithmetic; a
float `0.999 * 1000` is not 999.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sessionload.metrics import histogram_codec
from sessionload.metrics.bounds import Count
from sessionload.metrics.buckets import bounds_of, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

_WRITTEN = {"minimum": "min", "maximum": "max", "total": "sum", "packed": "buckets"}


class Histogram(Struct, frozen=True, gc=False, eq=False, forbid_unknown_fields=True, rename=_WRITTEN):
    """A multiset of durations in nanoseconds, plus a count of arrivals that `never` ended well.

    As JSON it is an object with `min`, `max`, `sum`, `never` and, in base64, `buckets`.
    """

    minimum: Count | None
    maximum: Count
    total: Count
    never: Count
    packed: bytes

    def check(self) -> None:
        """Raise `ValueError` if the parts of a histogram that was read contradict each other."""
        self.check_against(histogram_codec.ends(self.packed))

    def check_against(self, ends: tuple[int, int] | None) -> None:
        """Raise `ValueError` as `check` does, where the first and the last bucket are known."""
        least = self.minimum
        if ends != (None if least is None else (bucket_of(least), bucket_of(self.maximum))):
            raise ValueError("the buckets do not reach from min to max")
        if self.total < self.maximum:
            raise ValueError("the sum is below its largest part")

    def pairs(self) -> bytes:
        """Return (gap to the bucket before, count) as little-endian 32-bit numbers."""
        return histogram_codec.pairs(self.packed)

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield (bucket, count) in rising order."""
        return zip(*histogram_codec.unpack(self.packed), strict=True)

    @property
    def ended(self) -> int:
        """How many durations are counted, without those that never ended."""
        return histogram_codec.ended(self.packed)

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
        buckets, counts = histogram_codec.unpack(self.packed)
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
        buckets, counts = histogram_codec.unpack(self.packed)
        return zip(map(self._representative, buckets), accumulate(counts), strict=True)

    def with_never(self, never: int) -> Histogram:
        """Return these durations with another count of arrivals that never ended well."""
        return replace(self, never=never)

    def _representative(self, bucket: int) -> int:
        # The middle of the bucket is within 0.05 % of each value in it; the true ends bound it.
        low, high = bounds_of(bucket)
        return min(max((low + high) // 2, self.minimum or 0), self.maximum)

    def __add__(self, other: Histogram) -> Histogram:
        if not self:
            return other
        if not other:
            return self
        counts = dict(self.items())
        for bucket, count in other.items():
            counts[bucket] = counts.get(bucket, 0) + count
        return Histogram(
            min((least for least in (self.minimum, other.minimum) if least is not None), default=None),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.never + other.never,
            histogram_codec.pack(counts),
        )

    def __eq__(self, other: object) -> bool:
        # Two builds of zlib may pack the same counts differently.
        return isinstance(other, Histogram) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.minimum, self.maximum, self.total, self.never))

    def __bool__(self) -> bool:
        return self.minimum is not None or bool(self.never)

    def _parts(self) -> tuple[object, ...]:
        return self.minimum, self.maximum, self.total, self.never, self.pairs()


EMPTY = Histogram(None, 0, 0, 0, b"")
"""The histogram of nothing. Empty ones are this one, so that thousands of slices share it."""

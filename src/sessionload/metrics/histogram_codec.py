"""Counts by bucket as a few bytes: how histograms are kept, and how they are written.

Packed are pairs of (gap to the bucket before, count), little-endian 32-bit unsigned, compressed with zlib; a
second with 3,000 samples takes 3 kB. Unpacking gives back what was packed, and bytes that nobody can have
packed are refused. To sort and compress counts takes up to two milliseconds, which a generator under load
does not have: it sends them raw, and the command packs them, with numpy, because it may have hundreds of
workers. Two builds of zlib may compress the same pairs differently, so packed bytes are compared by what they
hold.
"""

from __future__ import annotations

import operator
import zlib
from array import array
from itertools import accumulate, chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ITEM = 4
_SMALL = 8192
"""So many bytes are an eighth smaller with zlib's level 4 than with its level 1, for 10 µs more."""
_NATIVE_IS_LITTLE = array("I", [1]).tobytes()[0] == 1
_LONGEST = 1 << 20
"""More than the buckets of all durations up to 2**64 ns need."""


def pack(counts: Mapping[int, int]) -> bytes:
    """Return counts by bucket as bytes; none for no counts."""
    if not counts:
        return b""
    buckets = sorted(counts)
    flat = array("I", bytes(2 * _ITEM * len(buckets)))
    flat[0::2] = array("I", map(operator.sub, buckets, chain((0,), buckets)))
    flat[1::2] = array("I", map(counts.__getitem__, buckets))
    return deflate(_little(flat).tobytes())


def deflate(flat: bytes) -> bytes:
    """Return the pairs of (gap, count), which `pairs` returns again, compressed; none for none."""
    return zlib.compress(flat, 4 if len(flat) <= _SMALL else 1) if flat else b""


def encode_raw(counts: Mapping[int, int]) -> bytes:
    """Return counts by bucket as bytes in a tenth of the time, and six times as many of them.

    The buckets in any order, then their counts, as little-endian 32-bit numbers.
    """
    return _little(array("I", [*counts.keys(), *counts.values()])).tobytes()


def compress(data: bytes) -> tuple[bytes, tuple[int, int] | None]:
    """Return packed what `encode_raw` returned, and its first and last bucket, if there is one.

    Raises `ValueError` if nobody can have recorded these counts.
    """
    import numpy as np  # noqa: PLC0415 - a generator does without

    flat = np.frombuffer(data, "<u4")
    if len(flat) % 2:
        raise ValueError("a bucket without a count")
    if not len(flat):
        return b"", None
    buckets, counts = flat.reshape(2, -1)
    rising = buckets.argsort()
    columns = np.empty((len(rising), 2), "<u4")
    columns[:, 0] = np.diff(buckets[rising], prepend=np.uint32(0))
    columns[:, 1] = counts[rising]
    if not (columns[1:, 0].all() and counts.all()):
        raise ValueError("a bucket twice, or without a count")
    return deflate(columns.tobytes()), (int(buckets[rising[0]]), int(buckets[rising[-1]]))


def pairs(packed: bytes) -> bytes:
    """Return the pairs of (gap, count) uncompressed. Raises `ValueError` if they cannot be."""
    if not packed:
        return b""
    reader = zlib.decompressobj()
    try:
        flat = reader.decompress(packed, _LONGEST)
    except zlib.error:
        raise ValueError("not compressed by zlib") from None
    if not reader.eof or reader.unused_data or len(flat) % (2 * _ITEM):
        raise ValueError("not whole pairs of 32-bit numbers")
    return flat


def unpack(packed: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """Return the buckets, rising, and their counts. Raises `ValueError` as `pairs` does."""
    gaps, counts = _columns(packed)
    return list(accumulate(gaps)), counts


def ended(packed: bytes) -> int:
    """Return the sum of all counts. Raises `ValueError` as `pairs` does."""
    return sum(_columns(packed)[1])


def ends(packed: bytes) -> tuple[int, int] | None:
    """Return the first and the last bucket, if there is one. Raises `ValueError` as `pairs` does."""
    gaps, counts = _columns(packed)
    if 0 in counts or 0 in gaps[1:]:
        raise ValueError("a bucket twice, or without a count")
    return (gaps[0], sum(gaps)) if gaps else None


def _columns(packed: bytes) -> tuple[array[int], array[int]]:
    flat = array("I")
    flat.frombytes(pairs(packed))
    flat = _little(flat)
    return flat[0::2], flat[1::2]


def _little(flat: array[int], *, native: bool = _NATIVE_IS_LITTLE) -> array[int]:
    """Return numbers of this machine as little-endian ones, or the other way round."""
    if not native:
        flat = array("I", flat)
        flat.byteswap()
    return flat

"""Slices that are kept in a file, so that a run of a day takes no more memory than one of a minute.

The sums over each stage are kept meanwhile, as long as slices are only added.

It is a mapping like a dict, by (stage, second), in the order in which they came. Each look reads a slice from
the file again, so it must not be changed, and to hold many of them at once takes the memory that is saved.
When the file takes no more, what comes then is kept in memory: a full disk must not end a run.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Protocol

from msgspec.msgpack import Decoder, Encoder

from sessionload.metrics.slices import Slice
from sessionload.metrics.sums import Sum

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_STAGES = 64
"""So many have their sums kept: of durations, a sum takes a quarter of a megabyte."""
_SIZE_BITS = 32
_ENCODER = Encoder()
_DECODER = Decoder(Slice)


class SpoolFile(Protocol):
    """A file that is open for writing and reading, without a buffer: what was written is not lost later."""

    def write(self, data: memoryview, /) -> int:
        """Write some of the data, at least a byte; return how many. Raises `OSError`."""

    def seek(self, offset: int, /) -> int:
        """Go to an offset."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end of the file. Raises `OSError`."""

    def close(self) -> None:
        """Give the file back."""


class SpooledSlices(MutableMapping[tuple[int, int], Slice]):
    """Slices by (stage, second) in an empty file, which is closed when the mapping is gone."""

    def __init__(self, file: SpoolFile) -> None:
        self._file = file
        self._end = 0
        self._takes_more = True
        self._kept: dict[tuple[int, int], int | Slice] = {}
        """Where each is in the file and, in the lower 32 bits, its size; or the slice itself."""
        self.sums: defaultdict[int, Sum] | None = defaultdict(Sum)
        """The sum of the slices of each stage, where it is known without a look at all of them."""
        weakref.finalize(self, file.close)

    def __getitem__(self, place: tuple[int, int]) -> Slice:
        kept = self._kept[place]
        if isinstance(kept, Slice):
            return kept
        self._file.seek(kept >> _SIZE_BITS)
        return _DECODER.decode(self._read(kept & (1 << _SIZE_BITS) - 1))

    def __setitem__(self, place: tuple[int, int], part: Slice) -> None:
        if place in self._kept:
            self.sums = None
        if self.sums is not None:
            self.sums[place[0]].add(part)
            if len(self.sums) > _MOST_STAGES:
                self.sums = None
        self._kept[place] = self._spool(part) if self._takes_more else part

    def __delitem__(self, place: tuple[int, int]) -> None:
        del self._kept[place]
        self.sums = None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __reduce__(self) -> tuple[type, tuple[dict[tuple[int, int], Slice]]]:
        """Be a dict in another process, which has no part in the file."""
        return dict, (dict(self),)

    def _spool(self, part: Slice) -> int | Slice:
        """Append a slice and return its place in the file, or the slice if the file does not take it."""
        rest = memoryview(_ENCODER.encode(part))
        start, size = self._end, len(rest)
        try:
            self._file.seek(start)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._takes_more = False
            return part
        self._end = start + size
        return start << _SIZE_BITS | size

    def _read(self, size: int) -> bytes:
        """Return the next `size` bytes. Raises `OSError` if they are not there any more."""
        data = b""
        while len(data) < size:
            more = self._file.read(size - len(data))
            if not more:
                raise OSError("the file of the slices was cut")
            data += more
        return data

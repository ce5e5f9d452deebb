"""A list of texts in little memory: their UTF-8 bytes one after the other, and where each ends.

User IDs and what stands beside them come in millions. A tuple of texts takes 60 to 80 bytes for each besides
its characters; this takes 4. A text is decoded when it is asked for. A list never changes once it is made.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class TextList:
    """Texts that are asked for by their place, from 0; at most 4 GiB of them."""

    text: bytes | bytearray = field(repr=False)
    """All texts in UTF-8, without anything between them."""
    ends: array[int] = field(repr=False)
    """0, and then for each text where it ends, in bytes."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return the list of `texts`, which are taken one after the other."""
        joined, ends = bytearray(), array("I", [0])
        remaining = iter(texts)
        while encoded := [text.encode() for text in islice(remaining, _TOGETHER)]:
            ends.extend(islice(accumulate(map(len, encoded), initial=len(joined)), 1, None))
            joined += b"".join(encoded)
        return cls(joined, ends)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, place: int) -> str:
        """Return the text at `place`, from 0. Raises `IndexError` behind the last one."""
        return self.text[self.ends[place] : self.ends[place + 1]].decode()

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

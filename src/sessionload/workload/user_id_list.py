"""A list of user IDs in little memory: their UTF-8 bytes one after the other, and where each ends.

A tuple of texts takes 60 to 80 bytes for each ID besides its characters; this takes 4. An ID is decoded
when it is asked for. A list never changes once it is made.
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
class UserIdList:
    """IDs that are asked for by their place, from 0; at most 4 GiB of them."""

    text: bytes | bytearray = field(repr=False)
    """All IDs in UTF-8, without anything between them."""
    ends: array[int] = field(repr=False)
    """0, and then for each ID where it ends, in bytes."""

    @classmethod
    def of(cls, user_ids: Iterable[str]) -> Self:
        """Return the list of `user_ids`, which are taken one after the other."""
        text, ends = bytearray(), array("I", [0])
        remaining = iter(user_ids)
        while encoded := [user_id.encode() for user_id in islice(remaining, _TOGETHER)]:
            ends.extend(islice(accumulate(map(len, encoded), initial=len(text)), 1, None))
            text += b"".join(encoded)
        return cls(text, ends)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, place: int) -> str:
        """Return the ID at `place`, from 0. Raises `IndexError` behind the last one."""
        return self.text[self.ends[place] : self.ends[place + 1]].decode()

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

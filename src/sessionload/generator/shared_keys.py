"""Session keys of one worker, compared with those of the others: only hashes leave the process.

A hash is 64 bits of BLAKE2b under a key that the master draws for each run, so that nobody learns a session
key from what is sent, and nobody can compare two runs. Once a second the new hashes go to the master, which
says which of them it had from another worker. At most so many go in a second, and at most so many are waited
for; what is not compared is counted.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

from sessionload.metrics.key_repeat import KeyRepeat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.generator.session_start import SessionStart

HASH_BYTES = 8
MOST_HASHES = 20_000
"""In a second: 160 kB."""
_NUMBERS = 7
MOST_WAITING = 5
"""So many batches may be without an answer; the oldest is given up for a new one."""


class SharedKeys:
    """The hashes that are to be compared, and what has been found."""

    def __init__(self, salt: bytes) -> None:
        """Hash under `salt`, which is the same for all workers of a run."""
        self._salt = salt
        self._hashes = bytearray()
        self._starts = array("q")
        """Of each, what a `KeyRepeat` says."""
        self._number = 0
        self._waiting: dict[int, array[int]] = {}
        self._repeats: list[KeyRepeat] = []
        self.unchecked = 0
        """Keys that were not compared with those of other workers."""

    def add(self, key: str, start: SessionStart) -> None:
        """Take the key of a session start, which is valid as far as this worker knows."""
        if len(self._hashes) >= MOST_HASHES * HASH_BYTES:
            self.unchecked += 1
            return
        self._hashes += blake2b(
            key.encode(errors="surrogatepass"), digest_size=HASH_BYTES, key=self._salt
        ).digest()
        opened = start.connect_ns is not None
        self._starts.extend(
            (start.stage, start.index, start.due_ns, start.done_ns, start.sent_ns, start.status or 0, opened)
        )

    def batch(self) -> tuple[int, bytes] | None:
        """Return the number and the hashes of what came since the last batch, if anything did."""
        if not self._starts:
            return None
        number, hashes = self._number, bytes(self._hashes)
        self._waiting[number] = self._starts
        self._number += 1
        self._starts = array("q")
        self._hashes.clear()
        if len(self._waiting) > MOST_WAITING:
            self.unchecked += len(self._waiting.pop(min(self._waiting))) // _NUMBERS
        return number, hashes

    def answer(self, number: int, repeated: Sequence[int], forgotten: int) -> None:
        """Take which keys of a batch came before, and how many others the master has forgotten for them."""
        starts = self._waiting.pop(number, None)
        if starts is None:
            return
        self.unchecked += forgotten
        for place in repeated:
            numbers = starts[place * _NUMBERS : (place + 1) * _NUMBERS]
            if numbers:
                self._repeats.append(KeyRepeat(*numbers))

    @property
    def all_answered(self) -> bool:
        """Whether nothing is waited for."""
        return not self._starts and not self._waiting

    def give_up(self) -> None:
        """Wait for no answer any more."""
        self.unchecked += (sum(map(len, self._waiting.values())) + len(self._starts)) // _NUMBERS
        self._waiting.clear()
        self._starts, self._hashes = array("q"), bytearray()

    def take_repeats(self) -> list[KeyRepeat]:
        """Return the repetitions that were found since the last time."""
        repeats, self._repeats = self._repeats, []
        return repeats

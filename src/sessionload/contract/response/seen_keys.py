"""The run's memory of session keys: a key that is issued again is found, and no key is stored.

A 64-bit hash is kept of each of at least the last `generation` keys (500,000 by default) and at most of
twice as many. Beyond that the older generation is forgotten, `forgotten` counts its keys, and a repetition
of one of them goes unseen. The hash is Python's own of a text: SipHash under a key that the process draws
when it starts. Two flat tables of integers (16 MiB together) are allocated at the start and used again, so
that nothing grows during a run. Two different keys may share a hash: with a million remembered, the chance
of one false alarm in the next million keys is below one in ten million.
"""

from __future__ import annotations

from array import array

from sessionload.metrics.exchange import Failure

REPEATED_KEY = Failure("key/repeated", "the session key was issued before in this run")
"""What is wrong when `SeenKeys.first_time` says no."""


_ALL_BITS = (1 << 64) - 1


class SeenKeys:
    """Hashes of the session keys seen, in two generations.

    `checked` counts the keys asked about, `forgotten` those that are no longer remembered.
    """

    def __init__(self, generation: int = 500_000) -> None:
        """Start empty. `generation` is the least number of keys remembered; `ValueError` if less than 1."""
        if generation < 1:
            raise ValueError("a generation of keys is at least 1")
        self.checked = 0
        self.forgotten = 0
        self._generation = generation
        self._mask = (1 << (2 * generation - 1).bit_length()) - 1
        self._zeros = array("Q", [0]) * min(self._mask + 1, 4096)
        self._older = array("Q", [0]) * (self._mask + 1)
        self._younger = self._older[:]
        self._young = 0
        self._old = 0

    def first_time(self, key: str | int) -> bool:
        """Whether `key`, or the hash of one, is not among those remembered; from now on it is."""
        self.checked += 1
        number = hash(key) & _ALL_BITS or 1
        place = number & self._mask
        if self._older[place] or self._younger[place]:  # in more cases than not it is in neither
            free = None if self._find(self._older, number) is None else self._find(self._younger, number)
            if free is None:
                return False
            place = free
        if self._young == self._generation:
            self._age()
            place = number & self._mask
        self._younger[place] = number
        self._young += 1
        return True

    def _find(self, table: array[int], number: int) -> int | None:
        """Return the free place for `number`, or None if the table has it. Half of a table is always free."""
        place = number & self._mask
        while table[place]:
            if table[place] == number:
                return None
            place = (place + 1) & self._mask
        return place

    def _age(self) -> None:
        self.forgotten += self._old
        self._older, self._younger = self._younger, self._older
        self._old, self._young = self._young, 0
        for start in range(0, len(self._younger), len(self._zeros)):
            self._younger[start : start + len(self._zeros)] = self._zeros

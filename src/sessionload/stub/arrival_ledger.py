"""Counts what arrived at the stub, before any fault is applied.

Each load session start that was received completely is counted once, and so is the number in its user ID: the
last run of decimal digits. Small numbers take one byte each, larger ones a place in a bounded set. Preflights
and interact turns are no load and are not counted as such.
"""

from __future__ import annotations

_DIGITS = b"0123456789"
_NO_DIGITS = bytes(sorted(set(range(256)) - set(_DIGITS)))
_MAX_DIGITS = 18
"""The numbers of longer runs are not kept: one of 5,000 digits is more than Python converts."""
_SMALL = 1 << 25
_REPEATED = 20


def number_in(user: bytes) -> int | None:
    """Return the last run of decimal digits of a user ID as a number.

    `None` when there is no digit, or when the number has more than 18 digits, zeros before it not counted.
    """
    tail = user.rstrip(_NO_DIGITS)
    digits = tail[len(tail.rstrip(_DIGITS)) :]
    if len(digits) > _MAX_DIGITS:
        digits = digits.lstrip(b"0") or b"0"
    return int(digits) if 0 < len(digits) <= _MAX_DIGITS else None


class ArrivalLedger:
    """Counts of what arrived. In bounded memory: numbers below 2^25 are remembered, and `large` others."""

    def __init__(self, large: int = 1_000_000) -> None:
        self.arrivals = 0
        self.preflights = 0
        self.unauthorized = 0
        self.connections = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self._without_number = 0
        self._numbers = 0
        self._unremembered = 0
        self._highest = -1
        self._repeated: list[int] = []
        self._seen = bytearray(1 << 16)
        self._large: set[int] = set()
        self._room = large

    def arrive(self, user: bytes) -> int:
        """Count one load session start and return its ordinal, from 1."""
        self.arrivals += 1
        self.in_flight += 1
        if self.in_flight > self.max_in_flight:  # noqa: PLR1730 - a branch costs less than a call of max
            self.max_in_flight = self.in_flight
        number = number_in(user)
        if number is None:
            self._without_number += 1
        elif number >= _SMALL:
            self._count_large(number)
        else:
            self._count_small(number)
        return self.arrivals

    def _count_small(self, number: int) -> None:
        if number >= len(self._seen):
            self._seen.extend(bytes(max(len(self._seen), number + 1 - len(self._seen))))
        if self._seen[number]:
            self._repeat(number)
        else:
            self._seen[number] = 1
            self._first(number)

    def _count_large(self, number: int) -> None:
        if number in self._large:
            self._repeat(number)
        elif len(self._large) < self._room:
            self._large.add(number)
            self._first(number)
        else:
            self._unremembered += 1

    def _first(self, number: int) -> None:
        self._numbers += 1
        if number > self._highest:  # noqa: PLR1730 - as above
            self._highest = number

    def _repeat(self, number: int) -> None:
        if len(self._repeated) < _REPEATED:
            self._repeated.append(number)

    def page(self, *, live_sessions: int, turns: int = 0, unauthorized_turns: int = 0) -> dict[str, object]:
        """Return the ledger as it is served.

        `arrivals` load session starts carried `numbers` different numbers; `repeated` are the first 20 that
        came again; `missing_below` numbers from 0 to the highest never came. `connections` carried at
        least one load session start. `unremembered` arrivals came when the memory for numbers was full.
        """
        return {
            "arrivals": self.arrivals,
            "numbers": self._numbers,
            "repeated": self._repeated,
            "without_number": self._without_number,
            "unremembered": self._unremembered,
            "missing_below": self._highest + 1 - self._numbers,
            "connections": self.connections,
            "preflights": self.preflights,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "unauthorized": self.unauthorized + unauthorized_turns,
            "turns": turns,
            "live_sessions": live_sessions,
        }

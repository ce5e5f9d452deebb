"""Which of the arrivals that end one after the other are kept; see `named_arrivals`.

Most arrivals cost one comparison here: with the slowest that are kept so far. What is kept goes out with
each delta, once; what others have pushed out again by then does not go.
"""

from __future__ import annotations

from heapq import heappush, heapreplace
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import ANSWERED
from sessionload.metrics.named_arrivals import MOST_CAUSES, MOST_OF_A_CAUSE, MOST_SLOWEST, NamedArrival

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.exchange import Exchange

_Place = tuple[int, int]
"""Where an arrival stands among others: the one with the smallest place goes first."""


class NamedRecorder:
    """Keeps arrivals of one worker over its whole run."""

    def __init__(self) -> None:
        self._least_ns = 0
        """What is faster is none of the slowest."""
        self._slowest: list[_Place] = []
        self._failed: dict[str, list[_Place]] = {}
        self._new: dict[int, NamedArrival] = {}

    def record(self, exchanges: Iterable[Exchange]) -> None:
        """Look at exchanges that have ended, each once."""
        least_ns = self._least_ns
        for exchange in exchanges:
            if exchange.done_ns - exchange.due_ns >= least_ns or exchange.failure is not None:
                self._look(exchange)

    def repeat(self, exchange: Exchange) -> None:
        """Look again at an exchange that was recorded as valid, and was not: another had its key before."""
        kept = (exchange.done_ns - exchange.due_ns, -exchange.index) in self._slowest
        if kept | self._is_first(exchange):
            self._new[exchange.index] = NamedArrival.of(exchange)

    def take(self) -> list[NamedArrival]:
        """Return what is kept and was not returned before."""
        new, self._new = self._new, {}
        return [arrival for arrival in new.values() if self._is_kept(arrival)]

    def _look(self, exchange: Exchange) -> None:
        number, kept = exchange.index, False
        if exchange.outcome in ANSWERED:
            kept = _push(self._slowest, (exchange.done_ns - exchange.due_ns, -number), MOST_SLOWEST)
            if len(self._slowest) == MOST_SLOWEST:
                self._least_ns = self._slowest[0][0]
        if kept | self._is_first(exchange):
            self._new[number] = NamedArrival.of(exchange)

    def _is_first(self, exchange: Exchange) -> bool:
        """Take an exchange among the first of its cause; return whether it is one."""
        failure = exchange.failure
        if failure is None or not self._has_room(failure.cause):
            return False
        first = self._failed.setdefault(failure.cause, [])
        return _push(first, (-exchange.due_ns, -exchange.index), MOST_OF_A_CAUSE)

    def _has_room(self, cause: str) -> bool:
        """Return whether arrivals of a cause are kept, and let another cause go for it."""
        if cause in self._failed or len(self._failed) < MOST_CAUSES:
            return True
        last = max(self._failed)
        if cause > last:
            return False
        del self._failed[last]
        return True

    def _is_kept(self, arrival: NamedArrival) -> bool:
        first = self._failed.get(arrival.cause or "")
        if first and (-arrival.due_ns, -arrival.number) >= first[0]:
            return True
        return arrival.outcome in ANSWERED and (arrival.response_ns, -arrival.number) >= self._slowest[0]


def _push(kept: list[_Place], place: _Place, most: int) -> bool:
    """Take a place among at most so many, in that of the smallest; return whether it was taken."""
    if len(kept) < most:
        heappush(kept, place)
    elif place > kept[0]:
        heapreplace(kept, place)
    else:
        return False
    return True

"""Arrivals that are kept one by one: the slowest, and the first of each cause of failure.

A percentile says how long, and these say who: with its number, user and trace, an arrival is found again in
the server's log. Both sets are bounded and follow from all arrivals by a total order, so that they are the
same for any number of workers, added up in any order. The slowest are those of whatever got an answer; of a
timeout there is nothing slower to say, and it is kept under its cause.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from msgspec.structs import replace

from sessionload.metrics.bounds import Count, PositiveCount, Status, Text
from sessionload.metrics.exchange import ANSWERED, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.exchange import Exchange

MOST_SLOWEST = 100
MOST_OF_A_CAUSE = 20
MOST_CAUSES = 200
"""Of so many causes arrivals are kept: the first in the alphabet, so that order does not matter."""

MOST_NAMED = MOST_SLOWEST + MOST_CAUSES * MOST_OF_A_CAUSE


class NamedArrival(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An arrival that is kept. Instants are nanoseconds since the start of the schedule."""

    number: Count
    due_ns: Count
    sent_ns: Count
    done_ns: Count
    outcome: Outcome
    new_connection: bool
    """Whether a connection was opened for it, or tried to be."""
    status: Status | None = None
    cause: Text | None = None
    user_id: str | None = None
    """Where the IDs follow from a pattern. Those of a file belong to people and are not kept."""
    user_row: PositiveCount | None = None
    """Which ID of the file it was, from 1."""
    trace: Text | None = None
    """What it was called in the headers that it was sent with."""

    @classmethod
    def of(cls, exchange: Exchange) -> NamedArrival:
        """Return what is known of an exchange that has ended."""
        return cls(
            number=exchange.index,
            due_ns=exchange.due_ns,
            sent_ns=exchange.sent_ns,
            done_ns=exchange.done_ns,
            outcome=exchange.outcome,
            new_connection=exchange.connect_ns is not None,
            status=exchange.status,
            cause=exchange.failure.cause if exchange.failure is not None else None,
        )

    def called(self, *, user_id: str | None, user_row: int | None, trace: str | None) -> Self:
        """Return it with who it was and which trace it had."""
        return replace(self, user_id=user_id, user_row=user_row, trace=trace)

    @property
    def response_ns(self) -> int:
        """How long after it was due it was done."""
        return self.done_ns - self.due_ns

    @property
    def service_ns(self) -> int:
        """How long after it was sent it was done."""
        return self.done_ns - self.sent_ns


class NamedArrivals:
    """The arrivals that are kept of those that were added, each once."""

    def __init__(self, arrivals: Iterable[NamedArrival] = ()) -> None:
        self.slowest: list[NamedArrival] = []
        """The slowest first."""
        self.failed: dict[str, list[NamedArrival]] = {}
        """By cause, the first to be due first."""
        for arrival in arrivals:
            self.add(arrival)

    def add(self, arrival: NamedArrival) -> None:
        """Keep an arrival where it is one of the slowest or of the first.

        One that has failed takes the place of itself as it was before that was known.
        """
        if arrival.outcome in ANSWERED:
            place = bisect_left(self.slowest, _slowness(arrival), key=_slowness)
            known = self.slowest[place : place + 1]
            if not known or _slowness(known[0]) != _slowness(arrival):
                self.slowest.insert(place, arrival)
            elif arrival.cause is not None:
                self.slowest[place] = arrival
            del self.slowest[MOST_SLOWEST:]
        if arrival.cause is not None:
            first = self.failed.setdefault(arrival.cause, [])
            insort(first, arrival, key=_turn)
            del first[MOST_OF_A_CAUSE:]
            if len(self.failed) > MOST_CAUSES:
                del self.failed[max(self.failed)]

    def all(self) -> list[NamedArrival]:
        """Return all that are kept, each once, in the order in which they were due."""
        kept = dict.fromkeys(self.slowest)
        for first in self.failed.values():
            kept |= dict.fromkeys(first)
        return sorted(kept, key=_turn)

    def __iadd__(self, other: Self) -> Self:
        for arrival in other.all():
            self.add(arrival)
        return self

    def __bool__(self) -> bool:
        return bool(self.slowest or self.failed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedArrivals) and self.all() == other.all()

    __hash__ = None  # type: ignore[assignment]  # it can be added to


def _slowness(arrival: NamedArrival) -> tuple[int, int, int, str]:
    return -arrival.response_ns, arrival.number, arrival.sent_ns, arrival.trace or ""


def _turn(arrival: NamedArrival) -> tuple[int, int, int, int, str]:
    return arrival.due_ns, arrival.number, arrival.sent_ns, arrival.done_ns, arrival.trace or ""

"""The deals of one run: from which arrival on who performs what.

Deals follow each other: none begins before the one before it, so no arrival has two owners, even when a
worker is lost a moment after another has joined. A worker may not know of a deal yet when it begins: whoever
deals sees to it that it may not send then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.workload.deal import Part, deal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.workload.schedule import Schedule


class Dealt(NamedTuple):
    """A deal: the part of each worker, and from when on it holds (nanoseconds of the schedule)."""

    number: int
    at_ns: int
    first: int
    parts: dict[int, Part]


class Dealer:
    """Deals the arrivals of a schedule, again and again."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._at_ns = 0
        self.deals = 0
        """How many deals there were; they are numbered from 1."""
        self._known: set[int] = set()
        """Everybody who was ever dealt something."""

    def first_at(self, at_ns: int) -> int:
        """Return the first arrival of a deal at an instant."""
        return self._schedule.index_at(max(at_ns, self._at_ns))

    def deal(self, at_ns: int, present: Sequence[int]) -> Dealt:
        """Deal what is due from `at_ns` on, or from the last deal on if that is later, to those present.

        Workers who were dealt something before and are not present get nothing from there on.
        """
        self._at_ns = max(at_ns, self._at_ns)
        first = self.first_at(at_ns)
        absent = self._known.difference(present)
        self._known.update(present)
        self.deals += 1
        return Dealt(self.deals, self._at_ns, first, deal(present, sorted(absent), first))

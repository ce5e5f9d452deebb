"""What was measured of a run that ended before its plan: until when, and the slices until then.

A run that is stopped at 12.3 s has measured nothing of what was due later. Figures are over what was due
before: all of it was handed over, so what still waited, and what was cut, ranks last like anything else
without a session. Where answers were not waited for, because exchanges were cut or a worker ended without a
last delta, the last second before that says nothing about the server, and whole seconds are left out. The cut
never depends on how the server answered, or a stall just before the end would be hidden.

The accounting is over the whole run, with what was not due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.slices import Slice
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.metrics.run_totals import RunTotals
_Place = tuple[int, int]


def measured_until_ns(totals: RunTotals) -> int | None:
    """Return until when a run that ended early was measured; `None` if that is its plan.

    Nanoseconds since the start of the schedule.
    """
    if not totals.latest:
        return None if totals.sent else 0
    until_ns = totals.stopped_ns()
    complete = totals.complete()
    if not complete or totals.outcomes[Outcome.ABORTED]:
        settled_ns = 0 if complete else totals.settled_ns  # what was cut counts as ended there
        waited_for_ns = max(totals.watched_ns() - NS, settled_ns) // NS * NS
        until_ns = waited_for_ns if until_ns is None else min(until_ns, waited_for_ns)
    return until_ns


def measured_slices(slices: Mapping[_Place, Slice], until_s: float | None) -> Mapping[_Place, Slice]:
    """Return slices without what was due after the first `until_s` seconds; `None` is no end."""
    return slices if until_s is None else _SlicesUntil(slices, until_s)


def until_text(until_s: float | None) -> str:
    """Return until when there are figures: `measured until 12.3 s`; empty if over the whole plan."""
    if until_s is None:
        return ""
    return f"measured until {duration_text(round(until_s * NS))}" if until_s else "nothing was measured"


class _SlicesUntil(Mapping[_Place, Slice]):
    """The slices that began before an instant, without the arrivals that were not due. To be read only.

    A slice is looked up when it is asked for: those of a long run are in a file.
    """

    def __init__(self, slices: Mapping[_Place, Slice], until_s: float) -> None:
        self._slices = slices
        self._places = dict.fromkeys(place for place in slices if place[1] < until_s)

    def __getitem__(self, place: _Place) -> Slice:
        if place not in self._places:
            raise KeyError(place)
        part = self._slices[place]
        return part.without_what_was_not_due() if part.not_due else part

    def __iter__(self) -> Iterator[_Place]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

"""What happened to the n-th turns that were due in one second, of the arrivals of one stage.

The stage is that of the arrival, not of the second: a conversation may outlast its stage, and the schedule.
The second is rounded down to a multiple of a step, which is one second for runs of up to a quarter of an
hour, so that the slices of a day's run are no more than that. Slices add.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from sessionload.metrics.bounds import Count, Status
from sessionload.metrics.histogram import EMPTY, Histogram
from sessionload.metrics.turn_exchange import TurnOutcome

TURN_HISTOGRAMS = ("valid", "refused", "served", "lag", "first_event", "end_event")
"""What a slice holds durations in."""
TURN_VIEWS = ("response", "answered", "service", "lag", "first_event", "end_event")
"""What people look at: see the properties of a slice."""
MOST_STEPS = 900
"""A schedule has about so many steps at most."""
Place = tuple[int, int, int]
"""Stage, second, and the number of the turn from 1."""


def step_of(seconds: int) -> int:
    """Return the step of the seconds of slices, for a schedule of so many seconds."""
    return max(1, -(-seconds // MOST_STEPS))


class TurnSlice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Counts and durations of turns."""

    outcomes: dict[TurnOutcome, Count] = {}
    statuses: dict[Status, Count] = {}
    unsent: Count = 0
    """Turns that were never sent: too many conversations were open, or the run was ended before them."""
    skipped: Count = 0
    """Turns that never became due, because their conversation had ended."""
    valid: Histogram = EMPTY
    """Response times of turns that ended well."""
    refused: Histogram = EMPTY
    """Response times of turns that got any other answer."""
    served: Histogram = EMPTY
    """Service times of everything that got an answer."""
    lag: Histogram = EMPTY
    """How late the generator sent them."""
    first_event: Histogram = EMPTY
    """Of turns that ended well: from due to the first `trace` of their stream."""
    end_event: Histogram = EMPTY
    """The same to the `end` of their stream."""

    @property
    def sent(self) -> int:
        """How many were sent and are done."""
        return sum(self.outcomes.values())

    @property
    def due(self) -> int:
        """How many became due: sent or unsent."""
        return self.sent + self.unsent

    @property
    def accounted(self) -> int:
        """How many turns of conversations there is an account of."""
        return self.due + self.skipped

    @property
    def errors(self) -> int:
        """How many that became due did not end well."""
        return self.due - self.outcomes.get(TurnOutcome.OK, 0)

    @property
    def response(self) -> Histogram:
        """Response times of all turns that became due; those that did not end well rank last."""
        return self.valid.with_never(self.errors)

    @property
    def answered(self) -> Histogram:
        """Response times of whatever got an answer."""
        return self.valid + self.refused

    @property
    def service(self) -> Histogram:
        """Service times of whatever got an answer."""
        return self.served

    def check(self) -> None:
        """Raise `ValueError` if the parts of a slice that was read contradict each other."""
        for name in TURN_HISTOGRAMS:
            getattr(self, name).check()

    def __add__(self, other: TurnSlice) -> TurnSlice:
        return TurnSlice(
            Counter(self.outcomes) + Counter(other.outcomes),
            Counter(self.statuses) + Counter(other.statuses),
            self.unsent + other.unsent,
            self.skipped + other.skipped,
            **{name: getattr(self, name) + getattr(other, name) for name in TURN_HISTOGRAMS},
        )

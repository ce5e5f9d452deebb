"""What happened to the arrivals that were due in one second of one stage.

A slice is cut by *due* time, so that a stall is charged to the second that suffered it. Three histograms are
recorded for an ordinary arrival (response, service, lag); every other view is a sum of those and of the rare
ones. `response` covers all arrivals of the slice, those without a valid session ranked last, while `answered`
covers those that got any answer. A slice never changes; `SliceRecorder` is what counts.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from sessionload.metrics.bounds import Count, Status
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram import EMPTY, Histogram

HISTOGRAMS = (
    "valid",
    "refused",
    "served",
    "unqueued_lag",
    "queued_lag",
    "queued_lateness",
    "connect",
    "tls",
    "gave_up_lag",
    "first_byte",
)
"""What a slice holds durations in."""


class Slice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Counts and durations of the arrivals due in a slice. Slices add."""

    outcomes: dict[Outcome, Count] = {}
    statuses: dict[Status, Count] = {}
    unsent: Count = 0
    valid: Histogram = EMPTY
    """Response times of arrivals that ended with a valid session."""
    refused: Histogram = EMPTY
    """Response times of arrivals that got any other answer."""
    served: Histogram = EMPTY
    """Service times of everything that got an answer."""
    unqueued_lag: Histogram = EMPTY
    """Lag, which is also the lateness, of arrivals that found a free user."""
    queued_lag: Histogram = EMPTY
    queued_lateness: Histogram = EMPTY
    connect: Histogram = EMPTY
    """How long connections took to open, where one was opened: a part of the service time."""
    tls: Histogram = EMPTY
    """How long handshakes took: another part of it."""
    lost: Count = 0
    """Arrivals of which nobody knows what became of them; known when the run has ended."""
    gave_up_lag: Histogram = EMPTY
    """Lag of those of the `unsent` that gave up because they had waited too long."""
    not_due: Count = 0
    """Those of `unsent` that were not due yet when the run was stopped."""
    first_byte: Histogram = EMPTY
    """From sent to the first byte of everything that got an answer."""

    @property
    def sent(self) -> int:
        """How many were sent and are done."""
        return sum(self.outcomes.values())

    @property
    def accounted(self) -> int:
        """How many arrivals of the slice there is an account of: sent and done, unsent, or lost."""
        return self.sent + self.unsent + self.lost

    @property
    def gave_up(self) -> int:
        """How many of the unsent had waited too long."""
        return 0 if self.gave_up_lag is EMPTY else self.gave_up_lag.ended

    @property
    def errors(self) -> int:
        """How many arrivals did not end with a valid session, the unsent and lost ones included."""
        return self.accounted - self.outcomes.get(Outcome.OK, 0)

    @property
    def response(self) -> Histogram:
        """Response times of all arrivals; those without a valid session rank last."""
        return self.valid.with_never(self.errors)

    @property
    def answered(self) -> Histogram:
        """Response times of whatever got an answer: the conventional view."""
        return self.valid + self.refused

    @property
    def service(self) -> Histogram:
        """Service times of whatever got an answer."""
        return self.served

    @property
    def lag(self) -> Histogram:
        """How late the generator itself was, with all that were sent or gave up."""
        return self.sent_lag + self.gave_up_lag

    @property
    def sent_lag(self) -> Histogram:
        """How late the generator itself was with what it sent."""
        return self.unqueued_lag + self.queued_lag

    @property
    def lateness(self) -> Histogram:
        """How late arrivals were sent: lag and queueing together."""
        return self.unqueued_lag + self.queued_lateness

    def check(self) -> None:
        """Raise `ValueError` if the parts of a slice that was read contradict each other."""
        for name in HISTOGRAMS:
            histogram: Histogram = getattr(self, name)
            if histogram is not EMPTY:
                histogram.check()
        if self.gave_up > self.unsent:
            raise ValueError("more gave up than were not sent")
        if self.not_due > self.unsent:
            raise ValueError("more arrivals were not due than were not sent")

    def without_what_was_not_due(self) -> Slice:
        """Return the arrivals that were due by the time when the run was stopped."""
        return replace(self, unsent=self.unsent - self.not_due, not_due=0)

    def __add__(self, other: Slice) -> Slice:
        return Slice(
            Counter(self.outcomes) + Counter(other.outcomes),
            Counter(self.statuses) + Counter(other.statuses),
            self.unsent + other.unsent,
            **{name: getattr(self, name) + getattr(other, name) for name in HISTOGRAMS},
            lost=self.lost + other.lost,
            not_due=self.not_due + other.not_due,
        )

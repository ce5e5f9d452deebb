"""What happened to the arrivals that were due in one second of one stage.

Law: a slice is cut by *due* time, so that a stall is charged to the second that suffered it. Idea:
three histograms are recorded for an ordinary arrival (response, service, lag); every other view
is a sum of those and of the rare ones. Trap: `response` covers all arrivals of the slice, those
without a valid session ranked last, while `answered` covers those that got any answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from sessionload.metrics.exchange import ANSWERED, Exchange, Outcome
from sessionload.metrics.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

HISTOGRAMS = ("valid", "refused", "served", "unqueued_lag", "queued_lag", "queued_lateness", "connect", "tls")
"""What a slice records durations in."""


@dataclass(slots=True)
class Slice:
    """Counts and durations of the arrivals due in a slice. Slices add."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    unsent: int = 0
    valid: Histogram = field(default_factory=Histogram)
    """Response times of arrivals that ended with a valid session."""
    refused: Histogram = field(default_factory=Histogram)
    """Response times of arrivals that got any other answer."""
    served: Histogram = field(default_factory=Histogram)
    """Service times of everything that got an answer."""
    unqueued_lag: Histogram = field(default_factory=Histogram)
    """Lag, which is also the lateness, of arrivals that found a free user."""
    queued_lag: Histogram = field(default_factory=Histogram)
    queued_lateness: Histogram = field(default_factory=Histogram)
    connect: Histogram = field(default_factory=Histogram)
    """How long connections took to open, where one was opened: a part of the service time."""
    tls: Histogram = field(default_factory=Histogram)
    """How long handshakes took: another part of it."""

    def record(self, *exchanges: Exchange) -> None:
        """Count arrivals that were sent and are done."""
        # The properties of an exchange, written out, and a list at a time: this runs for every arrival.
        good = [one for one in exchanges if one.outcome is Outcome.OK]
        self._count_outcomes(Outcome.OK, len(good))
        self._record_answers(self.valid, good)
        if len(good) < len(exchanges):
            others = [one for one in exchanges if one.outcome is not Outcome.OK]
            for one in others:
                self._count_outcomes(one.outcome, 1)
            self._record_answers(self.refused, [one for one in others if one.outcome in ANSWERED])
        for status, count in Counter([one.status for one in exchanges]).items():
            if status is not None:
                self.statuses[status] = self.statuses.get(status, 0) + count
        self.unqueued_lag.record(*[one.sent_ns - one.due_ns for one in exchanges if not one.queued_ns])
        queued = [one for one in exchanges if one.queued_ns]
        if queued:
            self.queued_lag.record(*[one.sent_ns - one.due_ns - one.queued_ns for one in queued])
            self.queued_lateness.record(*[one.sent_ns - one.due_ns for one in queued])
        opened = [one for one in exchanges if one.connect_ns is not None or one.tls_ns is not None]
        if opened:
            self.connect.record(*[one.connect_ns for one in opened if one.connect_ns is not None])
            self.tls.record(*[one.tls_ns for one in opened if one.tls_ns is not None])

    def _count_outcomes(self, outcome: Outcome, count: int) -> None:
        if count:
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    def _record_answers(self, responses: Histogram, exchanges: list[Exchange]) -> None:
        responses.record(*[one.done_ns - one.due_ns for one in exchanges])
        self.served.record(*[one.done_ns - one.sent_ns for one in exchanges])

    @property
    def sent(self) -> int:
        """How many were sent and are done."""
        return sum(self.outcomes.values())

    @property
    def accounted(self) -> int:
        """How many arrivals of the slice are accounted for: sent and done, or unsent."""
        return self.sent + self.unsent

    @property
    def errors(self) -> int:
        """How many arrivals did not end with a valid session, the unsent ones included."""
        return self.accounted - self.outcomes.get(Outcome.OK, 0)

    @property
    def response(self) -> Histogram:
        """Response times of all arrivals; those without a valid session rank last."""
        view = self.valid.copy()
        view.never = self.errors
        return view

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
        """How late the generator was by its own guilt."""
        return self.unqueued_lag + self.queued_lag

    @property
    def lateness(self) -> Histogram:
        """How late arrivals were sent: lag and queueing together."""
        return self.unqueued_lag + self.queued_lateness

    def __iadd__(self, other: Self) -> Self:
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        self.unsent += other.unsent
        for name in HISTOGRAMS:
            histogram: Histogram = getattr(self, name)
            histogram += getattr(other, name)
        return self

    def pack(self) -> None:
        """Keep the counts in little memory until they are asked for."""
        for name in HISTOGRAMS:
            getattr(self, name).pack()

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """Return a JSON object; empty histograms are left out, and the others may be told `raw`."""
        return {
            "outcomes": {outcome.value: count for outcome, count in sorted(self.outcomes.items())},
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "unsent": self.unsent,
            **{name: getattr(self, name).to_json(raw=raw) for name in HISTOGRAMS if getattr(self, name)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            outcomes={Outcome(name): count for name, count in data["outcomes"].items()},
            statuses={int(status): count for status, count in data["statuses"].items()},
            unsent=data["unsent"],
            **{name: Histogram.from_json(data[name]) for name in HISTOGRAMS if name in data},
        )

"""What a generator has measured since it last said so, and the sum of what all of them said.

Law: a delta is counted once, however often it is told. Idea: each carries its worker and a number;
the totals remembers the highest. Trap: deltas of one worker come in order, so a gap in the numbers
is a loss that must be seen, not papered over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from sessionload.metrics.measurement import Measurement
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Delta:
    """A worker's measurement since its delta before this one, and its state at `elapsed_ns`."""

    worker: int
    number: int
    elapsed_ns: int
    """Since the start of the schedule."""
    in_flight: int
    users: int
    waiting: int
    """Arrivals in the backlog."""
    settled_ns: int
    """Every arrival of this worker due before this instant has ended."""
    measurement: Measurement
    last: bool = False
    """Whether the drain is over and everything is accounted for."""

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """Return a JSON object; `raw` takes little time and much room (see `packing`)."""
        return {
            "worker": self.worker,
            "number": self.number,
            "elapsed_ns": self.elapsed_ns,
            "in_flight": self.in_flight,
            "users": self.users,
            "waiting": self.waiting,
            "settled_ns": self.settled_ns,
            "last": self.last,
            "measurement": self.measurement.to_json(raw=raw),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**{**data, "measurement": Measurement.from_json(data["measurement"])})


@dataclass(slots=True)
class RunTotals:
    """The sum of the deltas of all workers."""

    measurement: Measurement = field(default_factory=Measurement)
    latest: dict[int, Delta] = field(default_factory=dict)
    """The newest delta of each worker."""
    gaps: int = 0
    """How many deltas are missing between those that came."""

    def add(self, delta: Delta) -> None:
        """Count a delta, once."""
        known = self.latest.get(delta.worker)
        expected = known.number + 1 if known else 0
        if delta.number < expected:
            return
        self.gaps += delta.number - expected
        self.latest[delta.worker] = delta
        self.measurement += delta.measurement
        settled = self.settled_ns // NS
        for stage, second in delta.measurement.slices:
            if second < settled:
                self.measurement.slices[stage, second].pack()

    def complete(self, workers: int = 1) -> bool:
        """Tell whether each of `workers` generators has said its last word, and no word is missing."""
        return not self.gaps and sum(delta.last for delta in self.latest.values()) == workers

    @property
    def settled_ns(self) -> int:
        """Every arrival due before this instant has ended, as far as the workers have told."""
        return min((delta.settled_ns for delta in self.latest.values()), default=0)

    @property
    def elapsed_ns(self) -> int:
        """The latest instant that any worker has told of."""
        return max((delta.elapsed_ns for delta in self.latest.values()), default=0)

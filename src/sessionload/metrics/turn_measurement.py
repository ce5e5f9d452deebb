"""All that a run, or a worker's part of it, measured of turns, as one value with `+=`.

Like a measurement of session starts it adds in any order. How many conversations are open at once follows
from how many were opened and closed in each second, so it adds exactly over workers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from sessionload.metrics.bounds import Count
from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.turn_exchange import TurnOutcome  # noqa: TC001 - read at run time

if TYPE_CHECKING:
    from sessionload.metrics.turn_slices import Place, TurnSlice


class TurnFinding(Finding, frozen=True, forbid_unknown_fields=True):
    """Equal faults of turns; `turn` is the number of the first one in its conversation."""

    outcome: TurnOutcome  # type: ignore[assignment]  # another closed set
    turn: Count


class TurnCounts(Struct, forbid_unknown_fields=True):
    """Counts of conversations, and of turns beside the script."""

    conversations: Count = 0
    """Sessions that were to take turns."""
    keyless: Count = 0
    """Arrivals that were to take turns and brought no session key."""
    sent: Count = 0
    """Turns of the script, counted when they are sent, apart from their outcomes."""
    earlier_keys_tried: Count = 0
    """Turns with a key that a later start of its user has ended, beside the script."""
    earlier_keys_accepted: Count = 0
    """Those that were not refused."""
    connections_opened: Count = 0
    """Connections that were opened for turns."""

    def __iadd__(self, other: Self) -> Self:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(slots=True)
class TurnFlow:
    """How many conversations began and ended in one second of the run."""

    opened: int = 0
    closed: int = 0


@dataclass(slots=True)
class TurnMeasurement:
    """Slices by stage, second and turn; conversations by second; findings by cause."""

    slices: dict[Place, TurnSlice] = field(default_factory=dict)
    flow: dict[int, TurnFlow] = field(default_factory=dict)
    findings: Findings[TurnFinding] = field(default_factory=Findings)
    counts: TurnCounts = field(default_factory=TurnCounts)

    def __iadd__(self, other: Self) -> Self:
        for place, part in other.slices.items():
            known = self.slices.get(place)
            self.slices[place] = part if known is None else known + part
        for second, flow in other.flow.items():
            here = self.flow.setdefault(second, TurnFlow())
            here.opened += flow.opened
            here.closed += flow.closed
        for finding in other.findings.values():
            self.findings.add(finding)
        self.counts += other.counts
        return self

    def open_by_second(self) -> dict[int, int]:
        """Return how many conversations are open at the end of each second, from the first to the last."""
        if not self.flow:
            return {}
        levels, level = {}, 0
        for second in range(min(self.flow), max(self.flow) + 1):
            flow = self.flow.get(second)
            level += flow.opened - flow.closed if flow else 0
            levels[second] = level
        return levels

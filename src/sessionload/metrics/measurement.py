"""All that a run, a second of it, or a worker's part of it measured, as one value with `+`.

Measurements add; adding is associative and commutative, and the empty one is zero, so seconds and workers can
be summed in any order. Everything is kept by stage and second of *due* time, and every total is a sum over
the slices asked for. A measurement can be counted twice, so deltas are numbered where they travel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.named_arrivals import NamedArrivals

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from sessionload.metrics.slices import Slice
    from sessionload.metrics.turn_measurement import TurnMeasurement


@dataclass(slots=True)
class Flow:
    """How many exchanges began and ended in one second of the run, whenever they were due."""

    sent: int = 0
    done: int = 0


@dataclass(slots=True)
class Measurement:
    """Slices by (stage, second), traffic by second, findings by cause, and the generator's own state."""

    slices: MutableMapping[tuple[int, int], Slice] = field(default_factory=dict)
    flow: dict[int, Flow] = field(default_factory=dict)
    findings: Findings[Finding] = field(default_factory=Findings)
    generator: GeneratorHealth = field(default_factory=GeneratorHealth)
    sent: int = 0
    """Counted when an exchange begins, apart from the outcomes, so that the two can be compared."""
    named: NamedArrivals = field(default_factory=NamedArrivals)
    """Arrivals that are kept one by one."""
    turns: TurnMeasurement | None = None
    """What was measured of turns, in a run that takes some."""
    backlog: dict[int, int] = field(default_factory=dict)
    """How many arrivals waited to be sent at most, by second of the run; of several workers, the sum of their
    most. Seconds in which none waited are left out."""

    def add_slices(self, slices: Iterable[tuple[tuple[int, int], Slice]]) -> None:
        """Add slices by (stage, second)."""
        for place, part in slices:
            known = self.slices.get(place)
            self.slices[place] = part if known is None else known + part

    def add_all_but_slices(self, other: Measurement) -> None:
        """Add the traffic, the findings and the generator's state of another measurement."""
        for second, flow in other.flow.items():
            traffic = self.flow.setdefault(second, Flow())
            traffic.sent += flow.sent
            traffic.done += flow.done
        for second, waiting in other.backlog.items():
            self.backlog[second] = self.backlog.get(second, 0) + waiting
        for finding in other.findings.values():
            self.findings.add(finding)
        self.generator += other.generator
        self.sent += other.sent
        self.named += other.named
        if other.turns is not None:
            if self.turns is None:
                self.turns = type(other.turns)()
            self.turns += other.turns

    def __iadd__(self, other: Measurement) -> Self:
        self.add_slices(other.slices.items())
        self.add_all_but_slices(other)
        return self

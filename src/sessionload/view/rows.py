"""The rows that every view lays out: each number once as text and once raw.

Law: a view formats nothing; what two views show for one fact is the same string. Idea: plain frozen
values, made by `figures.prepare` and by nothing else. Trap: text is already safe to show anywhere
(see `plain`), yet still has to be escaped for the format it goes into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sessionload.judge.verdict import State
    from sessionload.view.spectrum import Spectrum
    from sessionload.view.timeline import Point, Span

LATENCY_COLUMNS = ("count", "p50", "p90", "p95", "p99", "p99.9", "max")
"""What the cells of a latency row are."""


class Quantity(NamedTuple):
    """A number: for people, and as it is. Durations are raw in milliseconds; `None` is never or nothing."""

    text: str
    raw: float | None


class Fact(NamedTuple):
    """A label and what it says."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target and how it was judged."""

    expr: str
    state: State
    measured: str
    bound: str
    margin: str
    samples: Quantity
    note: str
    bound_ns: int | None
    """The bound of a target on response percentiles over the whole run, to be drawn; else `None`."""
    percentile: str
    """`p95`, where `bound_ns` is given; else empty."""


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """Durations of one kind over the measured stages. `cells` are the `LATENCY_COLUMNS`."""

    name: str
    meaning: str
    cells: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of the schedule and what came of the arrivals due in it."""

    name: str
    load: str
    duration: str
    warmup: bool
    arrivals: Quantity
    p50: Quantity
    p95: Quantity
    p99: Quantity


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many arrivals of the run, and of its measured stages, ended in one way."""

    name: str
    meaning: str
    every: Quantity
    share: str
    """Of all that were sent."""
    measured: Quantity


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Equal faults. `example` is masked where it was found, and chosen by a server: trust nothing in it."""

    cause: str
    outcome: str
    message: str
    example: str
    count: Quantity
    seen: str
    """When it was first and last seen, as a sentence without an end."""

    @property
    def times(self) -> str:
        """How often it was seen: `3 times`."""
        return "once" if self.count.raw == 1 else f"{self.count.text} times"


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a view can show of a result."""

    title: str
    word: str
    sentence: str
    state: State
    run_id: str
    started: str
    seconds: float
    version: str
    identity: str
    closes: bool
    targets: tuple[TargetRow, ...]
    reasons: tuple[str, ...]
    glance: tuple[Fact, ...]
    latency: tuple[LatencyRow, ...]
    stages: tuple[StageRow, ...]
    outcomes: tuple[CountRow, ...]
    statuses: tuple[CountRow, ...]
    findings: tuple[FindingRow, ...]
    generator: tuple[Fact, ...]
    ran: tuple[Fact, ...]
    spans: tuple[Span, ...]
    seconds_of_run: tuple[Point, ...]
    """One for each second."""
    steps_of_run: tuple[Point, ...]
    """The same run in so few steps that a picture can show them."""
    response: Spectrum
    service: Spectrum

    @property
    def headline(self) -> str:
        """The run in one sentence, its verdict first."""
        return f"{self.word}: {self.sentence}"

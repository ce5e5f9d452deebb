"""The rows that every view lays out: each number once as text and once raw.

A view formats nothing, so what two views show for one fact is the same string. The rows are plain frozen
values that `build.py` makes and nothing else. Text in them is safe to show anywhere (see `plain.py`) and
still has to be escaped for the format that it goes into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.report.model.comparison_section import ComparisonSection
    from sessionload.report.model.percentile_spectrum import PercentileSpectrum
    from sessionload.report.model.timeline import ChartStep, Span, TimelineStep
    from sessionload.verdict.verdict import State

LATENCY_COLUMNS = ("count", "p50", "p90", "p95", "p99", "p99.9", "max")
"""What the cells of a latency row are."""

WORKER_COLUMNS = (
    "planned",
    "sent",
    "rate",
    "lag p50",
    "lag p99",
    "lag max",
    "processor",
    "clock within",
    "round trip",
)
"""What the cells of a worker are."""

TURN_COLUMNS = (
    *("due", "failed", "skipped", "p50", "p95", "p99"),
    *("first event p50", "first event p95", "end event p95"),
)
"""What the cells of a turn of the script are."""
TURN_HEADS = tuple(column if column.startswith("p") else column.capitalize() for column in TURN_COLUMNS)
"""The same where the heads of a table begin with a capital letter."""


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
    stages: str
    """`in stage spike`; empty where it is judged over all that are measured."""
    window: str
    """`in each window of 30 s`; empty where it is judged over all at once."""
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

    @property
    def name(self) -> str:
        """The target with all that tells it from others."""
        return " ".join(filter(None, (self.expr, self.stages, self.window)))


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
    errors: str
    """The share of them that had no valid session; a dash where there were none."""
    p50: Quantity
    p95: Quantity
    p99: Quantity


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many arrivals of the run, and of its measured stages, ended in one way."""

    name: str
    meaning: str
    all_stages: Quantity
    measured: Quantity
    share: str
    """That of `measured` in all measured arrivals, or of a status code in those that were answered."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Equal faults. `example` is masked where it was seen; a server chose its text."""

    cause: str
    outcome: str
    message: str
    example: str
    count: Quantity
    seen: str
    """When it was first and last seen, as a sentence without an end."""
    curl: str
    """A line for a shell that sends such a request again; empty where the result lacks what it needs."""

    @property
    def times(self) -> str:
        """How often it was seen: `3 times`."""
        return "once" if self.count.raw == 1 else f"{self.count.text} times"


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """One worker of several. `cells` are the `WORKER_COLUMNS`."""

    name: str
    """`1`: its number."""
    where: str
    cells: tuple[str, ...]
    note: str
    """When it joined or was lost; mostly empty."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How many response times of all stages fell into each band, column by column of the run."""

    columns: tuple[tuple[int, int], ...]
    """For each column its first second, and how many seconds it has."""
    bands: tuple[tuple[int, int], ...]
    """For each band the shortest duration in it and the first that is above it, in nanoseconds; rising."""
    counts: tuple[tuple[int, ...], ...]
    """By column, then by band."""
    never: tuple[int, ...]
    """By column: arrivals without a valid session."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """The seconds of the measured stages in which about as many exchanges were done."""

    low: float
    high: float
    rate: float
    """The mean of these seconds, in exchanges per second."""
    label: str
    seconds: Quantity
    arrivals: Quantity
    """Those due in these seconds; the percentiles are of their response."""
    p50: Quantity
    p95: Quantity
    p99: Quantity


@dataclass(frozen=True, slots=True)
class LatenessGap:
    """A stretch of the run in which the answered p99 is well above the service p99, and why."""

    start_s: int
    length_s: int
    cause: str


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn of the script. `cells` are the `TURN_COLUMNS`."""

    number: str
    """`1`: which turn of a conversation it is."""
    says: str
    cells: tuple[Quantity, ...]
    note: str
    """How those that failed did, as `3 timeout, 1 dead_key`; empty if none did."""


@dataclass(frozen=True, slots=True)
class TurnStep:
    """The turns that were due in a step of the run, and how many conversations were open in it.

    Percentiles are of the first event; `None` where no turn had one.
    """

    start_s: int
    length_s: int
    stage: str
    open: int
    """The most that were open at the end of one of its seconds."""
    due: int
    ok: int
    events: int
    """How many turns had a first event and ended well."""
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None


class TurnSecond(NamedTuple):
    """The turns that were due in a second, or, in a run of more than 15 min, in the few from it on."""

    open: int
    """How many conversations were open at its end."""
    due: int = 0
    ok: int = 0
    p50_ns: int | None = None
    """Of the first event, as in a `TurnStep`."""
    p95_ns: int | None = None


@dataclass(frozen=True, slots=True)
class TurnReport:
    """All that a view can show of turns."""

    identity: str
    """What became of all turns, as equations without a full stop."""
    closes: bool
    facts: tuple[Fact, ...]
    rows: tuple[TurnRow, ...]
    latency: tuple[LatencyRow, ...]
    outcomes: tuple[CountRow, ...]
    measured: str
    """What the shares of `outcomes` are of: `2,700 measured`."""
    steps: tuple[TurnStep, ...]
    """For each step of the charts of session starts."""
    by_second: Mapping[int, TurnSecond]
    """Only seconds in which there was anything."""
    streams: bool
    """Whether answers were streams, which have events."""


@dataclass(frozen=True, slots=True)
class ReportModel:
    """All that a view can show of a result."""

    title: str
    description: str
    """What the scenario says of itself; empty if it says nothing."""
    about: tuple[Fact, ...]
    """Where it was tested, against which contract, by whom."""
    stub_note: str
    """That the server was the embedded stub, as a sentence without an end; empty if it was not."""
    verdict: str
    sentence: str
    state: State
    run_id: str
    started: str
    elapsed_s: float
    version: str
    identity: str
    closes: bool
    targets: tuple[TargetRow, ...]
    reasons: tuple[str, ...]
    glance: tuple[Fact, ...]
    budget: str
    """What of an error budget the run used, as sentences without the last full stop; empty without one."""
    latency: tuple[LatencyRow, ...]
    stages: tuple[StageRow, ...]
    outcomes: tuple[CountRow, ...]
    statuses: tuple[CountRow, ...]
    measured_until: str
    """`measured until 12.3 s`, of a run that ended early; empty of others."""
    measured: str
    """What the shares of `outcomes` are of: `2,300 measured`."""
    answered: str
    """What the shares of `statuses` are of: `2,289 answered`."""
    findings: tuple[FindingRow, ...]
    generator: tuple[Fact, ...]
    workers: tuple[WorkerLine, ...]
    """None in a run by one process."""
    run_facts: tuple[Fact, ...]
    spans: tuple[Span, ...]
    timeline: Sequence[TimelineStep]
    """A step for each second, worked out when asked for."""
    chart_steps: tuple[ChartStep, ...]
    """The same run in so few steps that a chart can show them."""
    heat_map: HeatMap
    by_rate: tuple[RateRow, ...]
    lateness_gaps: tuple[LatenessGap, ...]
    lateness_statement: str
    """Where answered and service p99 differ, as a sentence without an end."""
    generator_statement: str
    """Whether the measurements can be trusted, and why, as sentences without a last full stop."""
    response: PercentileSpectrum
    service: PercentileSpectrum
    comparison: ComparisonSection | None = None
    """How it compares with its baseline; `None` if it has none."""
    turns: TurnReport | None = None
    """What became of turns; `None` in a run without any."""

    @property
    def headline(self) -> str:
        """The run in one sentence, its verdict first."""
        return f"{self.verdict}: {self.sentence}"

    def over(self, figures: str) -> str:
        """Return what `figures` are, and until when they were measured if the run ended early."""
        return ", ".join(filter(None, (figures, self.measured_until)))

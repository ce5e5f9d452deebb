"""The tables below the charts: what a chart shows, for those who cannot see it, and for the pointer.

Every number that a chart shows is in its table. The pointer and the keyboard read the row, so nothing is kept
twice; a row knows where it lies on the chart's x axis. An hour in 600 steps is 600 rows for each of these
charts, so a row is as short as it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.palette import status_colors
from sessionload.report.model.quantities import NOTHING, latency_text
from sessionload.report.model.time_axis import clock
from sessionload.units import duration_text, share_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sessionload.report.model.percentile_spectrum import PercentileSpectrum
    from sessionload.report.model.rows import ReportModel, TurnReport, TurnStep
    from sessionload.report.model.timeline import ChartStep

AnyStep = TypeVar("AnyStep", "ChartStep", "TurnStep")
_ALL = Fraction(1)


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of a table. `at` is where it lies on the chart's axis across, `width` how far it reaches."""

    at: float
    width: float
    head: str
    cells: tuple[str, ...]

    @property
    def place(self) -> str:
        """`at` in as few digits as are needed."""
        return f"{self.at:.6g}"


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The numbers of one chart. `colors` are the names of the chart's colors by column, or empty."""

    name: str
    caption: str
    head: str
    columns: tuple[str, ...]
    colors: tuple[str, ...]
    groups: tuple[tuple[str, tuple[ChartRow, ...]], ...]
    """Rows by stage; a chart that is not over time has one group without a name."""
    sparse: bool = False
    """Whether the pointer shows only cells that are not zero."""

    @property
    def width(self) -> float:
        """How far most rows reach; the few others say so themselves."""
        return next((rows[0].width for _, rows in self.groups), 0)


def chart_tables(model: ReportModel) -> dict[str, ChartTable]:
    """Return the tables by the name of their chart."""
    tables = (
        _traffic(model),
        _response(model),
        _service(model),
        _heat(model),
        _spectrum(model),
        _outcomes(model),
        _statuses(model),
        _rate(model),
        _lag(model),
        *((_first_event(model.turns), _conversations(model.turns)) if model.turns else ()),
    )
    return {table.name: table for table in tables}


def _traffic(model: ReportModel) -> ChartTable:
    lost = ("lost",) if any(step.lost for step in model.chart_steps) else ()
    backlog = ("backlog",) if any(step.backlog for step in model.chart_steps) else ()
    kinds = ("planned", "sent", "done", "late", "unsent", *lost, *backlog)
    heads = {"backlog": "Waiting"}
    return ChartTable(
        "traffic",
        "Planned, late and unsent by when arrivals were due; sent and done by when it happened."
        " Late: by more than 10 ms, and by the generator itself."
        + (" Lost: nobody knows what became of them." if lost else "")
        + (" Waiting: the most that waited to be sent at once." if backlog else ""),
        "From",
        tuple(heads.get(kind, kind.capitalize()) for kind in kinds),
        ("planned", "sent", "done", "late", "", *lost, *(("server",) if backlog else ())),
        _by_stage(model, lambda step: tuple(_count(getattr(step, kind)) for kind in kinds)),
    )


def _response(model: ReportModel) -> ChartTable:
    kinds = ("p50", "p95", "p99")
    return ChartTable(
        "response",
        "By when arrivals were due; 'never' is a percentile among arrivals without a valid session.",
        "From",
        ("Arrivals", *kinds),
        ("", *kinds),
        _by_stage(
            model,
            lambda step: (
                _count(step.samples),
                *(latency_text(getattr(step, f"{kind}_ns"), step.samples) for kind in kinds),
            ),
        ),
    )


def _service(model: ReportModel) -> ChartTable:
    causes = {
        second: gap.cause
        for gap in model.lateness_gaps
        for second in range(gap.start_s, gap.start_s + gap.length_s)
    }

    def cells(step: ChartStep) -> tuple[str, ...]:
        p99s = (step.answered_p99_ns, step.service_p99_ns)
        return (
            *(NOTHING if ns is None else duration_text(ns) for ns in p99s),
            _count(step.queued),
            causes.get(step.start_s, NOTHING),
        )

    return ChartTable(
        "service",
        "99th percentiles of whatever got an answer; queued: arrivals that waited for a free slot.",
        "From",
        ("Response p99, answered", "Service p99", "Queued", "Why they differ"),
        ("answered", "service", "", ""),
        _by_stage(model, cells),
    )


def _heat(model: ReportModel) -> ChartTable:
    heat = model.heat_map
    rows = tuple(
        ChartRow(second, seconds, clock(second), tuple(_count(count) for count in (never, *reversed(counts))))
        for (second, seconds), counts, never in zip(heat.columns, heat.counts, heat.never, strict=True)
    )
    bands = tuple(f"{duration_text(low)} to {duration_text(high)}" for low, high in reversed(heat.bands))
    columns = ("Never", *bands)
    return ChartTable(
        "heat",
        "How many arrivals had a response time in each band, by when they were due.",
        "From",
        columns,
        ("",) * len(columns),
        (("", rows),) if rows else (),
        sparse=True,
    )


def _spectrum(model: ReportModel) -> ChartTable:
    series = {"response": model.response, "service": model.service}
    rows = tuple(level_rows(tuple(series.values())))
    return ChartTable(
        "spectrum",
        "Response is over all arrivals, service over whatever got an answer.",
        "Percentile",
        tuple(name.capitalize() for name in series),
        tuple(series),
        (("", rows),) if rows else (),
    )


def level_rows(series: tuple[PercentileSpectrum, ...]) -> Iterator[ChartRow]:
    """Yield percentiles in rising order; a series may lack a level, or be never."""
    count = max(spectrum.count for spectrum in series)
    values: list[dict[Fraction, int | None]] = [
        {level.share: level.value_ns for level in spectrum.levels} | ({_ALL: None} if spectrum.never else {})
        for spectrum in series
    ]
    for share in sorted(set().union(*values)):
        cells = tuple(duration_text(levels[share]) if share in levels else NOTHING for levels in values)
        nines = min(float(1 / (1 - share)), count) if share < 1 else count  # past the last arrival is nothing
        yield ChartRow(nines, 0, share_text(share.numerator, share.denominator), cells)


def _outcomes(model: ReportModel) -> ChartTable:
    seen = set().union(*(step.outcomes for step in model.chart_steps))
    kinds = tuple(kind for kind in Outcome if kind in seen)
    return ChartTable(
        "outcomes",
        "How arrivals ended, by when they were due.",
        "From",
        tuple(kind.value for kind in kinds),
        tuple(kind.value for kind in kinds),
        _by_stage(model, lambda step: tuple(_count(step.outcomes.get(kind, 0)) for kind in kinds)),
        sparse=True,
    )


def _statuses(model: ReportModel) -> ChartTable:
    seen = sorted(set().union(*(step.statuses for step in model.chart_steps)))
    colors = status_colors(seen)
    return ChartTable(
        "statuses",
        "Status codes of whatever got an answer, by when it was due.",
        "From",
        tuple(f"HTTP {status}" for status in seen),
        tuple(colors[status] for status in seen),
        _by_stage(model, lambda step: tuple(_count(step.statuses.get(status, 0)) for status in seen)),
        sparse=True,
    )


def _rate(model: ReportModel) -> ChartTable:
    rows = tuple(
        ChartRow(
            row.rate,
            0,
            row.label,
            (row.seconds.text, row.arrivals.text, row.p50.text, row.p95.text, row.p99.text),
        )
        for row in model.by_rate
    )
    return ChartTable(
        "rate",
        "Seconds of the measured stages by how many exchanges were done in them,"
        " and the response of what was due in those seconds.",
        "Achieved rate",
        ("Seconds", "Arrivals", "p50", "p95", "p99"),
        ("", "", "p50", "p95", "p99"),
        (("", rows),) if rows else (),
    )


def _first_event(turns: TurnReport) -> ChartTable:
    kinds = ("p50", "p95", "p99")
    return ChartTable(
        "first-event",
        "From when a turn was due to the first event of its stream, by when turns were due;"
        " of turns that ended well.",
        "From",
        ("Turns", *kinds),
        ("", *kinds),
        _grouped(
            turns.steps,
            lambda step: (
                _count(step.events),
                *(latency_text(getattr(step, f"{kind}_ns"), step.events) for kind in kinds),
            ),
        ),
    )


def _conversations(turns: TurnReport) -> ChartTable:
    return ChartTable(
        "conversations",
        "The most conversations that were open at once; turns by when they were due.",
        "From",
        ("Open", "Turns due", "Turns that ended well"),
        ("sent", "", ""),
        _grouped(turns.steps, lambda step: (_count(step.open), _count(step.due), _count(step.ok))),
    )


def _lag(model: ReportModel) -> ChartTable:
    return ChartTable(
        "lag",
        "How late the generator itself was, by when arrivals were due.",
        "From",
        ("Lag p99", "Late by more than 10 ms"),
        ("lag", ""),
        _by_stage(
            model,
            lambda step: (
                NOTHING if step.lag_p99_ns is None else duration_text(step.lag_p99_ns),
                _count(step.late),
            ),
        ),
    )


def _by_stage(
    model: ReportModel, cells: Callable[[ChartStep], tuple[str, ...]]
) -> tuple[tuple[str, tuple[ChartRow, ...]], ...]:
    return _grouped(model.chart_steps, cells)


def _grouped(
    every: Sequence[AnyStep], cells: Callable[[AnyStep], tuple[str, ...]]
) -> tuple[tuple[str, tuple[ChartRow, ...]], ...]:
    def row(step: AnyStep) -> ChartRow:
        return ChartRow(step.start_s, step.length_s, clock(step.start_s), cells(step))

    stages: Iterable[tuple[str, Iterable[AnyStep]]] = groupby(every, lambda step: step.stage)
    return tuple((stage, tuple(row(step) for step in steps)) for stage, steps in stages)


def _count(number: int) -> str:
    return f"{number:,}"

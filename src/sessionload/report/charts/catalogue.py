"""The charts of a report, in the order of its page.

The page and the files of charts read this one list. A chart knows its name, its texts, and whether a run has
anything to draw in it: a run without a single sample still has a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.report.charts import (
    count_charts,
    heat_chart,
    percentile_chart,
    rate_chart,
    time_charts,
    turn_charts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that any run may have. `label` describes it for those who cannot see it."""

    name: str
    title: str
    label: str
    kind: str
    draw: Callable[[ReportModel, Palette, int], Drawing]
    has_data: Callable[[ReportModel], bool]


def _answered(model: ReportModel) -> bool:
    return any(step.answered_p99_ns is not None for step in model.chart_steps)


CHARTS = (
    Chart(
        "traffic",
        "Arrivals planned, sent, done and late",
        "Arrivals planned, sent, done and late, per second, over the run.",
        "time",
        count_charts.traffic_chart,
        lambda _: True,
    ),
    Chart(
        "response",
        "Response time over the run",
        "Response time p50, p95 and p99 by the time at which arrivals were due."
        " A bar at the top marks a percentile that is never.",
        "time",
        time_charts.response_chart,
        lambda model: any(step.samples for step in model.chart_steps),
    ),
    Chart(
        "service",
        "Response against service",
        "99th percentiles of what was answered, from due and from sent, by the time at which arrivals were"
        " due. Where they differ is shaded by cause.",
        "time",
        time_charts.lateness_gap_chart,
        _answered,
    ),
    Chart(
        "heat",
        "Response times by band",
        "How many response times fell into each band over the run, and how many were never.",
        "time",
        heat_chart.heat_chart,
        lambda model: any(model.heat_map.never) or any(any(column) for column in model.heat_map.counts),
    ),
    Chart(
        "spectrum",
        "Percentile spectrum",
        "Response and service time against the percentile; each further nine takes the same width.",
        "nines",
        percentile_chart.percentile_chart,
        lambda model: bool(model.response.count),
    ),
    Chart(
        "outcomes",
        "Outcomes over the run",
        "How arrivals ended, per second, stacked, by the time at which they were due.",
        "time",
        count_charts.outcomes_chart,
        lambda model: any(step.outcomes or step.unsent or step.lost for step in model.chart_steps),
    ),
    Chart(
        "statuses",
        "Status codes over the run",
        "Status codes of what was answered, per second, stacked, by the time at which arrivals were due.",
        "time",
        count_charts.statuses_chart,
        lambda model: any(step.statuses for step in model.chart_steps),
    ),
    Chart(
        "rate",
        "Response time against achieved rate",
        "Response time p50, p95 and p99 against the exchanges that were done per second.",
        "rate",
        rate_chart.rate_chart,
        lambda model: bool(model.by_rate),
    ),
    Chart(
        "lag",
        "How late the generator was",
        "99th percentile of the generator's own lateness by the time at which arrivals were due.",
        "time",
        time_charts.lag_chart,
        lambda model: any(step.lag_p99_ns is not None for step in model.chart_steps),
    ),
)

TURN_CHARTS = (
    Chart(
        "first-event",
        "First event of turns over the run",
        "Time to the first event of a turn, p50, p95 and p99, by the time at which turns were due.",
        "time",
        turn_charts.first_event_chart,
        lambda model: any(step.events for step in turn_charts.steps_of(model)),
    ),
    Chart(
        "conversations",
        "Conversations open at once",
        "How many conversations were open at once, over the run.",
        "time",
        turn_charts.conversations_chart,
        lambda model: any(step.open for step in turn_charts.steps_of(model)),
    ),
)
"""Those that only a run with turns may have."""


def charts_of(model: ReportModel) -> tuple[Chart, ...]:
    """Return the charts that a run may have; those of turns come last."""
    return (*CHARTS, *TURN_CHARTS) if model.turns else CHARTS

"""What a report has pictures of, in the order of its page.

Law: one list, read by the page and by the files alike. Idea: a subject knows its name, its words and
whether a run has anything of it to draw. Trap: a run without a single sample still has a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.view.charts import counts, heat, nines, over_time, rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.view.charts.palette import Palette
    from sessionload.view.charts.plot import Drawing
    from sessionload.view.sheet.rows import Sheet


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture that any run may have. `label` tells of it to those who cannot see it."""

    name: str
    title: str
    label: str
    kind: str
    draw: Callable[[Sheet, Palette, int], Drawing]
    drawn: Callable[[Sheet], bool]


def _answered(sheet: Sheet) -> bool:
    return any(step.answered_p99_ns is not None for step in sheet.steps_of_run)


SUBJECTS = (
    Subject(
        "traffic",
        "Arrivals planned, sent, done and late",
        "Arrivals planned, sent, done and late, per second, over the run.",
        "time",
        counts.traffic,
        lambda _: True,
    ),
    Subject(
        "response",
        "Response time over the run",
        "Response time p50, p95 and p99 by the time at which arrivals were due."
        " A bar at the top marks a percentile that is never.",
        "time",
        over_time.response,
        lambda sheet: any(step.samples for step in sheet.steps_of_run),
    ),
    Subject(
        "parting",
        "Response against service",
        "99th percentiles of what was answered, from due and from sent, by the time at which arrivals were"
        " due. Where they part is shaded by cause.",
        "time",
        over_time.parting,
        _answered,
    ),
    Subject(
        "heat",
        "Response times by band",
        "How many response times fell into each band over the run, and how many were never.",
        "time",
        heat.heat,
        lambda sheet: any(sheet.heat.never) or any(any(column) for column in sheet.heat.counts),
    ),
    Subject(
        "spectrum",
        "Percentile spectrum",
        "Response and service time against the percentile; each nine has the same room.",
        "nines",
        nines.spectrum,
        lambda sheet: bool(sheet.response.count),
    ),
    Subject(
        "outcomes",
        "Outcomes over the run",
        "How arrivals ended, per second, stacked, by the time at which they were due.",
        "time",
        counts.outcomes,
        lambda sheet: any(step.outcomes or step.unsent for step in sheet.steps_of_run),
    ),
    Subject(
        "statuses",
        "Status codes over the run",
        "Status codes of what was answered, per second, stacked, by the time at which arrivals were due.",
        "time",
        counts.statuses,
        lambda sheet: any(step.statuses for step in sheet.steps_of_run),
    ),
    Subject(
        "rate",
        "Response time against achieved rate",
        "Response time p50, p95 and p99 against the exchanges that were done per second.",
        "rate",
        rate.rate,
        lambda sheet: bool(sheet.by_rate),
    ),
    Subject(
        "lag",
        "How late the generator was",
        "99th percentile of the generator's own lateness by the time at which arrivals were due.",
        "time",
        over_time.lag,
        lambda sheet: any(step.lag_p99_ns is not None for step in sheet.steps_of_run),
    ),
)

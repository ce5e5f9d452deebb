"""The result as one HTML page that needs nothing but itself.

The page goes from the answer down to what was run, for readers who did not run it, and works without a
script. Charts are drawn when it is made; the tables below them are what the pointer shows. A page is passed
on for years, so nothing in it refers to a place that may be gone by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.model.rows import LATENCY_COLUMNS, TURN_HEADS, WORKER_COLUMNS
from sessionload.report.template import page

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel


def render(model: ReportModel) -> str:
    """Return the page, to be written as UTF-8."""
    from sessionload.report.charts.picture import pictures  # noqa: PLC0415 - slow to import, and only a page needs it

    return page(
        "report.html.j2",
        model=model,
        pictures=pictures(model),
        tables=chart_tables(model),
        columns=LATENCY_COLUMNS,
        worker_columns=WORKER_COLUMNS,
        turn_columns=TURN_HEADS,
    )

"""The result as one HTML page that needs nothing but itself.

Law: whoever did not run it can read it, from the answer down to what was run, and without a script. Idea:
charts are drawn when the page is made, and the tables behind them are what the pointer tells. Trap: a page
is handed round for years; nothing in it may need a place that is gone by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.model.rows import LATENCY_COLUMNS
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
    )

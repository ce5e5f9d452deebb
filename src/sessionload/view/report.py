"""The result as one HTML page that needs nothing but itself.

Law: whoever did not run it can read it, from the answer down to what was run, and without a script. Idea:
charts are drawn when the page is made, and the tables behind them are what the pointer tells. Trap: a page
is handed round for years; nothing in it may need a place that is gone by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.view.behind import tables
from sessionload.view.sheet.rows import LATENCY_COLUMNS
from sessionload.view.template import page

if TYPE_CHECKING:
    from sessionload.view.sheet.rows import Sheet


def render(sheet: Sheet) -> str:
    """Return the page, to be written as UTF-8."""
    from sessionload.view.charts.picture import pictures  # noqa: PLC0415 - slow to import, and only a page needs it

    return page(
        "report.html.j2",
        sheet=sheet,
        pictures=pictures(sheet),
        tables=tables(sheet),
        columns=LATENCY_COLUMNS,
    )

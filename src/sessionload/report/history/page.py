"""The runs of a folder as one HTML page that needs nothing but itself and, for its links, their reports.

It has the frame and style of a run's report, loads nothing from anywhere else, and runs no script. A link is
a relative URL; the name of a folder never stands in one unquoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sessionload
from sessionload.report.template import templates

if TYPE_CHECKING:
    from sessionload.report.history.model import HistoryModel

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(model: HistoryModel) -> str:
    """Return the page, to be written as UTF-8."""
    from sessionload.report.history.chart import drawn  # noqa: PLC0415 - slow to import, and only a page needs it

    return (
        templates()
        .get_template("history.html.j2")
        .render(
            model=model,
            version=sessionload.__version__,
            policy=_POLICY,
            trends=[(trend, drawn(trend, number)) for number, trend in enumerate(model.trends)],
        )
    )

"""The result second by second as CSV, for spreadsheets.

Text cells are ours or a stage's name; a name that a spreadsheet would take for a formula gets an apostrophe
in front. "Never" is no number: a cell is empty where a percentile is never.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

TIMELINE_COLUMNS = (
    "second",
    "stage",
    "planned",
    "sent",
    "done",
    "ok",
    "errors",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "unsent",
    "lost",
)
_FORMULA = ("=", "+", "-", "@")


def render(model: ReportModel) -> str:
    """Return CSV, one line for each second. `errors` counts arrivals without a valid session."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TIMELINE_COLUMNS)
    for point in model.timeline:
        percentiles = (point.p50_ns, point.p95_ns, point.p99_ns)
        writer.writerow(
            (
                point.start_s,
                cell(point.stage),
                point.planned,
                point.sent,
                point.done,
                point.ok,
                point.errors,
                *("" if ns is None else f"{ns / 1_000_000:.3f}" for ns in percentiles),
                point.unsent,
                point.lost,
            )
        )
    return text.getvalue()


def cell(text: str) -> str:
    """Return text that a spreadsheet takes for text, not for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text

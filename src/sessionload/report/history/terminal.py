"""The runs of a folder as plain text for a terminal.

The newest run comes first, then a line of numbers for each run, with its sentence below it. The text has no
color and no control character; the command may color lines by their first word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.text_layout import COLUMNS, cut, fill, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.history.model import HistoryModel, RunRow, Trend

_HEADS = ("", "started (UTC)", "p50", "p95", "p99", "no session", "sent")
_TIME = len("2026-01-02 03:04")


def render(model: HistoryModel, columns: int = COLUMNS) -> str:
    """Return the text for a terminal of so many columns, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", columns)
    if model.newest:
        lines += fill(f"The newest run is {model.about}.", columns)
    lines += fill(f"{model.account}.", columns)
    for trend in model.trends:
        lines += ["", *fill(f"{trend.title} ({len(trend.rows):,})", columns), *_table(trend, columns)]
    if model.unread:
        lines += ["", f"Could not be read ({len(model.unread):,})"]
        for unread in model.unread:
            lines += fill(f"{unread.name}: {unread.why}", columns, first="  ", rest="    ")
    return "\n".join(lines) + "\n"


def _table(trend: Trend, columns: int) -> Iterator[str]:
    rows = [
        (
            row.verdict,
            cut(row.started, _TIME),
            *(percentile.text for percentile in row.percentiles),
            row.errors,
            row.sent,
        )
        for row in trend.rows
    ]
    notes = [f"{_named(row)}: {row.sentence}" for row in trend.rows]
    return table([_HEADS, *rows], columns, left={0, 1}, notes=["", *notes])


def _named(row: RunRow) -> str:
    return f"{row.name} ({row.labels})" if row.labels else row.name

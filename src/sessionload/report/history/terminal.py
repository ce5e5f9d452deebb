"""The runs of a folder as plain text for a terminal.

Law: at most 100 columns, no color, no control character; the command may color lines by their first word.
Idea: the newest run first, then a line of figures for each run and its sentence below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.plain import fill, width
from sessionload.report.terminal import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.history.model import HistoryModel, Trend

_WORD = "MISSED"
_HEADS = (" " * len(_WORD), "started (UTC)", "p50", "p95", "p99", "no session", "sent")
_INDENT = " " * 10
_TIME = "2026-01-02 03:04"


def render(model: HistoryModel) -> str:
    """Return the text, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", COLUMNS)
    if model.newest:
        lines += fill(f"The newest run is {model.about}.", COLUMNS)
    lines += fill(f"{model.account}.", COLUMNS)
    for trend in model.trends:
        lines += ["", *fill(f"{trend.title} ({len(trend.rows):,})", COLUMNS), *_table(trend)]
    if model.unread:
        lines += ["", f"Could not be read ({len(model.unread):,})"]
        for one in model.unread:
            lines += fill(f"{one.name}: {one.why}", COLUMNS, first="  ", rest="    ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _table(trend: Trend) -> Iterator[str]:
    rows = [
        (
            row.word,
            fill(row.started, len(_TIME))[0],
            *(one.text for one in row.percentiles),
            row.errors,
            row.sent,
        )
        for row in trend.rows
    ]
    rooms = [max(map(width, column)) for column in zip(_HEADS, *rows, strict=True)]
    yield _line(_HEADS, rooms)
    for cells, row in zip(rows, trend.rows, strict=True):
        yield _line(cells, rooms)
        yield from fill(f"{row.name}: {row.sentence}", COLUMNS, first=_INDENT, rest=_INDENT)


def _line(cells: Sequence[str], rooms: Sequence[int]) -> str:
    """Return cells below each other, the first two set left."""
    blanks = [" " * (room - width(cell)) for cell, room in zip(cells, rooms, strict=True)]
    return "  " + "  ".join(
        cell + blank if number < 2 else blank + cell
        for number, (cell, blank) in enumerate(zip(cells, blanks, strict=True))
    )

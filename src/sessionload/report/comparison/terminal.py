"""A comparison as plain text for a terminal.

Law: at most 100 columns, no color, no control character; the command may color lines by their first
words. Idea: the answer first, then what has to be known beside it, then a line for each metric.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.plain import fill, width
from sessionload.report.terminal import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.comparison.model import ComparisonModel, Side

_HEADS = ("", "metric", "base", "candidate", "change", "95 % interval", "judged")
_LEFT = {0, 1}
_INDENT = " " * 4


def render(model: ComparisonModel) -> str:
    """Return the text, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", COLUMNS)
    for heading, sentences in (
        ("Why nothing can be said", model.reasons),
        ("Beside the answer", model.notes),
    ):
        if sentences:
            lines += ["", heading]
            lines += [line for one in sentences for line in fill(one, COLUMNS, first="  ", rest=_INDENT)]
    lines += ["", f"Differences, tolerance {model.tolerance}", *_table(model), ""]
    lines += _side("base", model.base)
    lines += _side("candidate", model.candidate)
    lines += ["", *fill(model.how, COLUMNS)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _table(model: ComparisonModel) -> Iterator[str]:
    cells = [
        (row.word, row.name, row.base, row.candidate, row.change, row.interval, row.judged)
        for row in model.rows
    ]
    rooms = [max(map(width, column)) for column in zip(_HEADS, *cells, strict=True)]
    yield _line(_HEADS, rooms)
    for row, found in zip(model.rows, cells, strict=True):
        yield _line(found, rooms)
        if row.note:
            indent = " " * (2 + rooms[0])
            yield from fill(row.note, COLUMNS, first=indent, rest=indent)


def _line(cells: tuple[str, ...], rooms: list[int]) -> str:
    """Return cells below each other, the first two set left."""
    blanks = [" " * (room - width(cell)) for cell, room in zip(cells, rooms, strict=True)]
    return "  ".join(
        cell + blank if number in _LEFT else blank + cell
        for number, (cell, blank) in enumerate(zip(cells, blanks, strict=True))
    )


def _side(name: str, side: Side) -> list[str]:
    told = f"{name}: run {side.run_id} of {side.title}, started {side.started}, {side.arrivals.text} arrivals"
    return [
        *fill(f"{told} measured", COLUMNS, rest=_INDENT),
        *fill(f"{side.word}: {side.sentence}", COLUMNS, first=_INDENT, rest=_INDENT),
    ]

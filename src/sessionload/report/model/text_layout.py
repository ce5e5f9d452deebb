"""Plain text in the columns of a terminal: lines of a given width, and tables.

A column is not a character: wide characters take two columns and combining ones none. So text is padded, cut
and broken by what it takes on the screen.

A table keeps to its width: where its cells need more, they are broken into lines, the widest column first,
and words are cut only where that is not enough. A note to a row stands below it, over the width of the table.
"""

from __future__ import annotations

import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

COLUMNS = 100
"""The most columns of a summary, where the terminal has so many."""

_INDENT = _GAP = "  "
_NARROWEST = 8
"""No column of a table is made narrower than this."""


def width(text: str) -> int:
    """Return how many columns `text` takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def cut(text: str, columns: int) -> str:
    """Return `text`, shortened to `columns` columns with `…` at its end if it is longer."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def padded(text: str, columns: int) -> str:
    """Return `text` with blanks behind it, `columns` columns wide; a longer one stays as it is."""
    return text + " " * (columns - width(text))


def fill(text: str, columns: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return `text` broken into lines of at most `columns` columns; a word too long for a line is cut.

    The first line begins with `first`, the others with `rest`.
    """
    lines: list[str] = []
    line, used, blank = first, width(first), True
    for word in text.split():
        pending = word
        gap = "" if blank else " "
        while used + len(gap) + width(pending) > columns:
            room = columns - used
            if blank and room > 0:
                head = _head(pending, room)
                line, pending = line + head, pending[len(head) :]
            lines.append(line)
            line, used, gap, blank = rest, width(rest), "", True
        line, used, blank = line + gap + pending, used + len(gap) + width(pending), False
    lines.append(line)
    return lines


def table(
    rows: Sequence[Sequence[str]],
    columns: int,
    *,
    left: Container[int] = frozenset({0}),
    notes: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the lines of a table, indented by two, at most `columns` columns wide.

    Cells of the columns numbered in `left` begin at the left, all others end at the right. `notes` belong to
    the rows of the same number; they begin below the second column. A column without any text takes no room.
    """
    room = columns - len(_INDENT)
    widths = _widths(rows, room)
    indent = _INDENT + (" " * widths[0] + _GAP if widths and widths[0] else "")
    for row, note in zip_longest(rows, notes, fillvalue=""):
        cells = [fill(cell, size) for cell, size in zip(row, widths, strict=True)]
        for pieces in zip_longest(*cells, fillvalue=""):
            line = _GAP.join(
                piece + " " * (size - width(piece)) if number in left else " " * (size - width(piece)) + piece
                for number, (piece, size) in enumerate(zip(pieces, widths, strict=True))
                if size
            )
            yield (_INDENT + line).rstrip()
        if note:
            yield from fill(note, columns, first=indent, rest=indent)


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of the columns of a table that has `room` columns of a terminal."""
    cells = list(zip(*rows, strict=True))
    widths = [max(map(width, column)) for column in cells]
    longest = [max(width(word) for cell in column for word in ("", *cell.split())) for column in cells]
    excess = sum(widths) + len(_GAP) * (sum(map(bool, widths)) - 1) - room
    while excess > 0:
        numbers = range(len(widths))
        broken = [number for number in numbers if widths[number] > max(longest[number], _NARROWEST)]
        broken = broken or [number for number in numbers if widths[number] > _NARROWEST]
        if not broken:
            break
        widths[max(broken, key=widths.__getitem__)] -= 1
        excess -= 1
    return widths


def _head(word: str, columns: int) -> str:
    # At least one character, so that a wide one in a narrow place cannot stop the filling.
    end = 1
    while end < len(word) and width(word[: end + 1]) <= columns:
        end += 1
    return word[:end]

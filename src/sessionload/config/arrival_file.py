"""The instants in the lines of a file at which people came: seconds, or dates with a time (RFC 3339).

Only how far they are apart matters: the first is at 0. They are exact to the nanosecond and never sorted
here, because a file that is not in order is more likely the wrong column than what was meant. Messages name
lines.
"""

from __future__ import annotations

import re
from array import array
from datetime import date
from typing import TYPE_CHECKING

from sessionload.config.user_file import cells_of, empty_cell
from sessionload.errors import InputError, Place
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessionload.config.user_file import UserFile

MOST_INSTANTS = 10_000_000
"""A file has at most so many instants; each takes 8 bytes."""

_SECONDS = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,9}))?", re.ASCII)
_STAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))",
    re.ASCII,
)
_LIKE = "write it like 12.5, or 2026-11-26T19:30:00.25Z"


def instants_of(lines: Iterable[str], file: UserFile) -> array[int]:
    """Return the instants in the lines of `file`, in nanoseconds after the first, in rising order.

    Raises `InputError` (no-arrivals, bad-instant, unsorted-arrivals, too-many-arrivals, no-such-column,
    bad-csv).
    """
    instants = array("q")
    read: Callable[[str], int | None] | None = None
    first = last = 0
    for line, cell in _cells(lines, file):
        text = cell.strip()
        read = read or (_seconds if _SECONDS.fullmatch(text) else _stamp)
        instant = read(text)
        if instant is None:
            raise _refuse("bad-instant", f"there is no instant {_as(read)}in this line", _LIKE, file, line)
        if not instants:
            first = last = instant
        if instant < last:
            message = "this instant is before the one in the line above"
            raise _refuse("unsorted-arrivals", message, "sort the file by time", file, line)
        if len(instants) == MOST_INSTANTS:
            message = f"this file has more than {MOST_INSTANTS:,} instants, the most that is allowed"
            raise _refuse("too-many-arrivals", message, "take a shorter stretch of time", file, line)
        instants.append(instant - first)
        last = instant
    if not instants:
        hint = "write an instant on each line" + ("" if file.column is None else " below the header")
        raise _refuse("no-arrivals", "there is no instant in this file", hint, file, 1)
    return instants


def _as(read: Callable[[str], int | None]) -> str:
    return "in seconds " if read is _seconds else ""


def _cells(lines: Iterable[str], file: UserFile) -> Iterator[tuple[int, str]]:
    if file.column is None:
        return enumerate(lines, 1)
    return cells_of(lines, file, file.column, empty_cell)


def _seconds(text: str) -> int | None:
    match = _SECONDS.fullmatch(text)
    return int(match[1]) * NS + _fraction(match[2]) if match else None


def _stamp(text: str) -> int | None:
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    day, hours, minutes, seconds, fraction, sign, zone_hours, zone_minutes = match.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 60:
        return None
    try:
        days = date.fromisoformat(day).toordinal()
    except ValueError:
        return None
    zone = int(f"{sign}1") * (int(zone_hours) * 60 + int(zone_minutes)) if sign else 0
    return (((days * 24 + int(hours)) * 60 + int(minutes) - zone) * 60 + int(seconds)) * NS + _fraction(
        fraction
    )


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(9, "0")) if digits else 0


def _refuse(code: str, message: str, hint: str, file: UserFile, line: int) -> InputError:
    return InputError(code, message, place=Place(file.path, line), hint=hint)

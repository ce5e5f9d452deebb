"""The page that GitHub Actions shows for a step of a job: Markdown appended to a file that it names.

A summary never changes how a command ends: what could not be written is a warning. The variable
`GITHUB_STEP_SUMMARY` names the file, and where it is not set there is no page. GitHub drops a summary that is
larger than its limit as a whole, so a long one is cut, and says so before anything else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.errors import ResultError
from sessionload.storage.files import Appender

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "GITHUB_STEP_SUMMARY"
LARGEST = 1 << 20
"""The bytes that GitHub takes for a step, those of other programs included."""

_CUT = "**This is cut: GitHub shows 1 MiB for a step.** The files that were written have all of it.\n\n"
_ROOM_FOR_SENSE = 512


def append(text: str, variables: Mapping[str, str]) -> str | None:
    """Append Markdown to the step's page; return a sentence to warn with if that could not be done.

    Nothing happens, and nothing is wrong, where `variables` names no such page.
    """
    name = variables.get(VARIABLE, "")
    if not name:
        return None
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            return _warning("it is not a file")  # to open a pipe that nobody reads would wait for ever
        size = path.stat().st_size if path.exists() else 0
    except OSError:
        size = 0  # opening it says why
    apart = "\n" if size else ""  # whatever was written before may not have ended its line
    data = _within(text.encode(errors="backslashreplace"), LARGEST - size - len(apart) - 1)
    if data is None:
        return _warning("the page of this step is full")
    try:
        with Appender(path) as file:
            file.append(apart + data.decode())
    except ResultError as fault:
        return _warning(fault.message)
    return None


def _within(data: bytes, room: int) -> bytes | None:
    """Return as much as has room, to the end of a paragraph or line near there; `None` for no room."""
    if len(data) <= room:
        return data
    room -= len(_CUT)
    if room < _ROOM_FOR_SENSE:
        return None
    ends = (data.rfind(mark, room // 2, room) + len(mark) for mark in (b"\n\n", b"\n"))
    end = next((end for end in ends if end > room // 2), room)
    return (_CUT + data[:end].decode(errors="ignore")).encode()


def _warning(reason: str) -> str:
    return f"the summary was not appended to the file of {VARIABLE}: {reason}"

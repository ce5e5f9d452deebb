"""Server-sent events out of bytes, as the standard of HTML reads them (section 9.2, "Server-sent events").

A line ends with CR, LF or CRLF, an empty line ends an event, and one without data is none. Bytes may be cut
anywhere, in a character or between CR and LF: the events are the same. An event is there as soon as its empty
line has begun, so a CR at the end of the bytes does not wait for the LF that may follow. What the stream
leaves unfinished at its end is no event.

Memory is bounded: one event, its name and its lines together, takes `most_bytes` at most.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_BYTES = 64 * 1024
"""So long an event may be unless the caller says otherwise."""
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Event(NamedTuple):
    """One event. `name` is `message` where the stream gives none."""

    name: str
    data: str


class EventTooLong(ValueError):  # noqa: N818  # a verdict on a stream, not an error of this program
    """An event is longer than the bound."""


class EventStream:
    """The events of one stream."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._line = b""
        """The line that has not ended yet."""
        self._after_cr = False
        """Whether the last byte was a CR: an LF that follows belongs to it."""
        self._at_start = True
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        """How many bytes the lines of the event under way had."""
        self.last_id = ""
        """What the stream calls its last event."""
        self.retry_ms: int | None = None
        """How long a client shall wait before it connects again, if the stream says so."""

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that end in `data`, the next bytes of the stream. Raises `EventTooLong`."""
        if not data:
            return []
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = False
        text = self._line + data
        if self._at_start:
            if _BOM.startswith(text):
                self._line = text  # it may yet become a byte order mark
                if text != _BOM:
                    return []
            self._at_start = False
            text = text.removeprefix(_BOM)
        *lines, self._line = _LINE_END.split(text)
        self._after_cr = bool(data) and data.endswith(b"\r")
        events = [event for line in lines if (event := self._take(line)) is not None]
        self._refuse_long(len(self._line))
        return events

    def _take(self, line: bytes) -> Event | None:
        """Take a whole line; return the event that it ends, if it does."""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        if not name:
            return None  # a comment
        self._size += len(line)
        self._refuse_long(0)
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        match name:
            case b"event":
                self._name = text
            case b"data":
                self._data.append(text)
            case b"id":
                self.last_id = self.last_id if "\0" in text else text
            case b"retry":
                if text.isascii() and text.isdigit() and len(text) < 19:
                    self.retry_ms = int(text)
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._size = "", [], 0
        return Event(name, "\n".join(data)) if data else None

    def _refuse_long(self, unfinished: int) -> None:
        if self._size + unfinished > self._most_bytes:
            raise EventTooLong(f"an event of the stream has more than {self._most_bytes:,} bytes")

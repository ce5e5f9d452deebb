"""Requests, replies and the bytes of a response.

A response is built once and written in one piece. A reply holds its bytes, the delay before them and how the
connection goes on; it knows nothing else about sockets. A response to HEAD has no body, though its head
states the length of one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus

JSON = "application/json"


Pieces = Sequence[tuple[float, bytes]]
"""Bytes that follow others, each after a gap in seconds."""


class Ending(Enum):
    """What a connection does with the bytes of a reply, and after them."""

    KEEP = "keep"
    """Write them; the next request may come."""
    CLOSE = "close"
    """Write them, then close."""
    REFUSE = "refuse"
    """Write them, swallow what still comes in, then close: the other side shall be able to read them."""
    RESET = "reset"
    """Write them, then reset (RST)."""
    HANG = "hang"
    """Write them, and never anything more."""
    DRIP = "drip"
    """Write them byte by byte."""
    PIECES = "pieces"
    """Write them, then each of the `pieces` after its gap; then do what `after` says."""
    ENDLESS = "endless"
    """Write them, then chunks of a body that has no end."""


class ReceivedRequest:
    """One HTTP request as far as it has been received."""

    __slots__ = ("body", "content_type", "fields", "method", "preflight", "url")

    def __init__(self) -> None:
        self.method = b""
        self.url = b""
        self.fields: dict[bytes, bytes] = {}
        """The header fields that a request is judged by, their names in lower case."""
        self.content_type = b""
        self.preflight = False
        self.body = b""


class Reply:
    """What goes back for one request, `wait` seconds from now; `load` when the ledger has it in flight."""

    __slots__ = ("after", "data", "ending", "load", "pieces", "wait")

    def __init__(
        self,
        data: bytes,
        ending: Ending = Ending.KEEP,
        *,
        wait: float = 0.0,
        pieces: Pieces = (),
        after: Ending = Ending.KEEP,
    ) -> None:
        self.data = data
        self.ending = ending
        self.wait = wait
        self.pieces = pieces
        self.after = after
        self.load = False


def status_line(status: int) -> bytes:
    """Return the first line of an answer, its line end included."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def content_type_line(content_type: str) -> bytes:
    """Return the field that names the media type, its line end included."""
    return f"content-type: {content_type}\r\n".encode()


def response(status: int, body: bytes, *, content_type: str = JSON, fields: bytes = b"") -> bytes:
    """Return a whole answer. `fields` are further header lines, each with its line end."""
    head = status_line(status) + content_type_line(content_type) + b"content-length: %d\r\n" % len(body)
    return head + fields + b"\r\n" + body


def refusal(status: int, message: str, *, fields: bytes = b"") -> bytes:
    """Return an answer that says in JSON why a request was refused."""
    return response(status, json.dumps({"code": status, "message": message}).encode(), fields=fields)


def without_body(data: bytes) -> bytes:
    """Return the head of an answer, as HEAD asks for it."""
    return data[: data.index(b"\r\n\r\n") + 4]


NO_SESSION = refusal(401, "no live session has this key")
NO_PATH = refusal(404, "no such path")
TOO_LARGE = refusal(413, "a request is at most 64 KiB", fields=b"connection: close\r\n")
NOT_HTTP = refusal(400, "not an HTTP/1.1 request", fields=b"connection: close\r\n")

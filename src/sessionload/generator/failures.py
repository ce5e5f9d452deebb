"""What an exchange brought, and the cause of its failure if it failed.

Every exchange ends with one outcome of the closed set and a stable cause, and no text in it was chosen by a
server. The same error has different causes at different points: a reset on a kept connection before the
first byte means that the server closed it while it was idle. So a `FailureClassifier` follows an exchange,
and names its failure by how far it had come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.contract.response.response_headers import NO_HEADERS
from sessionload.failure_causes import (
    CLOSED,
    CONTENT_ENCODING,
    EXTRA_BYTES,
    LATE_DEADLINE,
    MALFORMED,
    NO_LEASE,
    STALE,
    TRUNCATED,
    Cause,
    cause_of,
    defect,
    is_truncation,
    timeout_of,
)
from sessionload.metrics.exchange import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.generator.http_response import ResponseParser


class Response(NamedTuple):
    """What came back: a whole response (`outcome` is None, the contract judges it), or how it failed."""

    outcome: Outcome | None
    failure: Failure | None = None
    status: int | None = None
    content_type: str | None = None
    body: bytes = b""
    headers: Mapping[str, str] = NO_HEADERS

    def __repr__(self) -> str:
        # A body holds a session key.
        size = len(self.body)
        return f"Response({self.outcome!r}, {self.failure!r}, {self.status!r}, a body of {size:,} bytes)"


def _failed(outcome: Outcome, cause: Cause, status: int | None = None) -> Response:
    return Response(outcome, Failure(*cause), status)


class FailureClassifier:
    """How far one exchange has come: what its failure is called depends on it."""

    __slots__ = ("ended", "fresh", "parser", "phase", "received")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin the next exchange of a connection."""
        self.phase = "connect"
        self.fresh = False
        """Whether the connection was opened for this exchange."""
        self.received = self.ended = False
        self.parser: ResponseParser | None = None

    def timeout(self, *, ours: bool) -> Response:
        """Name an exchange whose deadline has passed: through the server, or only because we stood still."""
        if ours:
            return _failed(Outcome.CONNECTION_ERROR, LATE_DEADLINE, self._status())
        return _failed(Outcome.TIMEOUT, timeout_of("body" if self.received else self.phase), self._status())

    def closed(self) -> Response:
        """Name one whose connection the server closed before the first byte of an answer."""
        return _failed(Outcome.CONNECTION_ERROR, CLOSED if self.fresh else STALE)

    def malformed(self) -> Response:
        """Name one on which the parser gave up, or whose connection ended too soon for it."""
        if self.parser is not None and self.parser.complete:
            return self.refused(EXTRA_BYTES)
        return self.refused(TRUNCATED if self.ended else MALFORMED)

    def refused(self, cause: Cause) -> Response:
        """Name one whose response breaks a bound, or that may no longer be sent."""
        outcome = Outcome.ABORTED if cause is NO_LEASE else Outcome.PROTOCOL_ERROR
        return _failed(outcome, cause, self._status())

    def from_error(self, error: OSError) -> Response:
        """Name one whose socket or TLS failed."""
        if is_truncation(error) and self.phase == "answer":
            self.ended = True
            return self.malformed() if self.received else self.closed()
        cause = cause_of(error)
        if cause.key == "connection/reset" and not self.fresh and not self.received:
            return self.closed()
        return _failed(Outcome.CONNECTION_ERROR, cause, self._status())

    def defect(self, error: Exception) -> Response:
        """Name one that a defect of this program has ended."""
        return _failed(Outcome.CONNECTION_ERROR, defect(error), self._status())

    def _status(self) -> int | None:
        parser = self.parser
        return parser.status if parser is not None and parser.head_done else None


_new = tuple.__new__  # in half of the time that the constructor of a named tuple takes


def complete(parser: ResponseParser) -> Response:
    """Return a whole response for the contract to judge, unless its body is encoded."""
    encoding = parser.content_encoding
    if encoding is not None and parser.status < 300 and encoding.strip().lower() not in ("", "identity"):
        return Response(Outcome.CONTRACT_VIOLATION, Failure(*CONTENT_ENCODING), parser.status)
    body = bytes(parser.body)
    return _new(Response, (None, None, parser.status, parser.content_type, body, parser.headers))

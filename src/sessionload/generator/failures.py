"""What an exchange brought, and the cause of its failure if it failed.

Every exchange ends with one outcome of the closed set and a stable cause, and no text in it was chosen by a
server. The same error has different causes at different points: a reset on a kept connection before the
first byte means that the server closed it while it was idle. So a `FailureClassifier` follows an exchange,
and names its failure by how far it had come.
"""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

from sessionload.generator.http_response import EXTRA, MALFORMED
from sessionload.metrics.exchange import Failure, Outcome

if TYPE_CHECKING:
    from sessionload.generator.http_response import ResponseParser


class Response(NamedTuple):
    """What came back: a whole response (`outcome` is None, the contract judges it), or how it failed."""

    outcome: Outcome | None
    failure: Failure | None = None
    status: int | None = None
    content_type: str | None = None
    body: bytes = b""

    def __repr__(self) -> str:
        # A body holds a session key.
        size = len(self.body)
        return f"Response({self.outcome!r}, {self.failure!r}, {self.status!r}, a body of {size:,} bytes)"


def _failed(outcome: Outcome, cause: str, message: str, status: int | None = None) -> Response:
    return Response(outcome, Failure(cause, message), status)


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

    def timeout(self) -> Response:
        """Name an exchange whose deadline has passed."""
        phase = "body" if self.received else self.phase
        return _failed(Outcome.TIMEOUT, f"timeout/{phase}", _TIMEOUTS[phase], self._status())

    def closed(self) -> Response:
        """Name one whose connection the server closed before the first byte of an answer."""
        if self.fresh:
            message = "the server closed the connection without an answer"
            return _failed(Outcome.CONNECTION_ERROR, "connection/closed", message)
        message = "the server closed a kept connection just as it was used again"
        return _failed(Outcome.CONNECTION_ERROR, "connection/stale", message)

    def malformed(self) -> Response:
        """Name one on which the parser gave up, or whose connection ended too soon for it."""
        if self.parser is not None and self.parser.complete:
            return self.refused("protocol/extra_bytes", EXTRA)
        if self.ended:
            return self.refused("protocol/truncated", "the connection ended before the response did")
        return self.refused("protocol/malformed", MALFORMED)

    def refused(self, cause: str, message: str) -> Response:
        """Name one that broke a bound."""
        return _failed(Outcome.PROTOCOL_ERROR, cause, message, self._status())

    def from_error(self, error: OSError) -> Response:
        """Name one whose socket or TLS failed."""
        cause, message = _cause_of(error)
        if cause == "connection/reset" and not self.fresh and not self.received:
            return self.closed()
        return _failed(Outcome.CONNECTION_ERROR, cause, message, self._status())

    def _status(self) -> int | None:
        parser = self.parser
        return parser.status if parser is not None and parser.head_done else None


_new = tuple.__new__  # in half of the time that the constructor of a named tuple takes


def complete(parser: ResponseParser) -> Response:
    """Return a whole response for the contract to judge, unless its body is encoded."""
    encoding = parser.content_encoding
    if encoding is not None and parser.status < 300 and encoding.strip().lower() not in ("", "identity"):
        message = "the body is encoded, though only identity was asked for"
        failure = Failure("content_encoding", message)
        return Response(Outcome.CONTRACT_VIOLATION, failure, parser.status)
    return _new(Response, (None, None, parser.status, parser.content_type, bytes(parser.body)))


_TIMEOUTS = {
    "connect": "the deadline passed before a connection was open",
    "send": "the deadline passed before the request was sent",
    "answer": "the deadline passed before the first byte of an answer",
    "body": "the deadline passed before the whole answer had come",
}
_ERRNO_CAUSES = {
    errno.ECONNREFUSED: ("connection/refused", "the server refused the connection"),
    errno.ECONNRESET: ("connection/reset", "the server reset the connection"),
    errno.EPIPE: ("connection/reset", "the server reset the connection"),
    errno.ECONNABORTED: ("connection/reset", "the server reset the connection"),
    errno.EHOSTUNREACH: ("connection/unreachable", "the host cannot be reached"),
    errno.ENETUNREACH: ("connection/unreachable", "the host cannot be reached"),
    errno.ETIMEDOUT: ("connection/unreachable", "the host cannot be reached"),
    errno.EMFILE: ("generator/descriptors", "the generator has no file descriptor left for a connection"),
    errno.ENFILE: ("generator/descriptors", "the generator has no file descriptor left for a connection"),
    errno.EADDRNOTAVAIL: ("generator/ports", "the generator has no local port left for a connection"),
    errno.ENOBUFS: ("generator/buffers", "the generator has no socket buffer left"),
}


def _cause_of(error: OSError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "connection/tls_unverified", "the server's certificate could not be verified"
    if isinstance(error, ssl.SSLError):
        return "connection/tls", "the TLS connection failed"
    if isinstance(error, socket.gaierror):
        return "connection/dns", "the host name could not be resolved"
    return _ERRNO_CAUSES.get(error.errno or 0, ("connection/other", "the connection failed"))

"""The hot path: one start-session over a kept connection, whatever the server does.

Law: one deadline covers connect, TLS, sending and the last byte; nothing is followed, retried or
sent twice; and every way it can end is a `Response`, so no exception of a socket, TLS or parser library
leaves this module. Idea: a connection is watched for as long as it is open, so that its user reads when there
is something and a connection that ends while nobody uses it is noticed; it is kept only after a clean
end. Trap: between two looks of the loop nobody watches, so a line that is used again at once is looked at.
"""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent import socket, ssl

from sessionload.generator.failures import FailureClassifier, complete
from sessionload.generator.http_response import (
    HEAD_LIMIT,
    TOO_LARGE_HEAD,
    NotHttp,
    ResponseParser,
    Unacceptable,
)

if TYPE_CHECKING:
    from sessionload.generator.endpoint import Endpoint, Stream
    from sessionload.generator.failures import Response
    from sessionload.generator.session_start import SessionStart

_TOO_MANY_BYTES = "the body is wrapped in far more bytes than it has"
_READ = 1
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_IDLE, _BUSY, _LISTENING = range(3)


class DeadlinePassed(BaseException):
    """The deadline of an exchange has passed; thrown into its greenlet by a timer, as GreenletExit is."""


class Connection:
    """One user's connection to the server, opened when needed and kept only after a clean end."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.start: SessionStart | None = None
        """What its user is performing."""
        self._endpoint = endpoint
        self._hub = gevent.get_hub()
        self._loop = self._hub.loop
        self._user = gevent.getcurrent()
        self._begun = endpoint.deadlines.watched()
        self._expire = functools.partial(self._user.throw, DeadlinePassed)
        self._attempt = FailureClassifier()
        self._view = endpoint.view
        self._socket: Stream | None = None
        self._response = ResponseParser(endpoint.body_limit)
        self._reader: Any = None
        """Watches for bytes as long as the connection is open, so that nothing is asked for in vain."""
        self._state = _IDLE
        """Whether the user waits for bytes, or does something else with the connection, or nothing."""
        self._looked = 0
        """How often the loop had looked at all connections when the last exchange ended."""
        self.connect_ns: int | None = None
        """How long the last exchange took to connect, if it had to."""
        self.tls_ns: int | None = None
        """How long its handshake took."""

    def exchange(self, request: bytes) -> Response:
        """Send `request` and return what came back. Total: every ending is a `Response`.

        Only the end of the greenlet itself (`GreenletExit`) passes through, with the connection closed.
        """
        attempt = self._attempt
        attempt.begin()
        self.connect_ns = self.tls_ns = None
        clean = False
        self._state = _BUSY
        self._begun[self._expire] = time.monotonic_ns()
        try:
            reply = self._converse(request, attempt)
            clean = self._response.keep and self._endpoint.reuse and not attempt.ended
        except DeadlinePassed:
            return attempt.timeout()
        except Unacceptable as fault:
            return attempt.refused(fault.cause, fault.message)
        except NotHttp:
            return attempt.malformed()
        except OSError as error:
            return attempt.from_error(error)
        else:
            return reply
        finally:
            self._begun.pop(self._expire, None)
            self._state = _IDLE
            self._looked = self._loop.iteration
            if not clean:
                self.close()

    def _converse(self, request: bytes, attempt: FailureClassifier) -> Response:
        line = self._socket
        if line is not None and self._looked == self._loop.iteration and not _quiet(line):
            self.close()  # the loop has not looked at it since its last answer
            line = None
        if line is None:
            attempt.fresh = True
            line = self._open()
        attempt.phase = "send"
        try:
            sent = line.send(request)
        except _NOT_NOW:
            sent = 0
        if sent < len(request):  # seldom: a session start fits into the buffer
            self._send_rest(line, request, sent)
        attempt.phase = "answer"
        response = attempt.response = self._response
        response.begin()
        got = self._receive(line)
        if got:
            response.feed(self._view[:got])
            if not response.complete:
                self._receive_rest(line, response, got)
        else:
            attempt.ended = True
            return attempt.closed()
        if attempt.fresh:
            self._endpoint.remember(line)
        return complete(response)

    def _open(self) -> Stream:
        endpoint = self._endpoint
        began_ns = time.monotonic_ns()
        link = endpoint.connect()
        connected_ns = time.monotonic_ns()
        self.connect_ns = connected_ns - began_ns
        line = self._socket = endpoint.secure(link) if endpoint.tls else endpoint.plain(link)
        if endpoint.tls:
            self.tls_ns = time.monotonic_ns() - connected_ns
        endpoint.connections_opened += 1
        self._response = ResponseParser(self._endpoint.body_limit)
        self._reader = self._hub.loop.io(line.fileno(), _READ)
        self._reader.start(self._readable)
        return line

    def _readable(self) -> None:
        """Wake the user that waits for bytes; if it does not, none were to come, and the line is broken.

        A piece of TLS may come at any time.
        """
        if self._state == _LISTENING:
            self._state = _BUSY
            self._user.switch()
        elif self._state == _IDLE and self._socket is not None and not _quiet(self._socket):
            self.close()

    def _send_rest(self, line: Stream, request: bytes, sent: int) -> None:
        while sent < len(request):
            socket.wait_write(line.fileno())
            with contextlib.suppress(*_NOT_NOW):
                sent += line.send(request[sent:])

    def _receive(self, line: Stream) -> int:
        """Wait for bytes and return how many have come; none at the end of the stream."""
        while True:
            self._state = _LISTENING
            self._hub.switch()
            try:
                return line.recv_into(self._view)  # type: ignore[no-any-return]
            except _NOT_NOW:  # a piece of TLS, but none of the answer
                continue

    def _receive_rest(self, line: Stream, response: ResponseParser, size: int) -> None:
        attempt = self._attempt
        attempt.received = True
        while not response.complete:
            if size > HEAD_LIMIT:
                self._bound(response, size)
            got = self._receive(line)
            if not got:
                attempt.ended = True
                response.end()
                break
            response.feed(self._view[:got])
            size += got

    def _bound(self, response: ResponseParser, size: int) -> None:
        """Refuse what no response could need."""
        if not response.head_done:
            raise Unacceptable("protocol/head_too_large", TOO_LARGE_HEAD)
        if size > self._endpoint.most_bytes:
            raise Unacceptable("protocol/body_too_large", _TOO_MANY_BYTES)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._reader is not None:
            self._reader.stop()
            self._reader.close()
            self._reader = None
            self._response.drop()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _quiet(line: Stream) -> bool:
    """Tell whether a kept connection is still open and silent."""
    try:
        line.recv(1)
    except _NOT_NOW:
        return True
    except OSError:
        return False
    return False  # bytes nobody asked for, or the end of the stream

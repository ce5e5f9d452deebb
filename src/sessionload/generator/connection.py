"""The hot path: one session start over a kept connection.

One deadline covers connect, TLS, sending and the last byte. Nothing is followed, retried or sent twice.
Every way an exchange can end is a `Response`, so no exception of a socket, TLS or parser library leaves
this module. A connection is kept only after a clean end. The loop watches it for as long as it is open: its
user reads only when there is something to read, and a connection that ends while it is idle is closed. The
loop sees a socket only when it polls, so a kept connection is polled once more right before it is written
to: that is the one place where it is decided whether a kept connection is used again.
"""

from __future__ import annotations

import contextlib
import functools
import select
import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent import monkey, socket, ssl

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

_poll = monkey.get_original("select", "poll")
_TOO_MANY_BYTES = "the body is wrapped in far more bytes than it has"
_READ = 1
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_IDLE, _BUSY, _READING = range(3)


class DeadlinePassed(BaseException):
    """The deadline of an exchange has passed; thrown into its greenlet by a timer, as GreenletExit is."""


class Connection:
    """One user's connection to the server, opened when needed and kept only after a clean end."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.start: SessionStart | None = None
        """What its user is executing."""
        self._endpoint = endpoint
        self._hub = gevent.get_hub()
        self._user = gevent.getcurrent()
        self._begun = endpoint.deadlines.watched()
        self._expire = functools.partial(self._user.throw, DeadlinePassed)
        self._classifier = FailureClassifier()
        self._view = endpoint.view
        self._stream: Stream | None = None
        self._parser = ResponseParser(endpoint.body_limit)
        self._watcher: Any = None
        """Watches for bytes as long as the connection is open, so that no read is tried in vain."""
        self._readable_now: Any = None
        """Polls the connection without waiting."""
        self._state = _IDLE
        """Whether the user waits for bytes, does something else with the connection, or nothing."""
        self.connect_ns: int | None = None
        """How long the last exchange took to connect, if it had to."""
        self.tls_ns: int | None = None
        """How long its handshake took."""

    def exchange(self, request: bytes) -> Response:
        """Send `request` and return what came back. Total: every ending is a `Response`.

        Only the end of the greenlet itself (`GreenletExit`) passes through, with the connection closed.
        """
        classifier = self._classifier
        classifier.begin()
        self.connect_ns = self.tls_ns = None
        clean = False
        self._state = _BUSY
        self._begun[self._expire] = time.monotonic_ns()
        try:
            response = self._converse(request, classifier)
            clean = self._parser.keep and self._endpoint.reuse and not classifier.ended
        except DeadlinePassed:
            return classifier.timeout()
        except Unacceptable as refusal:
            return classifier.refused(refusal.cause, refusal.message)
        except NotHttp:
            return classifier.malformed()
        except OSError as error:
            return classifier.from_error(error)
        else:
            return response
        finally:
            self._begun.pop(self._expire, None)
            self._state = _IDLE
            if not clean:
                self.close()

    def _converse(self, request: bytes, classifier: FailureClassifier) -> Response:
        stream = self._stream
        if stream is not None and self._readable_now(0) and not _is_silent(stream):
            self.close()
            stream = None
        if stream is None:
            classifier.fresh = True
            stream = self._open()
        classifier.phase = "send"
        try:
            sent = stream.send(request)
        except _WOULD_BLOCK:
            sent = 0
        if sent < len(request):  # seldom: a session start fits into the buffer
            self._send_rest(stream, request, sent)
        classifier.phase = "answer"
        parser = classifier.parser = self._parser
        parser.begin()
        size = self._receive(stream)
        if size:
            parser.feed(self._view[:size])
            if not parser.complete:
                self._receive_rest(stream, parser, size)
        else:
            classifier.ended = True
            return classifier.closed()
        if classifier.fresh:
            self._endpoint.remember(stream)
        return complete(parser)

    def _open(self) -> Stream:
        endpoint = self._endpoint
        began_ns = time.monotonic_ns()
        tcp = endpoint.connect()
        connected_ns = time.monotonic_ns()
        self.connect_ns = connected_ns - began_ns
        stream = self._stream = endpoint.secure(tcp) if endpoint.tls else endpoint.plain(tcp)
        if endpoint.tls:
            self.tls_ns = time.monotonic_ns() - connected_ns
        endpoint.connections_opened += 1
        self._parser = ResponseParser(self._endpoint.body_limit)
        poll = _poll()
        poll.register(stream.fileno(), select.POLLIN)
        self._readable_now = poll.poll
        self._watcher = self._hub.loop.io(stream.fileno(), _READ)
        self._watcher.start(self._on_readable)
        return stream

    def _on_readable(self) -> None:
        """Wake the user that waits for bytes. An idle connection has none to come, so it is closed.

        Parts of TLS that are no data may come at any time.
        """
        if self._state == _READING:
            self._state = _BUSY
            self._user.switch()
        elif self._state == _IDLE and self._stream is not None and not _is_silent(self._stream):
            self.close()

    def _send_rest(self, stream: Stream, request: bytes, sent: int) -> None:
        while sent < len(request):
            socket.wait_write(stream.fileno())
            with contextlib.suppress(*_WOULD_BLOCK):
                sent += stream.send(request[sent:])

    def _receive(self, stream: Stream) -> int:
        """Wait for bytes and return how many have come; none at the end of the stream."""
        while True:
            self._state = _READING
            self._hub.switch()
            try:
                return stream.recv_into(self._view)  # type: ignore[no-any-return]
            except _WOULD_BLOCK:  # a part of TLS that is no data
                continue

    def _receive_rest(self, stream: Stream, parser: ResponseParser, size: int) -> None:
        classifier = self._classifier
        classifier.received = True
        while not parser.complete:
            if size > HEAD_LIMIT:
                self._bound(parser, size)
            received = self._receive(stream)
            if not received:
                classifier.ended = True
                parser.end()
                break
            parser.feed(self._view[:received])
            size += received

    def _bound(self, parser: ResponseParser, size: int) -> None:
        """Refuse what no response could need."""
        if not parser.head_done:
            raise Unacceptable("protocol/head_too_large", TOO_LARGE_HEAD)
        if size > self._endpoint.most_bytes:
            raise Unacceptable("protocol/body_too_large", _TOO_MANY_BYTES)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = self._readable_now = None
            self._parser.drop()
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _is_silent(stream: Stream) -> bool:
    """Tell whether an idle connection is open and has no data: then it can be used."""
    try:
        stream.recv(1)
    except _WOULD_BLOCK:
        return True
    except OSError:
        return False
    return False  # bytes that nobody asked for, or the end of the stream

"""The hot path: one session start over a kept connection.

One deadline covers connect, TLS, sending and the last byte. When it passes, what is in the socket already is
read before the exchange is cut. Nothing is followed, retried or sent twice.
Every way an exchange can end is a `Response`, so no exception of a socket, TLS or parser library leaves
this module. A connection is kept only after a clean end. The loop watches it for as long as it is open: its
user reads only when there is something to read, and a connection that ends while it is idle is closed. The
loop sees a socket only when it polls, so a kept connection is polled once more right before it is written
to: that is the one place where it is decided whether a kept connection is used again.
"""

from __future__ import annotations

import contextlib
import fcntl
import select
import struct
import termios
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
from gevent import monkey, socket, ssl

from sessionload.failure_causes import HEAD_LIMIT, HEAD_TOO_LARGE, NO_LEASE, OVERHEAD
from sessionload.generator.failures import FailureClassifier, complete
from sessionload.generator.http_response import NotHttp, Unacceptable, unfold
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.generator.endpoint import Endpoint, Stream
    from sessionload.generator.failures import Response
    from sessionload.generator.http_response import ResponseParser
    from sessionload.generator.session_start import SessionStart

_poll = monkey.get_original("select", "poll")
_READ = 1
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_IDLE, _BUSY, _READING = range(3)
_FOR_EVER_NS = 1 << 63
_CLOSING_NS = 500_000_000
"""So long before the server closes an idle connection it is not used any more."""


class DeadlinePassed(BaseException):
    """The deadline of an exchange has passed; thrown into its greenlet by a timer, as GreenletExit is."""


class Carried(NamedTuple):
    """A connection between two users."""

    stream: Stream
    usable_until_ns: int


class Connection:
    """One user's connection to the server, opened when needed and kept only after a clean end."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.start: SessionStart | None = None
        """What its user is executing."""
        self._endpoint = endpoint
        self._hub = gevent.get_hub()
        self._user = gevent.getcurrent()
        self._begun = endpoint.deadlines.watched()
        self._expire = self._on_deadline
        self._classifier = FailureClassifier()
        self._view = endpoint.view
        self._stream: Stream | None = None
        self._parser = endpoint.parser()
        self._watcher: Any = None
        """Watches for bytes as long as the connection is open, so that no read is tried in vain."""
        self._readable_now: Any = None
        """Polls the connection without waiting."""
        self._state = _IDLE
        """Whether the user waits for bytes, does something else with the connection, or nothing."""
        self._usable_until_ns = _FOR_EVER_NS
        """When the server closes the connection if it stays idle, as far as the server says so."""
        self._late_ns = 0
        """By how much the deadline of the last exchange was late."""
        self._unread: int | None = None
        """After the deadline: how many of the bytes that were there by then are still to be read."""
        self.connect_ns: int | None = None
        """How long the last exchange took to connect, if it had to."""
        self.tls_ns: int | None = None
        """How long its handshake took."""
        self.first_byte_ns: int | None = None
        """When the first byte of the last answer was there (monotonic)."""

    def exchange(self, request: bytes) -> Response:
        """Send `request` and return what came back. Total: every ending is a `Response`.

        Only the end of the greenlet itself (`GreenletExit`) passes through, with the connection closed.
        """
        classifier = self._classifier
        classifier.begin()
        self.connect_ns = self.tls_ns = self.first_byte_ns = self._unread = None
        clean = False
        self._state = _BUSY
        begun_ns = self._begun[self._expire] = time.monotonic_ns()
        try:
            response = self._converse(request, classifier, begun_ns)
            clean = self._parser.keep and self._endpoint.reuse and not classifier.ended
        except DeadlinePassed:
            return classifier.timeout(ours=self._was_held_up(begun_ns))
        except Unacceptable as refusal:
            return classifier.refused(refusal.cause)
        except NotHttp:
            return classifier.malformed()
        except OSError as error:
            return classifier.from_error(error)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the exchange has an outcome
            return classifier.defect(error)
        else:
            return response
        finally:
            self._begun.pop(self._expire, None)
            self._state = _IDLE
            if not clean:
                self.close()

    def _converse(self, request: bytes, classifier: FailureClassifier, begun_ns: int) -> Response:
        stream = self._stream
        if stream is None or begun_ns > self._usable_until_ns or self._readable_now(0):
            stream = self._opened(begun_ns)
        classifier.phase = "send"
        try:
            sent = stream.send(request)
        except _WOULD_BLOCK:
            sent = 0
        except ssl.SSLError:
            self._read_alert(stream)
            raise
        if sent < len(request):  # seldom: a session start fits into the buffer
            self._send_rest(stream, request, sent)
        classifier.phase = "answer"
        parser = classifier.parser = self._parser
        parser.begin()
        size = self._receive(stream)
        if not size:
            classifier.ended = True
            return classifier.closed()
        self.first_byte_ns = time.monotonic_ns()
        try:
            parser.feed(self._view[:size])
        except NotHttp:
            parser = self._feed_unfolded(bytes(self._view[:size]))
        if not parser.complete:
            parser = self._receive_rest(stream, size)
        if classifier.fresh:
            self._endpoint.remember(stream)
        if parser.idle_timeout_s is not None:
            self._usable_until_ns = time.monotonic_ns() + parser.idle_timeout_s * NS - _CLOSING_NS
        return complete(parser)

    def _opened(self, begun_ns: int) -> Stream:
        """Return the connection that was kept if it can be used, or a new one."""
        kept = self._stream
        if kept is not None and begun_ns <= self._usable_until_ns and _is_silent(kept):
            return kept
        self.close()
        self._classifier.fresh = True
        return self._open()

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
        self._parser = endpoint.parser()
        self._usable_until_ns = _FOR_EVER_NS
        self._watch(stream)
        if time.monotonic_ns() > endpoint.send_until_ns:
            raise Unacceptable(NO_LEASE)
        return stream

    def _watch(self, stream: Stream) -> None:
        poll = _poll()
        poll.register(stream.fileno(), select.POLLIN)
        self._readable_now = poll.poll
        self._watcher = self._hub.loop.io(stream.fileno(), _READ)
        self._watcher.start(self._on_readable)

    def give_away(self) -> Carried | None:
        """Return the open connection for another to adopt; this one has none then."""
        if self._stream is None:
            return None
        carried, self._stream = Carried(self._stream, self._usable_until_ns), None
        self.close()
        return carried

    def adopt(self, carried: Carried) -> None:
        """Go on with a connection that was given away. To be called before the first exchange."""
        self._stream, self._usable_until_ns = carried
        self._watch(carried.stream)

    def _on_readable(self) -> None:
        """Wake the user that waits for bytes. An idle connection has none to come, so it is closed.

        Parts of TLS that are no data may come at any time.
        """
        if self._state == _READING:
            self._state = _BUSY
            self._user.switch()
        elif self._state == _IDLE and self._stream is not None and not _is_silent(self._stream):
            self.close()

    def _read_alert(self, stream: Stream) -> None:
        """Raise the error that the server sent, if it has come: it says more than a failed send."""
        with contextlib.suppress(*_WOULD_BLOCK):
            stream.recv_into(self._view)

    def _send_rest(self, stream: Stream, request: bytes, sent: int) -> None:
        while sent < len(request):
            socket.wait_write(stream.fileno())
            with contextlib.suppress(*_WOULD_BLOCK):
                sent += stream.send(request[sent:])

    def _receive(self, stream: Stream) -> int:
        """Wait for bytes and return how many have come; none at the end of the stream."""
        while True:
            if self._unread is None:
                self._state = _READING
                self._hub.switch()
            try:
                size: int = stream.recv_into(self._view)
            except _WOULD_BLOCK:  # a part of TLS that is no data
                if self._unread is not None:
                    raise DeadlinePassed from None
                continue
            if self._unread is not None:
                if size and self._unread <= 0:
                    raise DeadlinePassed
                self._unread -= size
            return size

    def _receive_rest(self, stream: Stream, size: int) -> ResponseParser:
        """Read the rest of a response that did not come in one piece, and return the parser that has it."""
        classifier, parser = self._classifier, self._parser
        classifier.received = True
        head = bytearray(self._view[:size])
        while not parser.complete:
            if size > self._endpoint.most_bytes:
                raise Unacceptable(OVERHEAD)
            received = self._receive(stream)
            if not received:
                classifier.ended = True
                parser.end()
                break
            data = self._view[:received]
            if not parser.head_done:
                room = HEAD_LIMIT - size
                head += data[:room]
                try:
                    parser.feed(data[:room])
                except NotHttp:
                    parser = self._feed_unfolded(bytes(head))
                if received > room and not parser.head_done:
                    raise Unacceptable(HEAD_TOO_LARGE)
                data = data[room:]
            if data:
                parser.feed(data)
            size += received
        return parser

    def _feed_unfolded(self, received: bytes) -> ResponseParser:
        """Parse again from its beginning what the parser gave up on, with folded fields unfolded.

        Raises `NotHttp` when no field is folded.
        """
        unfolded = unfold(received)
        if unfolded is None or self._parser.head_done:
            raise NotHttp
        self._parser.drop()
        parser = self._parser = self._classifier.parser = self._endpoint.parser()
        parser.feed(unfolded)
        return parser

    def _on_deadline(self, late_ns: int) -> None:
        """End the exchange, `late_ns` after its deadline; but first read what is in the socket already."""
        self._late_ns = late_ns
        stream = self._stream
        if stream is not None and self._state == _READING and self._readable_now(0):
            self._unread = _bytes_in(stream)
            self._state = _BUSY
            self._user.switch()
        else:
            self._user.throw(DeadlinePassed)

    def _was_held_up(self, begun_ns: int) -> bool:
        """Tell whether an exchange was cut because the generator took too much of its time.

        A server that has the whole request needs nothing more of us, so only what comes before counts.
        """
        deadlines, classifier = self._endpoint.deadlines, self._classifier
        if self.connect_ns is None and classifier.phase == "connect":
            return self._late_ns > deadlines.tolerance_ns  # the kernel connects without us
        if classifier.phase in ("connect", "send"):
            until_ns = time.monotonic_ns()
        else:
            until_ns = begun_ns + (self.connect_ns or 0) + (self.tls_ns or 0)
        return deadlines.stalled_ns(begun_ns, until_ns) > deadlines.tolerance_ns

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


def _bytes_in(stream: Stream) -> int:
    """Return how many bytes the kernel has for a connection."""
    answer = fcntl.ioctl(stream.fileno(), termios.FIONREAD, bytes(4))
    size: int = struct.unpack("i", answer)[0]
    return size


def _is_silent(stream: Stream) -> bool:
    """Tell whether an idle connection is open and has no data: then it can be used."""
    try:
        stream.recv(1)
    except _WOULD_BLOCK:
        return True
    except OSError:
        return False
    return False  # bytes that nobody asked for, or the end of the stream

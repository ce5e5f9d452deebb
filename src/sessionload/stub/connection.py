"""One connection to the stub: bytes in, requests to the desk, replies out in order.

Law: replies leave in the order of their requests, whatever each of them waits for. Idea: httptools calls
back for each part of a request; a reply that is due at once is written at once, otherwise it takes a slot in
the queue of this connection. Under load all heads are alike, so a head that was parsed once and stood for
an accepted session start is known again by its bytes. Trap: between "due" and "written" the other side
may be gone, and a fault may have spoiled the connection for all replies behind it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from sessionload.stub.responses import NOT_HTTP, TOO_LARGE, Ending, ReceivedRequest, Reply

if TYPE_CHECKING:
    from sessionload.stub.delayed_replies import DelayQueue
    from sessionload.stub.routes import RequestHandler

_LARGEST = 1 << 16
_PIECE = 1 << 14
_QUEUE = 1_024
_DRIP_SECONDS = 0.09
_LINGER_SECONDS = 1.0
_ENDLESS_CHUNK = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
_RESET = struct.pack("ii", 1, 0)


class _Slot:
    """The place of a reply in the queue of its connection."""

    __slots__ = ("connection", "due", "reply")

    def __init__(self, connection: StubProtocol, reply: Reply) -> None:
        self.connection = connection
        self.reply = reply
        self.due = False

    def leave(self) -> None:
        self.due = True
        self.connection.flush()


class StubProtocol(asyncio.Protocol):
    """A protocol of asyncio, and the receiver of the callbacks of its request parser."""

    __slots__ = (
        "_carries_load", "_deaf", "_desk", "_loop", "_parser", "_queue", "_received", "_request", "_stuck",
        "_transport", "_unanswered", "_waiting", "_within",
    )  # fmt: skip

    def __init__(self, desk: RequestHandler, waiting: DelayQueue, loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._waiting = waiting
        self._loop = loop
        self._queue: deque[_Slot] = deque()
        self._request = ReceivedRequest()
        self._received = 0
        self._unanswered = 0
        self._carries_load = False
        self._deaf = False
        self._stuck = False
        self._within = False

    # The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """Forget what is still owed: nobody is there to read it."""
        self._desk.ledger.in_flight -= self._unanswered
        self._unanswered = 0
        self._deaf = self._stuck = True
        self._queue.clear()
        del self._parser

    def pause_writing(self) -> None:
        """Read no further requests while the other side does not read its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer a session start whose head is known at once, and parse everything else."""
        if not self._within and not self._deaf:
            end = data.find(b"\r\n\r\n") + 4
            if self._desk.heads.get(data[:end]) == len(data) - end:
                self._answer(self._desk.start(data[end:]))
                return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        """Feed the parser, in pieces small enough to notice a request that is too large."""
        whole = not self._within
        for start in range(0, len(data), _PIECE):
            if self._deaf:
                return
            piece = data[start : start + _PIECE]
            self._received += len(piece)
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserCallbackError:
                raise
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._refuse(NOT_HTTP)
            else:
                if self._received > _LARGEST:
                    self._refuse(TOO_LARGE)
        if whole and not self._within:
            self._remember(data)

    def _remember(self, data: bytes) -> None:
        """Let the desk keep the head in `data` if that was one whole request, as long as its head says."""
        head, _, body = data.partition(b"\r\n\r\n")
        usual = data.startswith(b"POST ") and body == self._request.body
        if usual and self._parser.should_keep_alive():
            self._desk.remember(self._request, head + b"\r\n\r\n")

    # The parser

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._within = True
        self._request = ReceivedRequest()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, if it is one that matters here."""
        name = name.lower()
        if name == b"authorization":
            self._request.authorization = value
            self._request.keyless = False
        elif name == b"content-type":
            self._request.content_type = value
        elif name == b"user-agent" and b"preflight" in value:
            self._request.preflight = True

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._request.body += body

    def on_message_complete(self) -> None:
        """Answer a request that has been received whole."""
        if self._deaf or self._received > _LARGEST:
            return
        self._within = False
        self._received = 0
        request = self._request
        request.method = self._parser.get_method()
        reply = self._desk.reply(request)
        if reply.ending is Ending.KEEP and not self._parser.should_keep_alive():
            reply.ending = Ending.CLOSE
        self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        if reply.load:
            self._unanswered += 1
            if not self._carries_load:
                self._carries_load = True
                self._desk.ledger.connections += 1
        self._submit(reply)

    def _refuse(self, data: bytes) -> None:
        if not self._deaf:
            self._deaf = True
            self._submit(Reply(data, Ending.REFUSE))

    # Replies, in order

    def _submit(self, reply: Reply) -> None:
        if not reply.wait and not self._queue and not self._stuck:
            self._play(reply)
            return
        slot = _Slot(self, reply)
        self._queue.append(slot)
        if len(self._queue) == _QUEUE:
            self._transport.pause_reading()
        if reply.wait:
            self._waiting.after(reply.wait, slot.leave)
        else:
            slot.due = True

    def flush(self) -> None:
        """Play the replies at the head of the queue that are due."""
        queue = self._queue
        while queue and queue[0].due and not self._stuck:
            if len(queue) == _QUEUE:
                self._transport.resume_reading()
            self._play(queue.popleft().reply)

    def _play(self, reply: Reply) -> None:
        if reply.ending is Ending.KEEP:
            self._transport.write(reply.data)
            self._done(reply)
        else:
            self._end(reply)

    def _done(self, reply: Reply) -> None:
        if reply.load:
            self._unanswered -= 1
            self._desk.ledger.in_flight -= 1

    def _end(self, reply: Reply) -> None:
        self._stuck = True
        if reply.ending is Ending.DRIP:
            self._drip(reply, 0)
            return
        self._deaf = True
        self._transport.write(reply.data)
        match reply.ending:
            case Ending.ENDLESS:
                self._pour()
                return
            case Ending.HANG:
                return
            case Ending.CLOSE:
                self._transport.close()
            case Ending.RESET:
                self._reset()
            case Ending.REFUSE:
                self._linger()
        self._done(reply)

    def _drip(self, reply: Reply, position: int) -> None:
        if self._transport.is_closing():
            return
        if position < len(reply.data):
            self._transport.write(reply.data[position : position + 1])
            self._loop.call_later(_DRIP_SECONDS, self._drip, reply, position + 1)
            return
        self._stuck = False
        self._done(reply)
        self.flush()

    def _pour(self) -> None:
        if not self._transport.is_closing():
            if self._transport.get_write_buffer_size() < len(_ENDLESS_CHUNK):
                self._transport.write(_ENDLESS_CHUNK)
            self._loop.call_later(0.001, self._pour)

    def _reset(self) -> None:
        held = cast("socket.socket", self._transport.get_extra_info("socket"))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _linger(self) -> None:
        """Close only when the other side had time to read: closing over unread bytes resets."""
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS, self._transport.close)

"""One connection to the stub: bytes in, requests to the handler, replies out in order.

httptools calls back for each part of a request. Replies leave in the order of their requests, whatever delay
each of them has: a reply that is due at once is written at once, any other waits in the queue of its
connection. Under load all heads are alike, so a head that once belonged to an accepted session start is
recognised by its bytes and not parsed again. By the time a reply is due, the client may be gone, or a fault
may have ended the connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

import httptools

from sessionload.stub.responses import NOT_HTTP, TOO_LARGE, Ending, ReceivedRequest, Reply

if TYPE_CHECKING:
    from sessionload.stub.delayed_replies import DelayQueue
    from sessionload.stub.routes import RequestHandler

_MAX_REQUEST = 1 << 16
_PARSE_BYTES = 1 << 14
_MAX_QUEUED = 1_024
_DRIP_SECONDS = 0.09
_LINGER_SECONDS = 1.0
_ENDLESS_CHUNK = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
_RESET = struct.pack("ii", 1, 0)


class _QueuedReply:
    """A reply in the queue of its connection."""

    __slots__ = ("connection", "due", "reply")

    def __init__(self, connection: StubProtocol, reply: Reply) -> None:
        self.connection = connection
        self.reply = reply
        self.due = False

    def release(self) -> None:
        self.due = True
        self.connection.flush()


class StubProtocol(asyncio.Protocol):
    """A protocol of asyncio, and the receiver of the callbacks of its request parser."""

    __slots__ = (
        "_blocked",
        "_carries_load",
        "_delays",
        "_handler",
        "_ignores_input",
        "_in_request",
        "_loop",
        "_parser",
        "_queue",
        "_request",
        "_request_bytes",
        "_transport",
        "_unanswered",
    )  # fmt: skip

    def __init__(self, handler: RequestHandler, delays: DelayQueue, loop: asyncio.AbstractEventLoop) -> None:
        self._handler = handler
        self._delays = delays
        self._loop = loop
        self._queue: deque[_QueuedReply] = deque()
        self._request = ReceivedRequest()
        self._request_bytes = 0
        self._unanswered = 0
        self._carries_load = False
        self._ignores_input = False
        self._blocked = False
        self._in_request = False

    # The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """Drop the replies that are still queued: the client is gone."""
        self._handler.ledger.in_flight -= self._unanswered
        self._unanswered = 0
        self._ignores_input = self._blocked = True
        self._queue.clear()
        del self._parser

    def pause_writing(self) -> None:
        """Read no further requests while the client does not read its responses."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer a session start with a known head at once, and parse everything else."""
        if not self._in_request and not self._ignores_input:
            end = data.find(b"\r\n\r\n") + 4
            if self._handler.heads.get(data[:end]) == len(data) - end:
                self._answer(self._handler.start(data[end:]))
                return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        """Feed the parser, in pieces small enough to notice a request that is too large."""
        at_boundary = not self._in_request
        for start in range(0, len(data), _PARSE_BYTES):
            if self._ignores_input:
                return
            piece = data[start : start + _PARSE_BYTES]
            self._request_bytes += len(piece)
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserCallbackError:
                raise
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._refuse(NOT_HTTP)
            else:
                if self._request_bytes > _MAX_REQUEST:
                    self._refuse(TOO_LARGE)
        if at_boundary and not self._in_request:
            self._remember(data)

    def _remember(self, data: bytes) -> None:
        """Let the handler remember the head in `data`, if that was one complete request."""
        head, _, body = data.partition(b"\r\n\r\n")
        cacheable = data.startswith(self._request.method + b" ") and body == self._request.body
        if cacheable and self._parser.should_keep_alive():
            self._handler.remember(self._request, head + b"\r\n\r\n")

    # The parser

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_request = True
        self._request = ReceivedRequest()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, if it is one that matters here."""
        name = name.lower()
        if name in self._handler.field_names:
            self._request.fields[name] = value
        elif name == b"content-type":
            self._request.content_type = value
        elif name == b"user-agent" and b"preflight" in value:
            self._request.preflight = True

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._request.body += body

    def on_message_complete(self) -> None:
        """Answer a request that has been received completely."""
        if self._ignores_input or self._request_bytes > _MAX_REQUEST:
            return
        self._in_request = False
        self._request_bytes = 0
        request = self._request
        request.method = self._parser.get_method()
        reply = self._handler.reply(request)
        if not self._parser.should_keep_alive():
            if reply.ending is Ending.KEEP:
                reply.ending = Ending.CLOSE
            elif reply.after is Ending.KEEP:
                reply.after = Ending.CLOSE
        self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        if reply.load:
            self._unanswered += 1
            if not self._carries_load:
                self._carries_load = True
                self._handler.ledger.connections += 1
        self._enqueue(reply)

    def _refuse(self, data: bytes) -> None:
        if not self._ignores_input:
            self._ignores_input = True
            self._enqueue(Reply(data, Ending.REFUSE))

    # Replies, in order

    def _enqueue(self, reply: Reply) -> None:
        if not reply.wait and not self._queue and not self._blocked:
            self._send(reply)
            return
        queued = _QueuedReply(self, reply)
        self._queue.append(queued)
        if len(self._queue) == _MAX_QUEUED:
            self._transport.pause_reading()
        if reply.wait:
            self._delays.after(reply.wait, queued.release)
        else:
            queued.due = True

    def flush(self) -> None:
        """Send the replies at the head of the queue that are due."""
        queue = self._queue
        while queue and queue[0].due and not self._blocked:
            if len(queue) == _MAX_QUEUED:
                self._transport.resume_reading()
            self._send(queue.popleft().reply)

    def _send(self, reply: Reply) -> None:
        if reply.ending is Ending.KEEP:
            self._transport.write(reply.data)
            self._finished(reply)
        else:
            self._send_and_end(reply)

    def _finished(self, reply: Reply) -> None:
        if reply.load:
            self._unanswered -= 1
            self._handler.ledger.in_flight -= 1

    def _send_and_end(self, reply: Reply) -> None:
        self._blocked = True
        if reply.ending is Ending.DRIP:
            self._drip(reply, 0)
            return
        if reply.ending is Ending.PIECES:
            self._send_pieces(reply, reply.data, 0)
            return
        self._ignores_input = True
        self._transport.write(reply.data)
        match reply.ending:
            case Ending.ENDLESS:
                self._send_endless()
                return
            case Ending.HANG:
                return
            case Ending.CLOSE:
                self._transport.close()
            case Ending.RESET:
                self._reset()
            case Ending.REFUSE:
                self._linger()
        self._finished(reply)

    def _drip(self, reply: Reply, position: int) -> None:
        if self._transport.is_closing():
            return
        if position < len(reply.data):
            self._transport.write(reply.data[position : position + 1])
            self._loop.call_later(_DRIP_SECONDS, self._drip, reply, position + 1)
            return
        self._blocked = False
        self._finished(reply)
        self.flush()

    def _send_pieces(self, reply: Reply, data: bytes, position: int) -> None:
        """Write `data`, and what follows it from piece `position` on, when each is due."""
        if self._transport.is_closing():
            return
        pieces = reply.pieces
        while position < len(pieces) and not pieces[position][0]:
            data += pieces[position][1]
            position += 1
        self._transport.write(data)
        if position < len(pieces):
            gap, following = pieces[position]
            self._delays.after(gap, partial(self._send_pieces, reply, following, position + 1))
            return
        self._blocked = reply.after is not Ending.KEEP
        self._ignores_input |= self._blocked
        if reply.after is Ending.CLOSE:
            self._transport.close()
        self._finished(reply)
        self.flush()

    def _send_endless(self) -> None:
        if not self._transport.is_closing():
            if self._transport.get_write_buffer_size() < len(_ENDLESS_CHUNK):
                self._transport.write(_ENDLESS_CHUNK)
            self._loop.call_later(0.001, self._send_endless)

    def _reset(self) -> None:
        sock = cast("socket.socket", self._transport.get_extra_info("socket"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _linger(self) -> None:
        """Close after a while: closing over unread bytes resets, and the client must be able to read."""
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS, self._transport.close)

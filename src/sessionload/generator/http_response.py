"""Where a response begins and ends, and the parts of it that are judged.

llhttp calls back for each part of a response. What is kept is bounded: status, two fields, and the body.
One parser serves a connection for as long as its responses end cleanly. A response that breaks a bound is
refused by an exception out of a callback. An interim response (1xx) is a message of its own, fields may
follow a body, and a response without a length ends with its connection, which the parser does not see.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

HEAD_LIMIT = 64 * 1024
_FIELD_LIMIT = 100
_LENGTHS = frozenset(map(len, ("content-type", "content-length", "content-encoding", "transfer-encoding")))

EXTRA = "more bytes came after the end of the response"
MALFORMED = "what came back is not HTTP/1.1"
TOO_LARGE_HEAD = f"the head is larger than {HEAD_LIMIT:,} bytes"


class NotHttp(Exception):  # noqa: N818  # a verdict on a response, not an error of this program
    """Bytes that are not a response."""


class Unacceptable(Exception):  # noqa: N818  # the same
    """A response that goes over a bound; `cause` and `message` are those of a `Failure`."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.message = message


class ResponseParser:
    """Events of llhttp, kept to what is judged: status, two fields, the body, and where it ended."""

    def __init__(self, body_limit: int) -> None:
        self._parser = HttpResponseParser(self)
        self._body_limit = body_limit
        self.begin()

    def drop(self) -> None:
        """Break the reference cycle with the parser, so that both are freed without a garbage collection."""
        del self._parser

    def begin(self) -> None:
        """Expect the next response of the connection."""
        self.body: bytes | bytearray = b""
        self.status = 0
        self.content_type: str | None = None
        self.content_encoding: str | None = None
        self.head_done = False
        self.complete = False
        self.keep = False
        """Whether the connection may be used again."""
        self._fields = 0
        self._length_known = False

    def feed(self, data: bytes | memoryview) -> None:
        """Take bytes from the server. Raises `NotHttp` or `Unacceptable`."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise NotHttp from None
        except HttpParserError as error:
            if isinstance(error.__context__, Unacceptable):
                raise error.__context__ from None
            raise NotHttp from None

    def end(self) -> None:
        """Take the end of the connection. Raises `NotHttp` if the response is not whole by it."""
        if not self.head_done or self._length_known:
            raise NotHttp
        self.complete = True

    def on_message_begin(self) -> None:
        """Refuse a message after the one expected."""
        if self.complete:
            raise Unacceptable("protocol/extra_bytes", EXTRA)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a field, and keep it if it may be one of those that matter."""
        self._fields += 1
        if self._fields > _FIELD_LIMIT:
            raise Unacceptable("protocol/too_many_fields", f"the head has more than {_FIELD_LIMIT} fields")
        if len(name) in _LENGTHS and not self.head_done:  # after the body nothing is judged by a field
            self._keep_field(name.lower(), value)

    def _keep_field(self, name: bytes, value: bytes) -> None:
        if name == b"content-type":
            text = value.decode("latin-1")
            self.content_type = text if self.content_type is None else f"{self.content_type}, {text}"
        elif name == b"content-length":
            self._length_known = True
        elif name == b"content-encoding":
            self.content_encoding = value.decode("latin-1")
        elif name == b"transfer-encoding":
            self._length_known = value.lower().endswith(b"chunked")

    def on_headers_complete(self) -> None:
        """Tell an interim response from the final one."""
        self.status = self._parser.get_status_code()
        if self.status < 100:
            raise Unacceptable("protocol/malformed", MALFORMED)
        self.head_done = self.status >= 200

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body, up to the limit."""
        if self.body:
            self.body = bytearray(self.body) if isinstance(self.body, bytes) else self.body
            self.body += data
        else:
            self.body = data
        if len(self.body) > self._body_limit:
            raise Unacceptable(
                "protocol/body_too_large", f"the body is larger than {self._body_limit:,} bytes"
            )

    def on_message_complete(self) -> None:
        """End the response, or begin the final one after an interim response."""
        if self.head_done:
            self.complete = True
            self.keep = self._parser.should_keep_alive()
        else:
            self.begin()

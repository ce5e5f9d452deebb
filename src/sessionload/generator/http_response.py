"""Where a response begins and ends, and the parts of it that are judged.

llhttp calls back for each part of a response. What is kept is bounded: status, a few fields and those that
the contract asks for, and the body.
One parser serves a connection for as long as its responses end cleanly. A response that breaks a bound is
refused by an exception out of a callback. An interim response (1xx) is a message of its own, fields may
follow a body, and a response without a length ends with its connection, which the parser does not see.
llhttp takes HTTP/0.9 and 2.0 in a status line and any transfer coding before `chunked`, and it refuses
folded fields; what RFC 9112 says of these is done here.
"""

from __future__ import annotations

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from sessionload.contract.response.response_headers import NO_HEADERS
from sessionload.failure_causes import (
    EXTRA_BYTES,
    FIELD_LIMIT,
    MALFORMED,
    TOO_MANY_FIELDS,
    TRANSFER_ENCODING,
    Cause,
    body_too_large,
)

_LENGTHS = frozenset(map(len, ("content-type", "content-length", "content-encoding", "transfer-encoding")))
_K = frozenset(b"kK")
_VERSIONS = frozenset({"1.1", "1.0"})
_FOLD = re.compile(rb"\r\n[ \t]+")
_IDLE_TIMEOUT = re.compile(rb"(?i)(?:^|[,;\s])timeout=\"?(\d{1,6})")


class NotHttp(Exception):  # noqa: N818  # a verdict on a response, not an error of this program
    """Bytes that are not a response."""


class Unacceptable(Exception):  # noqa: N818  # the same
    """A response that breaks a bound, for a reason."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.key)
        self.cause = cause


class ResponseParser:
    """Events of llhttp, kept to what is judged: status, a few fields, the body, and where it ended."""

    def __init__(self, body_limit: int, header_names: frozenset[str] = frozenset()) -> None:
        """Expect responses; `header_names` are the fields that the contract asks for, in lower case."""
        self._header_names = frozenset(name.encode() for name in header_names)
        self._lengths = _LENGTHS.union(map(len, self._header_names))
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
        self.headers = NO_HEADERS
        """The fields that the contract asks for."""
        self.head_done = False
        self.complete = False
        self.keep = False
        """Whether the connection may be used again."""
        self.idle_timeout_s: int | None = None
        """After how many idle seconds the server closes the connection, if it says so."""
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
            raise Unacceptable(EXTRA_BYTES)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a field, and keep it if it may be one of those that matter."""
        self._fields += 1
        if self._fields > FIELD_LIMIT:
            raise Unacceptable(TOO_MANY_FIELDS)
        if (
            len(name) in self._lengths or name[0] in _K
        ) and not self.head_done:  # fields after a body are not judged
            self._keep_field(name.lower(), value)

    def _keep_field(self, name: bytes, value: bytes) -> None:
        if name in self._header_names:
            key, text = name.decode(), value.strip(b" \t").decode("latin-1")
            earlier = self.headers.get(key)
            self.headers = {**self.headers, key: text if earlier is None else f"{earlier}, {text}"}
        if name == b"content-type":
            text = value.decode("latin-1")
            self.content_type = text if self.content_type is None else f"{self.content_type}, {text}"
        elif name == b"content-length":
            self._length_known = True
        elif name == b"content-encoding":
            self.content_encoding = value.decode("latin-1")
        elif name == b"transfer-encoding":
            if value.strip().lower() not in (b"chunked", b"identity"):
                raise Unacceptable(TRANSFER_ENCODING)
            self._length_known = value.strip().lower() == b"chunked"
        elif name == b"keep-alive":
            timeout = _IDLE_TIMEOUT.search(value)
            self.idle_timeout_s = int(timeout[1]) if timeout else None

    def on_headers_complete(self) -> None:
        """Tell an interim response from the final one."""
        self.status = self._parser.get_status_code()
        if self.status < 100 or self._parser.get_http_version() not in _VERSIONS:
            raise Unacceptable(MALFORMED)
        self.head_done = self.status >= 200

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body, up to the limit."""
        if self.body:
            self.body = bytearray(self.body) if isinstance(self.body, bytes) else self.body
            self.body += data
        else:
            self.body = data
        if len(self.body) > self._body_limit:
            raise Unacceptable(body_too_large(self._body_limit))

    def on_message_complete(self) -> None:
        """End the response, or begin the final one after an interim response."""
        if self.head_done:
            self.complete = True
            self.keep = self._parser.should_keep_alive()
        else:
            self.begin()


def unfold(received: bytes) -> bytes | None:
    """Return the bytes with each line fold in a field replaced by a space (RFC 9112, section 5.2).

    `None` when there is none in the head, or where a body may have begun.
    """
    interim = b""
    while True:
        status_line, line_end, rest = received.partition(b"\r\n")
        head, head_end, rest = rest.partition(b"\r\n\r\n")
        unfolded = _FOLD.sub(b" ", head)
        again = interim + status_line + line_end + unfolded + head_end
        if unfolded != head and not head.startswith((b" ", b"\t")):
            return again + rest
        if not (head_end and status_line.startswith(b"HTTP/1.1 1")):
            return None
        interim, received = again, rest

"""The response of every scripted fault: the bytes that are sent, and how the connection ends.

Each kind of fault, except the stall, which only waits, has one function from a `FaultContext` to a `Reply`;
the table at the end lists them. A fault is a good answer of the document that differs in one thing: status,
media type and the place of the key are the document's. Large responses are built when they are first needed,
not in every stub that starts.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sessionload.stub.faults import FaultKind
from sessionload.stub.responses import Ending, Reply, response, status_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.stub.session_answer import SessionAnswer

_OTHER_KEY = b"sk.another"


class FaultContext(NamedTuple):
    """What a fault may use: a key that nobody has yet, the authorization that came in, the argument."""

    key: bytes
    authorization: bytes
    argument: str
    answer: SessionAnswer
    """Makes honest answers, and others that differ from them in one thing."""

    @property
    def same_key(self) -> bytes:
        """A key that is the same for everybody."""
        return self.answer.key_form.value

    @property
    def body(self) -> bytes:
        """A good body."""
        return self.answer.body(self.key)


def _with_body(make: Callable[[FaultContext], bytes]) -> Callable[[FaultContext], Reply]:
    """Return a function that answers like a success, with another body."""
    return lambda context: Reply(context.answer.success(make(context)))


def _with_value(raw: bytes) -> Callable[[FaultContext], Reply]:
    """Return a function that answers like a success, with these bytes in the place of the key."""
    return _with_body(lambda context: context.answer.body_with(raw))


def _beside(name: str, raw: bytes) -> Callable[[FaultContext], Reply]:
    """Return a function that answers like a success, with a further member beside the key."""
    return _with_body(lambda context: context.answer.body_beside(context.key, name, raw))


def _with_type(media_type: str, body: bytes | None = None) -> Callable[[FaultContext], Reply]:
    """Return a function that answers with another media type, and another body if there is one."""
    return lambda context: Reply(
        context.answer.success(context.body if body is None else body, media_type=media_type)
    )


def _with_ending(ending: Ending, *, after: int | None = None) -> Callable[[FaultContext], Reply]:
    """Return a function that sends the first `after` bytes of an honest response (`None`: all)."""
    return lambda context: Reply(context.answer.session(context.key)[:after], ending)


def _with_fields(fields: bytes) -> Callable[[FaultContext], Reply]:
    """Return a function that sends a good body with these fields, LENGTH for its length, and closes."""
    return lambda context: Reply(
        context.answer.head + fields.replace(b"LENGTH", b"%d" % len(context.body)) + b"\r\n" + context.body,
        Ending.CLOSE,
    )


def _status(context: FaultContext) -> Reply:
    status = int(context.argument)
    if status < 200 or status in (204, 304):
        return Reply(status_line(status) + b"\r\n")
    if status < 300:
        return Reply(context.answer.success(context.body, status=status))
    return Reply(context.answer.refusal(status, "scripted"))


def _throttle(context: FaultContext) -> Reply:
    headers = {"retry-after": context.argument} if context.argument else {}
    return Reply(context.answer.refusal(429, "too many requests", headers))


def _redirect(context: FaultContext) -> Reply:
    return Reply(response(307, b"", fields=f"location: {context.argument}\r\n".encode()))


def _echo_api_key(context: FaultContext) -> Reply:
    key = context.authorization.decode("latin-1")
    body = context.answer.body_without_key(message=f"no session for {key}", authorization=key)
    return Reply(context.answer.success(body, fields=b"x-authorization: " + context.authorization + b"\r\n"))


def _same_key(context: FaultContext) -> Reply:
    return Reply(context.answer.session(context.same_key))


def _extra_bytes(context: FaultContext) -> Reply:
    return Reply(context.answer.session(context.key) + context.answer.session(context.same_key))


def _chunked(context: FaultContext) -> Reply:
    body = context.body
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    return Reply(context.answer.head + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")


def _interim(context: FaultContext) -> Reply:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    return Reply(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + context.answer.session(context.key))


def _http10_close(context: FaultContext) -> Reply:
    head = context.answer.head.replace(b"HTTP/1.1", b"HTTP/1.0", 1) + b"\r\n"
    return Reply(head + context.body, Ending.CLOSE)


def _close(_: FaultContext) -> Reply:
    return Reply(b"", Ending.CLOSE)


def _endless_body(context: FaultContext) -> Reply:
    return Reply(context.answer.head + b"transfer-encoding: chunked\r\n\r\n", Ending.ENDLESS)


def _big_header(context: FaultContext) -> Reply:
    return Reply(context.answer.success(context.body, fields=b"x-big: " + b"a" * (1 << 20) + b"\r\n"))


def _many_headers(context: FaultContext) -> Reply:
    return Reply(context.answer.success(context.body, fields=_field_lines()))


@cache
def _field_lines() -> bytes:
    return b"".join(b"x-%d: a\r\n" % number for number in range(10_000))


def _gzip_bomb(context: FaultContext) -> Reply:
    bomb = _bomb(context.answer.body(context.same_key))
    return Reply(context.answer.success(bomb, fields=b"content-encoding: gzip\r\n"))


@cache
def _bomb(body: bytes) -> bytes:
    """Return 32 KiB that unpack to 32 MiB: white space and then a body."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    blank = b" " * (1 << 20)
    block = packer.compress(blank) + packer.flush(zlib.Z_FULL_FLUSH)  # can be repeated, which takes no time
    packed = block * 32 + packer.compress(body) + packer.flush()
    plain = blank * 32 + body
    ends = struct.pack("<II", zlib.crc32(plain), len(plain))
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed + ends  # head and tail of gzip: RFC 1952


def _banner(_: FaultContext) -> Reply:
    return Reply(b"SSH-2.0-OpenSSH_9.2p1\r\n", Ending.CLOSE)


_RESPONSES: dict[FaultKind, Callable[[FaultContext], Reply]] = {
    FaultKind.STATUS: _status,
    FaultKind.THROTTLE: _throttle,
    FaultKind.REDIRECT: _redirect,
    FaultKind.NOT_JSON: _with_body(lambda context: context.answer.body_cut_off()),
    FaultKind.EMPTY_BODY: _with_body(lambda _: b""),
    FaultKind.NAN: _beside("weight", b"NaN"),
    FaultKind.OVERFLOW: _beside("weight", b"1e999"),
    FaultKind.HUGE_INTEGER: _beside("weight", b"7" * 5_000),
    FaultKind.DUPLICATE_KEY: _with_body(
        lambda context: context.answer.body_with_two_keys(context.key, _OTHER_KEY)
    ),
    FaultKind.NOT_UTF8: _with_value(b'"sk.\xff\xfe"'),
    FaultKind.BOM: _with_body(lambda context: b"\xef\xbb\xbf" + context.body),
    FaultKind.LONE_SURROGATE: _with_value(b'"sk.\\ud800"'),
    FaultKind.DEEP: _beside("deep", b"[" * 5_000 + b"]" * 5_000),
    FaultKind.ARRAY: _with_body(lambda context: b'["%b"]' % context.key),
    FaultKind.HTML: _with_type(
        "text/html; charset=utf-8", b"<!doctype html><title>Sorry</title><p>Back soon.\n"
    ),
    FaultKind.WRONG_TYPE: _with_type("text/plain"),
    FaultKind.MISSING_KEY: _with_body(lambda context: context.answer.body_without_key()),
    FaultKind.EMPTY_KEY: _with_value(b'""'),
    FaultKind.NULL_KEY: _with_value(b"null"),
    FaultKind.NUMBER_KEY: _with_value(b"7"),
    FaultKind.SAME_KEY: _same_key,
    FaultKind.BIG_KEY: _with_body(lambda context: context.answer.body(context.key * 30_000)),
    FaultKind.ECHO_API_KEY: _echo_api_key,
    FaultKind.EXTRA_BYTES: _extra_bytes,
    FaultKind.CLOSE: _close,
    FaultKind.CLOSE_AFTER: _with_ending(Ending.CLOSE),
    FaultKind.CLOSE_MID_BODY: _with_ending(Ending.CLOSE, after=-20),
    FaultKind.RESET: _with_ending(Ending.RESET, after=0),
    FaultKind.RESET_MID_BODY: _with_ending(Ending.RESET, after=-20),
    FaultKind.HANG: _with_ending(Ending.HANG, after=0),
    FaultKind.HANG_MID_BODY: _with_ending(Ending.HANG, after=-20),
    FaultKind.SLOW_DRIP: _with_ending(Ending.DRIP),
    FaultKind.ENDLESS_BODY: _endless_body,
    FaultKind.GZIP_BOMB: _gzip_bomb,
    FaultKind.BIG_HEADER: _big_header,
    FaultKind.MANY_HEADERS: _many_headers,
    FaultKind.CHUNKED: _chunked,
    FaultKind.BAD_CHUNK: _with_fields(b"transfer-encoding: chunked\r\n"),
    FaultKind.TWO_LENGTHS: _with_fields(b"content-length: LENGTH\r\ncontent-length: 5\r\n"),
    FaultKind.NEGATIVE_LENGTH: _with_fields(b"content-length: -1\r\n"),
    FaultKind.INTERIM: _interim,
    FaultKind.HTTP10_CLOSE: _http10_close,
    FaultKind.BANNER: _banner,
}


def faulty_reply(kind: FaultKind, context: FaultContext) -> Reply:
    """Return the reply of a `kind` of fault other than a stall, which only waits."""
    return _RESPONSES[kind](context)

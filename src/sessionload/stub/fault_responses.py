"""The response of every scripted fault: the bytes that are sent, and how the connection ends.

Each kind of fault, except the stall, which only waits, has one function from a `FaultContext` to a `Reply`;
the table at the end lists them. Large responses are built when they are first needed, not in every stub that
starts.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sessionload.stub.faults import FaultKind
from sessionload.stub.responses import Ending, Reply, refusal, response, status_line

if TYPE_CHECKING:
    from collections.abc import Callable

SAME_KEY = b"sk.every-user-is-given-this-one-key"
"""The key that `same_key` hands to everybody."""

_JSON_HEAD = status_line(200) + b"content-type: application/json\r\n"


class FaultContext(NamedTuple):
    """What a fault may use: a key that nobody has yet, the authorization that came in, the argument."""

    key: bytes
    authorization: bytes
    argument: str
    session: Callable[[bytes], bytes]
    """Makes the answer that hands out a key."""


def _body(key: bytes) -> bytes:
    return b'{"sessionKey":"' + key + b'"}'


def _with_body(template: bytes, content_type: str = "application/json") -> Callable[[FaultContext], Reply]:
    """Return a function that answers 200 with this body, in which KEY stands for a fresh key."""
    return lambda context: Reply(
        response(200, template.replace(b"KEY", context.key), content_type=content_type)
    )


def _with_ending(ending: Ending, *, after: int | None = None) -> Callable[[FaultContext], Reply]:
    """Return a function that sends the first `after` bytes of an honest response (`None`: all)."""
    return lambda context: Reply(context.session(context.key)[:after], ending)


def _with_fields(fields: bytes) -> Callable[[FaultContext], Reply]:
    """Return a function that sends a good body with these header fields and without a length."""
    return lambda context: Reply(_JSON_HEAD + fields + b"\r\n" + _body(context.key), Ending.CLOSE)


def _status(context: FaultContext) -> Reply:
    status = int(context.argument)
    if status < 200 or status in (204, 304):
        return Reply(status_line(status) + b"\r\n")
    if status < 300:
        return Reply(response(status, _body(context.key)))
    return Reply(refusal(status, "scripted"))


def _throttle(context: FaultContext) -> Reply:
    fields = f"retry-after: {context.argument}\r\n".encode() if context.argument else b""
    return Reply(refusal(429, "too many requests", fields=fields))


def _redirect(context: FaultContext) -> Reply:
    return Reply(response(307, b"", fields=f"location: {context.argument}\r\n".encode()))


def _echo_api_key(context: FaultContext) -> Reply:
    key = context.authorization.decode("latin-1")
    body = json.dumps({"message": f"no session for {key}", "authorization": key}).encode()
    return Reply(response(200, body, fields=b"x-authorization: " + context.authorization + b"\r\n"))


def _same_key(context: FaultContext) -> Reply:
    return Reply(context.session(SAME_KEY))


def _big_key(context: FaultContext) -> Reply:
    return Reply(response(200, _body(context.key * 30_000)))


def _extra_bytes(context: FaultContext) -> Reply:
    return Reply(context.session(context.key) + context.session(SAME_KEY))


def _chunked(context: FaultContext) -> Reply:
    body = _body(context.key)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    return Reply(_JSON_HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")


def _interim(context: FaultContext) -> Reply:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    return Reply(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + context.session(context.key))


def _http10_close(context: FaultContext) -> Reply:
    head = b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n"
    return Reply(head + _body(context.key), Ending.CLOSE)


def _close(_: FaultContext) -> Reply:
    return Reply(b"", Ending.CLOSE)


def _endless_body(_: FaultContext) -> Reply:
    return Reply(_JSON_HEAD + b"transfer-encoding: chunked\r\n\r\n", Ending.ENDLESS)


def _big_header(context: FaultContext) -> Reply:
    return Reply(response(200, _body(context.key), fields=b"x-big: " + b"a" * (1 << 20) + b"\r\n"))


def _many_headers(context: FaultContext) -> Reply:
    return Reply(response(200, _body(context.key), fields=_field_lines()))


@cache
def _field_lines() -> bytes:
    return b"".join(b"x-%d: a\r\n" % number for number in range(10_000))


def _gzip_bomb(_: FaultContext) -> Reply:
    return Reply(response(200, _bomb(), fields=b"content-encoding: gzip\r\n"))


@cache
def _bomb() -> bytes:
    """Return 32 KiB that unpack to 32 MiB: white space and then a session key."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blank = b" " * (1 << 20)
    return (
        b"".join(packer.compress(blank) for _ in range(32))
        + packer.compress(_body(SAME_KEY))
        + packer.flush()
    )


def _banner(_: FaultContext) -> Reply:
    return Reply(b"SSH-2.0-OpenSSH_9.2p1\r\n", Ending.CLOSE)


_RESPONSES: dict[FaultKind, Callable[[FaultContext], Reply]] = {
    FaultKind.STATUS: _status,
    FaultKind.THROTTLE: _throttle,
    FaultKind.REDIRECT: _redirect,
    FaultKind.NOT_JSON: _with_body(b'{"sessionKey": '),
    FaultKind.EMPTY_BODY: _with_body(b""),
    FaultKind.NAN: _with_body(b'{"sessionKey":"KEY","weight":NaN}'),
    FaultKind.OVERFLOW: _with_body(b'{"sessionKey":"KEY","weight":1e999}'),
    FaultKind.HUGE_INTEGER: _with_body(b'{"sessionKey":"KEY","weight":' + b"7" * 5_000 + b"}"),
    FaultKind.DUPLICATE_KEY: _with_body(b'{"sessionKey":"KEY","sessionKey":"sk.another"}'),
    FaultKind.NOT_UTF8: _with_body(b'{"sessionKey":"sk.\xff\xfe"}'),
    FaultKind.BOM: _with_body(b'\xef\xbb\xbf{"sessionKey":"KEY"}'),
    FaultKind.LONE_SURROGATE: _with_body(b'{"sessionKey":"sk.\\ud800"}'),
    FaultKind.DEEP: _with_body(b'{"sessionKey":"KEY","deep":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    FaultKind.ARRAY: _with_body(b'["KEY"]'),
    FaultKind.HTML: _with_body(
        b"<!doctype html><title>Sorry</title><p>Back soon.\n", "text/html; charset=utf-8"
    ),
    FaultKind.WRONG_TYPE: _with_body(b'{"sessionKey":"KEY"}', "text/plain"),
    FaultKind.MISSING_KEY: _with_body(b"{}"),
    FaultKind.EMPTY_KEY: _with_body(b'{"sessionKey":""}'),
    FaultKind.NULL_KEY: _with_body(b'{"sessionKey":null}'),
    FaultKind.NUMBER_KEY: _with_body(b'{"sessionKey":7}'),
    FaultKind.SAME_KEY: _same_key,
    FaultKind.BIG_KEY: _big_key,
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
    FaultKind.TWO_LENGTHS: _with_fields(b"content-length: 52\r\ncontent-length: 5\r\n"),
    FaultKind.NEGATIVE_LENGTH: _with_fields(b"content-length: -1\r\n"),
    FaultKind.INTERIM: _interim,
    FaultKind.HTTP10_CLOSE: _http10_close,
    FaultKind.BANNER: _banner,
}


def faulty_reply(kind: FaultKind, context: FaultContext) -> Reply:
    """Return the reply of a `kind` of fault other than a stall, which only waits."""
    return _RESPONSES[kind](context)

"""Every scripted fault as the bytes that go over the wire and the way the connection ends.

Law: each kind of fault but the stall has one play. Idea: a play is a function from a scene (a fresh key,
the key that came in, the argument of the fault) to a reply; the table at the end is the list of them.
Trap: big answers are built when they are first played, not for every stub that starts.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sessionload.stub.faults import FaultKind
from sessionload.stub.responses import Ending, Reply, refusal, response, session, status_line

if TYPE_CHECKING:
    from collections.abc import Callable

SAME_KEY = b"sk.every-user-is-given-this-one-key"
"""The key that `same_key` hands to everybody."""

_JSON_HEAD = status_line(200) + b"content-type: application/json\r\n"


class Scene(NamedTuple):
    """What a play may use: a key that nobody has yet, the authorization that came in, the argument."""

    key: bytes
    authorization: bytes
    argument: str


def _body(key: bytes) -> bytes:
    return b'{"sessionKey":"' + key + b'"}'


def _says(template: bytes, content_type: str = "application/json") -> Callable[[Scene], Reply]:
    """Return a play that answers 200 with this body, in which KEY stands for a fresh key."""
    return lambda scene: Reply(response(200, template.replace(b"KEY", scene.key), content_type=content_type))


def _ends(ending: Ending, *, after: int | None = None) -> Callable[[Scene], Reply]:
    """Return a play that sends the first `after` bytes of an honest answer (`None`: all), then ends so."""
    return lambda scene: Reply(session(scene.key)[:after], ending)


def _heads(fields: bytes) -> Callable[[Scene], Reply]:
    """Return a play that answers honestly but for its framing: these header fields instead of a length."""
    return lambda scene: Reply(_JSON_HEAD + fields + b"\r\n" + _body(scene.key), Ending.CLOSE)


def _status(scene: Scene) -> Reply:
    status = int(scene.argument)
    if status < 200 or status in (204, 304):
        return Reply(status_line(status) + b"\r\n")
    if status < 300:
        return Reply(response(status, _body(scene.key)))
    return Reply(refusal(status, "scripted"))


def _throttle(scene: Scene) -> Reply:
    fields = f"retry-after: {scene.argument}\r\n".encode() if scene.argument else b""
    return Reply(refusal(429, "too many requests", fields=fields))


def _redirect(scene: Scene) -> Reply:
    return Reply(response(307, b"", fields=f"location: {scene.argument}\r\n".encode()))


def _echo_api_key(scene: Scene) -> Reply:
    key = scene.authorization.decode("latin-1")
    body = json.dumps({"message": f"no session for {key}", "authorization": key}).encode()
    return Reply(response(200, body, fields=b"x-authorization: " + scene.authorization + b"\r\n"))


def _same_key(_scene: Scene) -> Reply:
    return Reply(session(SAME_KEY))


def _big_key(scene: Scene) -> Reply:
    return Reply(response(200, _body(scene.key * 30_000)))


def _extra_bytes(scene: Scene) -> Reply:
    return Reply(session(scene.key) + session(SAME_KEY))


def _chunked(scene: Scene) -> Reply:
    body = _body(scene.key)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    return Reply(_JSON_HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")


def _interim(scene: Scene) -> Reply:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    return Reply(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + session(scene.key))


def _http10_close(scene: Scene) -> Reply:
    head = b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n"
    return Reply(head + _body(scene.key), Ending.CLOSE)


def _close(_scene: Scene) -> Reply:
    return Reply(b"", Ending.CLOSE)


def _endless_body(_scene: Scene) -> Reply:
    return Reply(_JSON_HEAD + b"transfer-encoding: chunked\r\n\r\n", Ending.ENDLESS)


def _big_header(scene: Scene) -> Reply:
    return Reply(response(200, _body(scene.key), fields=b"x-big: " + b"a" * (1 << 20) + b"\r\n"))


def _many_headers(scene: Scene) -> Reply:
    return Reply(response(200, _body(scene.key), fields=_field_lines()))


@cache
def _field_lines() -> bytes:
    return b"".join(b"x-%d: a\r\n" % number for number in range(10_000))


def _gzip_bomb(_scene: Scene) -> Reply:
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


def _banner(_scene: Scene) -> Reply:
    return Reply(b"SSH-2.0-OpenSSH_9.2p1\r\n", Ending.CLOSE)


_PLAYS: dict[FaultKind, Callable[[Scene], Reply]] = {
    FaultKind.STATUS: _status,
    FaultKind.THROTTLE: _throttle,
    FaultKind.REDIRECT: _redirect,
    FaultKind.NOT_JSON: _says(b'{"sessionKey": '),
    FaultKind.EMPTY_BODY: _says(b""),
    FaultKind.NAN: _says(b'{"sessionKey":"KEY","weight":NaN}'),
    FaultKind.OVERFLOW: _says(b'{"sessionKey":"KEY","weight":1e999}'),
    FaultKind.HUGE_INTEGER: _says(b'{"sessionKey":"KEY","weight":' + b"7" * 5_000 + b"}"),
    FaultKind.DUPLICATE_KEY: _says(b'{"sessionKey":"KEY","sessionKey":"sk.another"}'),
    FaultKind.NOT_UTF8: _says(b'{"sessionKey":"sk.\xff\xfe"}'),
    FaultKind.BOM: _says(b'\xef\xbb\xbf{"sessionKey":"KEY"}'),
    FaultKind.LONE_SURROGATE: _says(b'{"sessionKey":"sk.\\ud800"}'),
    FaultKind.DEEP: _says(b'{"sessionKey":"KEY","deep":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    FaultKind.ARRAY: _says(b'["KEY"]'),
    FaultKind.HTML: _says(b"<!doctype html><title>Sorry</title><p>Back soon.\n", "text/html; charset=utf-8"),
    FaultKind.WRONG_TYPE: _says(b'{"sessionKey":"KEY"}', "text/plain"),
    FaultKind.MISSING_KEY: _says(b"{}"),
    FaultKind.EMPTY_KEY: _says(b'{"sessionKey":""}'),
    FaultKind.NULL_KEY: _says(b'{"sessionKey":null}'),
    FaultKind.NUMBER_KEY: _says(b'{"sessionKey":7}'),
    FaultKind.SAME_KEY: _same_key,
    FaultKind.BIG_KEY: _big_key,
    FaultKind.ECHO_API_KEY: _echo_api_key,
    FaultKind.EXTRA_BYTES: _extra_bytes,
    FaultKind.CLOSE: _close,
    FaultKind.CLOSE_AFTER: _ends(Ending.CLOSE),
    FaultKind.CLOSE_MID_BODY: _ends(Ending.CLOSE, after=-20),
    FaultKind.RESET: _ends(Ending.RESET, after=0),
    FaultKind.RESET_MID_BODY: _ends(Ending.RESET, after=-20),
    FaultKind.HANG: _ends(Ending.HANG, after=0),
    FaultKind.HANG_MID_BODY: _ends(Ending.HANG, after=-20),
    FaultKind.SLOW_DRIP: _ends(Ending.DRIP),
    FaultKind.ENDLESS_BODY: _endless_body,
    FaultKind.GZIP_BOMB: _gzip_bomb,
    FaultKind.BIG_HEADER: _big_header,
    FaultKind.MANY_HEADERS: _many_headers,
    FaultKind.CHUNKED: _chunked,
    FaultKind.BAD_CHUNK: _heads(b"transfer-encoding: chunked\r\n"),
    FaultKind.TWO_LENGTHS: _heads(b"content-length: 52\r\ncontent-length: 5\r\n"),
    FaultKind.NEGATIVE_LENGTH: _heads(b"content-length: -1\r\n"),
    FaultKind.INTERIM: _interim,
    FaultKind.HTTP10_CLOSE: _http10_close,
    FaultKind.BANNER: _banner,
}


def faulty_reply(kind: FaultKind, scene: Scene) -> Reply:
    """Return the reply that `kind` of fault gives in this scene. A stall is no play: it only waits."""
    return _PLAYS[kind](scene)

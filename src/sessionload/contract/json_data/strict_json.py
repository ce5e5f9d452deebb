"""Bytes to a JSON value, or the one reason why not.

What two readers could understand differently is refused, and every failure is a `JsonError` of a closed set
of kinds. This is the standard decoder with a hook at each place where it is lenient: it would take NaN,
`1e999`, duplicate names and half surrogate pairs. Depth is counted before it starts.
"""

from __future__ import annotations

import json
import math
import re
from enum import StrEnum
from typing import Any, NoReturn

MAX_DEPTH = 32
"""How many arrays and objects may be open at once."""

_SAFE_DIGITS = 300
"""An integer written with fewer characters than this fits into a double."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""One string, or an unfinished one up to the end. Possessive, so that hostile input takes linear time."""

_OPENING = b"[{"
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)


class JsonErrorKind(StrEnum):
    """Why bytes are not one strict JSON value. The set is closed."""

    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    BOM = "bom"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    TRAILING = "trailing"
    NAN = "nan"
    OVERFLOW = "overflow"
    DUPLICATE_KEY = "duplicate_key"
    LONE_SURROGATE = "lone_surrogate"


SENTENCES = {
    JsonErrorKind.EMPTY: "the body is empty",
    JsonErrorKind.NOT_UTF8: "the body is not valid UTF-8",
    JsonErrorKind.BOM: "the body begins with a byte order mark",
    JsonErrorKind.TOO_DEEP: f"the body nests deeper than {MAX_DEPTH} levels",
    JsonErrorKind.NOT_JSON: "the body is not JSON",
    JsonErrorKind.TRAILING: "something follows the JSON value in the body",
    JsonErrorKind.NAN: "the body has NaN or Infinity, which JSON does not know",
    JsonErrorKind.OVERFLOW: "the body has a number that no double can hold",
    JsonErrorKind.DUPLICATE_KEY: "an object in the body has the same name twice",
    JsonErrorKind.LONE_SURROGATE: "the body escapes half of a surrogate pair, which is no character",
}
"""The sentence for each kind. It says nothing that a server chose."""


class JsonError(ValueError):
    """The bytes are not one strict JSON value; `kind` says why, `message` is its sentence."""

    def __init__(self, kind: JsonErrorKind) -> None:
        self.kind = kind
        self.message = SENTENCES[kind]
        super().__init__(self.message)


def parse(body: bytes) -> Any:  # noqa: ANN401 - a JSON value is any of seven types, nested
    """Return the JSON value that `body` is, read by RFC 8259 without any leniency.

    Raises `JsonError`, and nothing else, for every other sequence of bytes.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonError(JsonErrorKind.NOT_UTF8) from None
    if text.startswith("\ufeff"):
        raise JsonError(JsonErrorKind.BOM)
    if is_too_deep(body):
        raise JsonError(JsonErrorKind.TOO_DEEP)
    try:
        value = _decoded(text)
    except json.JSONDecodeError as error:
        raise JsonError(_kind_of(text, error)) from None
    if "\\u" in text and _has_lone_surrogate(value):
        raise JsonError(JsonErrorKind.LONE_SURROGATE)
    return value


def is_too_deep(body: bytes) -> bool:
    """Whether more than `MAX_DEPTH` brackets outside strings are open at once; time is linear in the body."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for byte in _STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if byte in _OPENING else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _decoded(text: str) -> Any:  # noqa: ANN401 - as `parse`
    try:
        value, end = _DECODER.raw_decode(text)  # a third of what `decode` takes, which looks for white space
    except json.JSONDecodeError:
        return _DECODER.decode(text)
    return value if end == len(text) else _DECODER.decode(text)


def _kind_of(text: str, error: json.JSONDecodeError) -> JsonErrorKind:
    if not text.strip():
        return JsonErrorKind.EMPTY
    return JsonErrorKind.TRAILING if error.msg == "Extra data" else JsonErrorKind.NOT_JSON


def _has_lone_surrogate(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonError(JsonErrorKind.DUPLICATE_KEY)
    return members


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonError(JsonErrorKind.OVERFLOW)
    return number


def _int(text: str) -> int:
    if len(text) >= _SAFE_DIGITS:
        _float(text)
    return int(text)


def _constant(_: str) -> NoReturn:
    raise JsonError(JsonErrorKind.NAN)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant
)

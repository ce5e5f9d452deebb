"""Strict JSON: what is taken, what is refused and why, and that nothing else ever happens."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionload.contract.json_data.strict_json import (
    MAX_DEPTH,
    SENTENCES,
    JsonError,
    JsonErrorKind,
    is_too_deep,
    parse,
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('ab\\"é😀', max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' \t\r\n{"a": [1, -2.5, 1e3, true, false, null]} \n', {"a": [1, -2.5, 1000.0, True, False, None]}),
        (b'"\xc3\xbc"', "ü"),
        (b'"\\u00fc"', "ü"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'{"a":{"a":1}}', {"a": {"a": 1}}),
        (b"0", 0),
        (b"-0.0", -0.0),
        (b"1e308", 1e308),
        (b"1e-999", 0.0),
        (b"1" * 309, int("1" * 309)),
        (b"-" + b"1" * 309, -int("1" * 309)),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b'"' + b'\\"[' * 100 + b'"', '"[' * 100),
        (b"[[]," * 31 + b"0" + b"]" * 31, None),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),
    ],
)
def test_strict_json_is_taken(body: bytes, value: object) -> None:
    assert parse(body) == (value if value is not None else json.loads(body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xff", "not_utf8"),
        (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
        (b'"\xc0\xaf"', "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        (b"\xef\xbb\xbf{}", "bom"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too_deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
        (b"[" * 200_000, "too_deep"),
        (b'{"x":"' + b"[" * 40 + b'","a":' + b"[" * 40, "too_deep"),
        (b"<html></html>", "not_json"),
        (b"{'a': 1}", "not_json"),
        (b'{"a": 1,}', "not_json"),
        (b'{"a": "b', "not_json"),
        (b'"a\nb"', "not_json"),
        (b'"\x00"', "not_json"),
        (b"\x00", "not_json"),
        (b'"' + b'\\"[' * 100, "not_json"),
        (b"+1", "not_json"),
        (b"01", "trailing"),
        (b"{} {}", "trailing"),
        (b"{}\x00", "trailing"),
        (b"1_000", "trailing"),
        (b"NaN", "nan"),
        (b'{"a": Infinity}', "nan"),
        (b"[-Infinity]", "nan"),
        (b"1e999", "overflow"),
        (b"[-1e999]", "overflow"),
        (b"1" * 5_000, "overflow"),
        (b"-" + b"9" * 309, "overflow"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'[{"b":{"a":1,"\\u0061":2}}]', "duplicate_key"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'{"\\uDC00": 1}', "lone_surrogate"),
        (b'["\\ude00\\ud83d"]', "lone_surrogate"),
    ],
)
def test_anything_else_is_refused_with_its_kind(body: bytes, kind: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse(body)
    assert caught.value.kind == kind
    assert caught.value.message == SENTENCES[JsonErrorKind(kind)]


def test_every_kind_has_a_sentence() -> None:
    assert set(SENTENCES) == set(JsonErrorKind)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\\u")
def test_every_sequence_of_bytes_is_a_value_or_a_fault(body: bytes) -> None:
    value, kind = _parsed(body)
    assert kind in JsonErrorKind if kind else value == json.loads(body)


def _parsed(body: bytes) -> tuple[object, JsonErrorKind | None]:
    try:
        return parse(body), None
    except JsonError as fault:
        return None, fault.kind


@given(_JSON, st.booleans())
def test_what_is_written_is_read(value: object, ascii_only: bool) -> None:  # noqa: FBT001 - drawn, not passed
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.text('[]{}"\\,:1a ', max_size=200))
def test_a_value_that_is_read_is_not_too_deep(text: str) -> None:
    try:
        value = json.loads(text)
    except ValueError:
        return
    assert is_too_deep(text.encode()) == (_depth(value) > MAX_DEPTH)


def _depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0) if isinstance(inner, list) else 0


@pytest.mark.parametrize(
    "body", [b'"\\' * 32_768, b'\\"' * 32_768, b'["' * 32_768, b'"' + b"a" * 65_535, b"[]" * 32_768]
)
def test_hostile_bodies_of_64_kib_take_no_time(body: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(JsonError):
        parse(body)
    assert time.perf_counter() - start < 0.5

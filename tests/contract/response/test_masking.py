"""Excerpts: what a person still sees, and that no key survives, in whatever form and place."""

from __future__ import annotations

import base64
import json
import random
import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.response.masking import mask

_SAMPLE_KEYS = [
    "VF.DM.6f1c2a9b4e7d8035c1aa90ff.Xy7Qp2LmNc4Rt8Vw",
    "VF.DM.abcdefghijkl.mnopqrstuvwx",
    "VF.DM.AbCdEfGhIjKl",
    "VF.SK.kjhgf",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl",
    "dGhpcyBpcyBhIGtleQ==",
    "sk_live_qwertyuiop",
    "550e8400-e29b-41d4-a716-446655440000",
    "kJhGfDsApOiUyTrEwQ",
    "12345678",
    "correcthorsebatterystaple",
    "CORRECTHORSEBATTERYSTAPLE",
    "a:b:c:d:e:f:g",
]

_TOKENS = string.ascii_letters + string.digits + "+/=._~%-"
_KEYS = st.one_of(
    st.sampled_from(_SAMPLE_KEYS),
    st.text(string.ascii_lowercase, min_size=2, max_size=60).map(lambda tail: f"VF.DM.{tail}"),
    st.text(_TOKENS, min_size=6, max_size=60).map(lambda tail: f"k7{tail}"),
    st.text("0123456789abcdef", min_size=15, max_size=64).map(lambda digits: f"{digits}0"),
)


def _forms(key: str) -> dict[str, str]:
    return {
        "raw": key,
        "base64": base64.b64encode(key.encode()).decode(),
        "base64url": base64.urlsafe_b64encode(key.encode()).decode(),
        "url": quote(key, safe=""),
        "url of every byte": "".join(f"%{byte:02X}" for byte in key.encode()),
        "json": "".join(f"\\u{ord(character):04x}" for character in key),
        "json slash": key.replace("/", "\\/"),
        "html": "".join(f"&#{ord(character)};" for character in key),
        "wide": "\0".join(key),
        # Eight letters that read as a word are one; but only of such a key, and only cut off exactly there.
        "prefix": key if key[:8].isalpha() and key.isalpha() else key[:8],
    }


_FORMS = st.sampled_from(sorted(_forms("k")))

_BODIES = [
    b"",
    b"{}",
    b'{"sessionKey": "abc", "list": [1, 2, {"error": "not found"}], "x": {"y": null}}',
    b'{"sessionKey": "abc", "sessionKey": "def"',
    b'{"a": NaN, "a": 1e999}',
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body class='x'>nginx</body></html>",
    b"upstream connect error or disconnect/reset before headers. reset reason: overflow",
    b"\xff\xfe\x00\x01 binary \xc3\xbc",
    b'"text"',
    b"[[[[[[1]]]]]]",
    b'{"\\ud800": "\\ud800"}',
]


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        (b"", "(empty body)"),
        (b" \n", " ·"),
        (b"{}", "{}"),
        (b"[]", "[]"),
        (b"null", "null"),
        (b'"VF.SK.1234"', '"<10 characters>"'),
        (b'{"sessionKey": ""}', '{"sessionKey": "<0 characters>"}'),
        (b'{"session_key":"k"}', '{"session_key": "<1 character>"}'),
        (b'{"a":true,"b":[false,null]}', '{"a": true, "b": [false, null]}'),
        (b'{"statusCode":400,"retryAfter":-1.5e3}', '{"statusCode": 400, "retryAfter": -1.5e3}'),
        (b'{"at":1234567,"n":123456}', '{"at": <7 digits>, "n": <6 digits>}'),
        (b'{"a":1,"a":2}', '{"a": <1 digit>, "a": <1 digit>}'),
        (b'{"a":NaN,"b":-Infinity,"c":1e999}', '{"a": NaN, "b": -Infinity, "c": <4 digits>}'),
        (b"\xef\xbb\xbf{}", "{}"),
        (b"[1,2,3,4,5]", "[<1 digit>, <1 digit>, <1 digit>, … 2 more]"),
        (b"[[[[[]]]]]", "[[[[[]]]]]"),
        (b"[[[[[1]]]]]", "[[[[[…]]]]]"),
        (b'{"VF.DM.abc": 1}', '{"<9 characters>": <1 digit>}'),
        (b'{"userID":"u","request-id":"v","URL":"w"}', None),
        (b'{"sessionkey":1,"SESSION_KEY":2}', '{"sessionkey": <1 digit>, "SESSION_KEY": <1 digit>}'),
        (b'{"correcthorse":1}', '{"<12 characters>": <1 digit>}'),
        (b'{"a b": 1}', '{"<3 characters>": <1 digit>}'),
        (b"<h1>502 Bad Gateway</h1>\r\n", "<h1>502 Bad Gateway</h1>··"),
        (b"Unauthorized.", "Unauthorized."),
        (b"key=VF.DM.6f1c sent", "<14 characters> sent"),
        (b"go to https://example.com/a", "go to <21 characters>"),
        (b'{"sessionKey": "abc", }', '{"sessionKey": "<3 characters>", }'),
        (b'{"sessionKey": "abc', '{"sessionKey": "<3 characters>"'),
        (b"caf\xc3\xa9 bar\x07", "caf·· bar·"),
        (b"antidisestablishmentarianism", "<28 characters>"),
    ],
)
def test_the_excerpt_shows_the_form(body: bytes, excerpt: str | None) -> None:
    expected = excerpt or '{"userID": "<1 character>", "request-id": "<1 character>", "URL": "<1 character>"}'
    assert mask(body) == expected


def test_an_object_with_many_members_ends_in_a_count() -> None:
    body = json.dumps({f"n{number}": 0 for number in range(15)}).encode()
    assert mask(body, 1000).endswith('"n11": <1 digit>, … 3 more}')


def test_a_long_name_is_cut() -> None:
    assert mask(b'{"' + b"errorCode" * 6 + b'": 1}') == '{"' + ("errorCode" * 5)[:39] + '…": <1 digit>}'


@given(
    st.integers(100_000, 999_999),
    st.sampled_from(["sessionKey", "token", "id", "value", "key", "n", "data.token"]),
    st.sampled_from(["{}", "[{}]", '{{"data": {}}}', '{{"data": {}']),
    st.sampled_from(["", " " * 9000]),
)
def test_a_number_in_the_place_of_a_key_is_never_shown(key: int, name: str, form: str, room: str) -> None:
    """In JSON, in JSON that is cut off, and in a body that is too large to be parsed."""
    for value in (str(key), f"-{key}", f"[{key}]", f'{{"value": {key}}}', f"{key}e1"):
        body = form.format(f'{{"{name}": {value}}}') + room
        assert str(key) not in mask(body.encode()), body


@pytest.mark.parametrize("name", ["code", "status_code", "statusCode", "Retry-After", "limit"])
def test_a_number_that_is_no_key_by_its_name_is_shown(name: str) -> None:
    assert "429" in mask(f'{{"error": {{"{name}": 429}}}}'.encode())
    assert "429" in mask(f'{{"error": {{"{name}": 429'.encode())
    assert "4290000" not in mask(f'{{"{name}": 4290000}}'.encode())


@pytest.mark.parametrize("limit", [20, 200, 1000])
@pytest.mark.parametrize(
    "body", [b"word " * 5_000, b'["' + b"word " * 5_000 + b'"]', b"[" * 70_000, b'{"ab":' * 30]
)
def test_the_excerpt_is_bounded(body: bytes, limit: int) -> None:
    assert len(mask(body, limit)) <= limit


def test_a_key_that_the_window_cuts_leaves_no_beginning() -> None:
    for shift in range(12):
        body = b"x " * 4_090 + b"y" * shift + b"VF.DM.6f1c2a9b4e7d8035c1aa90ff"
        assert "VF.D" not in mask(body, limit=20_000)


@pytest.mark.parametrize("key", _SAMPLE_KEYS)
@pytest.mark.parametrize("body", _BODIES)
def test_no_key_survives_anywhere_in_a_body(key: str, body: bytes) -> None:
    places = random.Random(7)  # noqa: S311 - places to try, not secrets
    for form in _forms(key).values():
        for place in {0, len(body), *(places.randint(0, len(body)) for _ in range(4))}:
            _assert_hidden(body[:place] + form.encode() + body[place:], key, form)


@given(st.sampled_from(_BODIES) | st.binary(max_size=200), _KEYS, _FORMS, st.integers(0, 200))
def test_no_key_survives_in_any_form(body: bytes, key: str, form: str, place: int) -> None:
    shown = _forms(key)[form]
    _assert_hidden(body[:place] + shown.encode() + body[place:], key, shown)


def _assert_hidden(body: bytes, key: str, form: str) -> None:
    excerpt = mask(body, limit=10_000)
    readable = excerpt.replace("·", "").replace("characters", "").replace("character", "")
    for hidden in {form, key, key[:8], form[:8]}:
        if len(hidden) >= 8:
            assert hidden not in readable


@given(st.dictionaries(_KEYS, _KEYS | st.lists(_KEYS, max_size=3), max_size=4))
def test_neither_a_name_nor_a_value_of_json_is_shown_that_could_be_a_key(
    value: dict[str, str | list[str]],
) -> None:
    excerpt = mask(json.dumps(value).encode(), limit=10_000)
    for inner in value.values():
        for key in (*value, *([inner] if isinstance(inner, str) else inner)):
            assert key not in excerpt
            assert key[:8] not in excerpt


@given(st.binary(), st.integers(1, 300))
def test_any_body_gives_one_line_of_printable_characters(body: bytes, limit: int) -> None:
    excerpt = mask(body, limit)
    assert len(excerpt) <= max(limit, len("(empty body)"))
    assert all(" " <= character <= "~" or character in "·…" for character in excerpt)


@pytest.mark.parametrize(
    "body",
    [
        b'"\\' * 32_768,
        b': "' * 21_000,
        b":" * 65_536,
        b'{"' + b"a" * 8_000 + b'":1}',
        b"ids" * 2_600 + b"!",
        b'{"' + b"idsapiidids" * 7 + b'!":1}',
        b"aA" * 4_000,
    ],
)
def test_hostile_bodies_take_no_time(body: bytes) -> None:
    start = time.perf_counter()
    mask(body)
    assert time.perf_counter() - start < 0.5

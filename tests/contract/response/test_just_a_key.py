"""A body that is nothing but a session key is judged by its bytes as parsing would judge it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.strict_json import parse
from sessionload.contract.response import response_rule
from sessionload.metrics.exchange import Outcome

JSON = "application/json"
TEXT = {"type": "string"}
SCHEMA = {"type": "object", "required": ["sessionKey"], "properties": {"sessionKey": TEXT}}


def contract_of(schema: dict[str, Any]) -> Contract:
    """Return the contract of an operation whose success has that schema."""
    start = {
        "operationId": "start",
        "security": [{"Key": []}],
        "responses": {"200": {"description": "ok", "content": {JSON: {"schema": schema}}}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/session": {"post": start}},
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}},
            "schemas": {"Key": {**TEXT, "description": "opaque"}, "Short": {**TEXT, "maxLength": 9}},
        },
    }
    return Contract.from_document(document, Binding("start", user=None), file="openapi.yaml", sha256="0")


QUICK = contract_of(SCHEMA)
PARSING = contract_of({**SCHEMA, "minProperties": 0})  # a keyword that says nothing and is not known to

GOOD = b'{"sessionKey":"sk.1f-_~!"}'
SPACE = st.sampled_from([b"", b" ", b"\t", b"\r\n", b"\f", b"\v", b"\xc2\xa0"])
KEYS = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=6).map(str.encode),
    st.sampled_from(
        [b"", b" ", b"k", b"k k", b"\\u0041", b"\\", b'"', b"\x7f", b"\x1f", b"k" * 1024, b"k" * 1025]
    ),
)
NAMES = st.sampled_from([b"sessionKey", b"sessionkey", b"session\\u004bey", b""])
BODIES = st.one_of(
    st.builds(
        lambda name, key, *space: (
            b'%b{%b"%b"%b:%b"%b"%b}%b'
            % (space[0], space[1], name, space[2], space[3], key, space[4], space[5])
        ),
        NAMES,
        KEYS,
        *[SPACE] * 6,
    ),
    st.builds(lambda before, after: before + GOOD + after, st.binary(max_size=3), st.binary(max_size=3)),
    st.builds(
        lambda place, byte: GOOD[:place] + byte + GOOD[place + 1 :], st.integers(0, 25), st.binary(max_size=2)
    ),
)


@given(
    st.sampled_from([200, 201, 500, 0]),
    st.sampled_from([JSON, f"{JSON}; charset=utf-8", f"{JSON}; charset=latin-1", "text/html", None]),
    BODIES,
)
def test_a_body_is_judged_alike_by_its_bytes_and_by_parsing(
    status: int, media_type: str | None, body: bytes
) -> None:
    assert QUICK.judge(status, media_type, body) == PARSING.judge(status, media_type, body)


def is_parsed(contract: Contract, body: bytes, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Tell whether the judgement of `body` needed its JSON value."""
    parsed: list[bytes] = []

    def spy(body: bytes) -> Any:  # noqa: ANN401 - as `parse`
        parsed.append(body)
        return parse(body)

    monkeypatch.setattr(response_rule, "parse", spy)
    contract.judge(200, JSON, body)
    return bool(parsed)


@pytest.mark.parametrize(
    ("body", "recognized"),
    [
        (GOOD, True),
        (b' {\r\n\t"sessionKey" : "k" } ', True),
        (b'{"sessionKey":"%b"}' % (b"k" * 1024), True),
        (b'{"sessionKey":"%b"}' % (b"k" * 1025), False),
        (b'{"sessionKey":""}', False),
        (b'{"sessionKey":"a b"}', False),
        (b'{"sessionKey":"\\u0041"}', False),
        (b'{"sessionKey":"k","more":1}', False),
        (b'{"sessionKey":"k"}x', False),
        (b'\f{"sessionKey":"k"}', False),
        (b"", False),
    ],
)
def test_the_plainest_bodies_are_recognized_and_no_others(
    body: bytes, *, recognized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_parsed(QUICK, body, monkeypatch) is not recognized
    assert is_parsed(PARSING, body, monkeypatch)


@pytest.mark.parametrize(
    ("schema", "recognized"),
    [
        ({"type": "object", "properties": {"sessionKey": TEXT}}, True),
        ({"type": "object", "required": ["sessionKey"], "title": "Session"}, True),
        ({"type": "object", "properties": {"sessionKey": {"$ref": "#/components/schemas/Key"}}}, True),
        ({"type": "object", "properties": {"sessionKey": {"$ref": "#/components/schemas/Short"}}}, False),
        ({"type": "object", "properties": {"sessionKey": TEXT, "more": {"type": "integer"}}}, True),
        ({"type": "object", "required": ["sessionKey", "more"]}, False),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "minLength": 2}}}, False),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "maxLength": 1023}}}, False),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "maxLength": 1024}}}, True),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "pattern": "^k"}}}, False),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "enum": ["x", "x" * 1024]}}}, False),
        ({"type": "object", "properties": {"sessionKey": {**TEXT, "writeOnly": True}}}, False),
        ({"type": "object", "additionalProperties": {**TEXT, "pattern": "^x"}}, False),
        ({"type": "object", "allOf": [SCHEMA]}, False),
        ({}, True),
    ],
)
def test_whether_bytes_are_enough_is_the_schemas_to_say(
    schema: dict[str, Any], *, recognized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_parsed(contract_of(schema), GOOD, monkeypatch) is not recognized


def test_a_recognized_body_is_ok_and_has_its_key() -> None:
    judgement = QUICK.judge(200, JSON, GOOD)
    assert (judgement.outcome, judgement.failure, judgement.session_key) == (Outcome.OK, None, "sk.1f-_~!")

"""An answer that is recognized by its bytes is one that the whole judgement calls good, with the same key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.read import read_contract
from sessionload.config.run_spec import OPERATION
from sessionload.contract.operation import Contract
from sessionload.metrics.exchange import Outcome

JSON = "application/json"
OURS = Path(__file__).parents[2] / "contracts" / "openapi.yaml"


def contract_of(schema: dict[str, Any]) -> Contract:
    """Return the contract of an operation whose success has that schema, and which has judged once."""
    operation = {
        "operationId": "start",
        "security": [{"Key": []}],
        "responses": {"200": {"description": "ok", "content": {JSON: {"schema": schema}}}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/session": {"post": operation}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    contract = Contract.from_document(document, "start", file="openapi.yaml", sha256="0")
    contract.judge(200, JSON, b"")
    return contract


@pytest.fixture(scope="module")
def ours() -> Contract:
    document, sha256 = read_contract(OURS)
    contract = Contract.from_document(document, OPERATION, file="openapi.yaml", sha256=sha256)
    for media_type in (JSON, f"{JSON}; charset=utf-8", f"{JSON}; charset=latin-1", "text/html", None):
        contract.judge(200, media_type, b"")
    return contract


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
    st.sampled_from([200, 201, 500, None]),
    st.sampled_from([JSON, f"{JSON}; charset=utf-8", "text/html", None]),
    BODIES,
)
def test_what_is_plainly_good_is_good(
    ours: Contract, status: int | None, media_type: str | None, body: bytes
) -> None:
    key = ours.plain_key(status, media_type, body)
    if key is not None:
        judgement = ours.judge(status or 0, media_type, body)
        assert (judgement.outcome, judgement.session_key) == (Outcome.OK, key)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (GOOD, "sk.1f-_~!"),
        (b' {\r\n\t"sessionKey" : "k" } ', "k"),
        (b'{"sessionKey":"%b"}' % (b"k" * 1024), "k" * 1024),
        (b'{"sessionKey":"%b"}' % (b"k" * 1025), None),
        (b'{"sessionKey":""}', None),
        (b'{"sessionKey":"a b"}', None),
        (b'{"sessionKey":"\\u0041"}', None),
        (b'{"sessionKey":"k","more":1}', None),
        (b'{"sessionKey":"k"}x', None),
        (b'\f{"sessionKey":"k"}', None),
        (b"", None),
    ],
)
def test_the_plainest_answers_are_recognized_and_no_others(
    ours: Contract, body: bytes, key: str | None
) -> None:
    assert ours.plain_key(200, JSON, body) == key


@pytest.mark.parametrize(
    ("status", "media_type"),
    [(201, JSON), (None, JSON), (200, "text/html"), (200, None), (200, f"{JSON}; charset=latin-1")],
)
def test_nothing_is_plain_where_the_answer_is_not_a_listed_one(
    ours: Contract, status: int | None, media_type: str | None
) -> None:
    assert ours.plain_key(status, media_type, GOOD) is None


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "object", "properties": {"sessionKey": {"type": "string"}}}, True),
        ({"type": "object", "required": ["sessionKey"]}, True),
        ({"type": "object", "required": ["sessionKey", "more"]}, False),
        ({"type": "object", "properties": {"sessionKey": {"type": "string", "minLength": 2}}}, False),
        ({"type": "object", "properties": {"sessionKey": {"type": "string", "maxLength": 1023}}}, False),
        ({"type": "object", "properties": {"sessionKey": {"type": "string", "maxLength": 1024}}}, True),
        ({"type": "object", "properties": {"sessionKey": {"type": "string", "pattern": "^k"}}}, False),
        ({"type": "object", "properties": {"sessionKey": {"type": "integer"}}}, False),
        ({"type": "array"}, False),
    ],
)
def test_whether_anything_is_plain_is_the_schemas_to_say(schema: dict[str, Any], *, plain: bool) -> None:
    assert (contract_of(schema).plain_key(200, JSON, GOOD) is not None) is plain


def test_an_answer_is_plain_only_after_one_like_it_was_judged() -> None:
    """What a status and a media type promise is worked out by the judgement, once."""
    document, sha256 = read_contract(OURS)
    contract = Contract.from_document(document, OPERATION, file="openapi.yaml", sha256=sha256)
    assert contract.plain_key(200, JSON, GOOD) is None
    contract.judge(200, JSON, GOOD)
    assert contract.plain_key(200, JSON, GOOD) == "sk.1f-_~!"

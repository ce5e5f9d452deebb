"""A success holds a session key in its place, or it is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.contract.response.session_key import SessionKeyPlace
from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome

JSON = "application/json"
TEXT = {"type": "string"}
NESTED = {"type": "object", "properties": {"data": {"type": "object", "properties": {"token": TEXT}}}}


def contract_of(responses: dict[str, Any], at: str | None = "sessionKey", version: str = "3.0.3") -> Contract:
    document = {
        "openapi": version,
        "paths": {"/start": {"post": {"security": [{"Key": []}], "responses": responses}}},
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}},
            "schemas": {"Session": NESTED},
        },
    }
    binding = Binding("POST /start", user=None, session_key=parse_pointer(at) if at else None)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0")


def json_of(schema: object) -> dict[str, Any]:
    return {"description": "", "content": {JSON: {"schema": schema}}}


def judged(
    contract: Contract, body: bytes, status: int = 200, media_type: str | None = JSON
) -> tuple[str, str | None]:
    """Return cause (or ok) and key."""
    judgement = contract.judge(status, media_type, body)
    assert (judgement.failure is None) == (judgement.outcome is Outcome.OK)
    return judgement.failure.cause if judgement.failure else "ok", judgement.session_key


OPEN = json_of({})


@pytest.mark.parametrize(
    ("at", "body", "expected"),
    [
        ("sessionKey", b'{"sessionKey":"k"}', ("ok", "k")),
        ("sessionKey", b'{"sessionKey":"k","more":[]}', ("ok", "k")),
        ("sessionKey", b"{}", ("key/missing", None)),
        ("sessionKey", b"[]", ("key/missing", None)),
        ("sessionKey", b"null", ("key/missing", None)),
        ("sessionKey", b'{"sessionKey":null}', ("key/missing", None)),
        ("sessionKey", b'{"sessionKey":7}', ("key/type", None)),
        ("sessionKey", b'{"sessionKey":["k"]}', ("key/type", None)),
        ("sessionKey", b'{"sessionKey":" "}', ("key/empty", None)),
        ("sessionKey", b'{"data":{"sessionKey":"k"}}', ("key/missing", None)),
        ("token", b'{"token":"k"}', ("ok", "k")),
        ("data.token", b'{"data":{"token":"k"}}', ("ok", "k")),
        ("/data/token", b'{"data":{"token":"k"}}', ("ok", "k")),
        ("data.token", b'{"data":"token"}', ("key/missing", None)),
        ("data.token", b'{"token":"k"}', ("key/missing", None)),
        ("keys.1", b'{"keys":["a","b"]}', ("ok", "b")),
        ("keys.1", b'{"keys":{"1":"b"}}', ("ok", "b")),
        ("keys.2", b'{"keys":["a","b"]}', ("key/missing", None)),
        ("keys.x", b'{"keys":["a","b"]}', ("key/missing", None)),
        ("keys.99999999999", b'{"keys":["a","b"]}', ("key/missing", None)),
    ],
)
def test_the_key_is_read_in_its_place_or_the_answer_is_a_violation(
    at: str, body: bytes, expected: tuple[str, str | None]
) -> None:
    assert judged(contract_of({"200": OPEN}, at), body) == expected


def test_a_success_without_a_body_beside_a_good_one_starts_no_session() -> None:
    contract = contract_of({"200": OPEN, "204": {"description": ""}})
    assert judged(contract, b'{"sessionKey":"k"}') == ("ok", "k")
    assert judged(contract, b"", 204, None) == ("key/missing", None)
    assert judged(contract, b'{"sessionKey":"k"}', 204) == ("key/missing", None)


def test_a_login_page_is_no_success_where_anything_is_listed() -> None:
    contract = contract_of({"200": {"description": "", "content": {"*/*": {}}}})
    assert judged(contract, b"<html>", media_type="text/html") == ("key/missing", None)
    assert judged(contract, b'{"sessionKey":"k"}') == ("ok", "k")


def test_without_a_listed_content_the_body_is_json_with_a_key() -> None:
    contract = contract_of({"200": {"description": ""}})
    assert judged(contract, b'{"sessionKey":"k"}', media_type=None) == ("ok", "k")
    assert judged(contract, b"{}", media_type=None) == ("key/missing", None)
    assert judged(contract, b"<html>", media_type="text/html")[0].startswith("json/")


def test_default_is_a_success_where_no_other_is_listed() -> None:
    contract = contract_of({"default": OPEN})
    assert judged(contract, b'{"sessionKey":"k"}', 201) == ("ok", "k")
    assert judged(contract, b"{}", 418)[0] == "status/418"
    assert contract.responses.lists(418)


def test_an_operation_that_returns_no_key_needs_none() -> None:
    contract = contract_of({"200": OPEN}, at=None)
    assert judged(contract, b"{}") == ("ok", None)


@pytest.mark.parametrize(
    ("responses", "at"),
    [
        (
            {"200": json_of({"type": "object", "properties": {"sessionKey": {"type": "integer"}}})},
            "sessionKey",
        ),
        ({"200": json_of({"type": "object", "additionalProperties": False})}, "sessionKey"),
        ({"200": json_of({"type": "object", "additionalProperties": {"type": "boolean"}})}, "sessionKey"),
        ({"200": json_of({"type": "array", "items": TEXT})}, "sessionKey"),
        ({"200": json_of({"properties": {"sessionKey": {"enum": [1, " "]}}})}, "sessionKey"),
        ({"200": json_of({"properties": {"sessionKey": {"maxLength": 0}}})}, "sessionKey"),
        ({"200": json_of({"allOf": [{}, {"type": "array"}]})}, "sessionKey"),
        ({"200": json_of({"oneOf": [{"type": "array"}, {"type": "integer"}]})}, "sessionKey"),
        ({"204": {"description": ""}}, "sessionKey"),
        ({"200": {"description": "", "content": {"text/html": {}}}}, "sessionKey"),
        ({"200": json_of({"$ref": "#/components/schemas/Session"})}, "data.token.more"),
        ({"200": json_of({"$ref": "#/components/schemas/Session"})}, "data.token.0"),
        ({"default": json_of({"type": "array"})}, "sessionKey"),
    ],
)
def test_a_document_whose_success_cannot_hold_the_key_is_refused(responses: dict[str, Any], at: str) -> None:
    with pytest.raises(InputError) as caught:
        contract_of(responses, at)
    assert caught.value.code == "no-session-key"
    assert caught.value.message == f"no success of 'POST /start' can hold a session key at {at}"


@pytest.mark.parametrize(
    ("schema", "at"),
    [
        ({"type": "object", "patternProperties": {"^s": TEXT}, "additionalProperties": False}, "sessionKey"),
        ({"properties": {"sessionKey": {"const": "k"}}}, "sessionKey"),
        ({"properties": {"sessionKey": True}}, "sessionKey"),
        (
            {"type": ["object", "null"], "properties": {"sessionKey": {"type": ["string", "null"]}}},
            "sessionKey",
        ),
        ({"anyOf": [{"type": "array"}, NESTED]}, "data.token"),
        ({"type": "array", "items": NESTED}, "0.data.token"),
        ({"type": "array"}, "0"),
    ],
)
def test_what_may_hold_it_is_taken(schema: dict[str, Any], at: str) -> None:
    contract_of({"200": json_of(schema)}, at, "3.1.0")


def test_the_refusal_names_where_texts_are_promised() -> None:
    one_of = {
        "oneOf": [{"$ref": "#/components/schemas/Session"}, {"properties": {"sessionKey": False, "id": TEXT}}]
    }
    schema = {"allOf": [one_of], "additionalProperties": False}
    with pytest.raises(InputError) as caught:
        contract_of({"200": json_of(schema)}, version="3.1.0")
    assert (
        caught.value.hint == "say in the environment where it is: session_key: id or session_key: data.token"
    )
    with pytest.raises(InputError, match="is this the operation that starts a session"):
        contract_of({"204": {"description": ""}})


def test_a_schema_that_holds_itself_is_looked_into_for_a_while_only() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"next": {"$ref": "#/components/schemas/Deep"}},
    }
    document = {
        "openapi": "3.0.3",
        "paths": {"/start": {"post": {"security": [{"Key": []}], "responses": {"200": json_of(schema)}}}},
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}},
            "schemas": {"Deep": schema},
        },
    }
    with pytest.raises(InputError, match="no success"):
        Contract.from_document(document, Binding("POST /start", user=None), file="mine.yaml", sha256="0")


ERROR = json_of({"type": "object", "required": ["message"], "properties": {"message": TEXT}})


@pytest.mark.parametrize(
    ("key", "status", "cause"),
    [
        ("400", 400, "status/400"),
        ("4XX", 418, "status/418"),
        ("default", 409, "status/409"),
        ("401", 401, "rejected/401"),
        ("403", 403, "rejected/403"),
        ("429", 429, "throttled/429"),
        ("500", 500, "server_error/500"),
        ("default", 503, "server_error/503"),
    ],
)
def test_a_listed_error_keeps_its_outcome_and_its_body_is_judged(key: str, status: int, cause: str) -> None:
    contract = contract_of({"200": OPEN, key: ERROR})
    plain = contract_of({"200": OPEN})
    assert judged(contract, b'{"message":"no"}', status)[0] == cause
    for body, media_type in (
        (b"<html>", "text/html"),
        (b"{}", JSON),
        (b"{", JSON),
        (b'{"message":"x"}', None),
    ):
        assert judged(contract, body, status, media_type)[0] == f"{cause}/body"
        assert (
            contract.judge(status, media_type, body).outcome is plain.judge(status, media_type, body).outcome
        )
    assert judged(plain, b"<html>", status, "text/html")[0] == cause


def test_an_exact_status_comes_before_its_range_and_that_before_default() -> None:
    anything = {"description": ""}
    contract = contract_of(
        {"200": OPEN, "400": anything, "4XX": ERROR, "default": json_of({"type": "array"})}
    )
    assert judged(contract, b"<html>", 400, "text/html")[0] == "status/400"
    assert judged(contract, b"[]", 404)[0] == "status/404/body"
    assert judged(contract, b"[]", 500)[0] == "server_error/500"


def test_the_message_says_both() -> None:
    failure = contract_of({"200": OPEN, "429": ERROR}).judge(429, JSON, b"{}").failure
    assert failure is not None
    assert failure.message == (
        "the server asked for fewer requests (status 429), and the answer is not the listed one:"
        " the body breaks the contract: message is missing"
    )


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "us-ascii", '"utf-8"'])
def test_names_of_utf_8_are_one_charset(charset: str) -> None:
    contract = contract_of({"200": OPEN})
    assert judged(contract, b'{"sessionKey":"k"}', media_type=f"{JSON}; charset={charset}") == ("ok", "k")


def test_a_semicolon_in_quotes_ends_no_parameter() -> None:
    media_type = f'{JSON}; profile="a;charset=latin1"'
    assert judged(contract_of({"200": OPEN}), b'{"sessionKey":"k"}', media_type=media_type) == ("ok", "k")


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "utf-8x"])
def test_another_charset_is_a_violation(charset: str) -> None:
    contract = contract_of({"200": OPEN})
    assert (
        judged(contract, b'{"sessionKey":"k"}', media_type=f"{JSON}; charset={charset}")[0]
        == "media_type/charset"
    )


@pytest.mark.parametrize(
    ("at", "body", "issued"),
    [
        ("data.token", b'{"data":{"token":"k"}}', True),
        ("data.token", b'{"error":{"token":"missing"}}', False),
        ("data.token", b'{"data":{"token":""}}', False),
        ("token", b'{"token":"k"}', True),
        ("token", b'{"details":[{"token":"is missing"}]}', False),
        ("token", b'"token": "k', False),
        ("token", b"[" * 5000, False),
        ("sessionKey", b'{"session\\u004bey":"k"}', True),
        ("sessionKey", b'[{"a":1}, null]', False),
        ("sessionKey", b'{"details":[{"sessionKey":"k"}]}', True),
        ("sessionKey", b'"sessionKey": "k', True),
    ],
)
def test_a_refusal_that_hands_out_a_key_is_seen(at: str, body: bytes, *, issued: bool) -> None:
    assert SessionKeyPlace(parse_pointer(at)).issued_in(body) is issued


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_the_short_way_and_the_whole_one_agree(name: str, key: str) -> None:
    """A body of nothing but a key is judged by its bytes, where that can be done."""
    at = "/" + name.replace("~", "~0").replace("/", "~1")
    quick = contract_of({"200": json_of({"type": "object"})}, at)
    slow = contract_of({"200": json_of({"type": "object", "minProperties": 0})}, at)
    body = json.dumps({name: key}).encode()
    assert quick.judge(200, JSON, body) == slow.judge(200, JSON, body)

"""The body of a request: the user ID in its place, the rest from the scenario or the document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.errors import InputError

if TYPE_CHECKING:
    from sessionload.contract.request.request_body import RequestBody

TEXT = {"type": "string"}


def body_of(schema: object, at: str | None = "userID", version: str = "3.1.0") -> RequestBody:
    start: dict[str, Any] = {
        "security": [{"Key": []}],
        "responses": {"200": {"description": "", "content": {"application/json": {}}}},
    }
    if schema is not None:
        start["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": version,
        "paths": {"/start": {"post": start}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    binding = Binding("POST /start", user=parse_pointer(at) if at else None)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0").request.body


def properties(required: list[str] | None = None, **named: object) -> dict[str, Any]:
    return {"type": "object", "properties": named, "required": [*named] if required is None else required}


@pytest.mark.parametrize(
    ("schema", "at", "body"),
    [
        (properties(userID=TEXT), "userID", {"userID": "u"}),
        (properties(user_id=TEXT), "user_id", {"user_id": "u"}),
        (properties(data=properties(user=TEXT)), "data.user", {"data": {"user": "u"}}),
        (properties(users={"type": "array", "items": TEXT, "minItems": 1}), "users.0", {"users": ["u"]}),
        ({}, "userID", {"userID": "u"}),
        (
            properties(region={"enum": ["eu", "us"]}, userID=TEXT, plan={"const": "free"}),
            "userID",
            {"region": "eu", "userID": "u", "plan": "free"},
        ),
        ({"oneOf": [properties(userID=TEXT), properties(email=TEXT)]}, "userID", {"userID": "u"}),
        (properties(["userID"], userID=TEXT, more=TEXT), "userID", {"userID": "u"}),
    ],
)
def test_the_user_id_stands_in_its_place_and_the_rest_is_filled_in(
    schema: object, at: str, body: dict[str, Any]
) -> None:
    made = body_of(schema, at)
    assert json.loads(made.to_bytes("u")) == body
    assert made.user_id_fault("u") is None
    assert made.user_in(body) == "u"
    assert made.user_in([]) is None
    made.refuse_invalid()


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "string", "format": "unknown"}, "s"),
        ({"type": "number", "multipleOf": 0.01, "minimum": 0.015}, 0.02),
        ({"type": "integer", "multipleOf": 7, "minimum": 1}, 7),
        ({"type": "integer", "multipleOf": 7, "maximum": 20}, 14),
        ({"type": "number", "multipleOf": 0.5}, 1),
    ],
)
def test_what_is_filled_in_is_what_the_schema_asks_for(schema: dict[str, Any], value: object) -> None:
    made = body_of(properties(userID=TEXT, more=schema))
    assert json.loads(made.to_bytes("u"))["more"] == value


@pytest.mark.parametrize(
    ("schema", "at", "hint"),
    [
        (None, "userID", "is this the operation that starts a session?"),
        (properties(userID={"type": "integer"}), "userID", "let the document allow text there as well"),
        ({**properties(user_id=TEXT), "additionalProperties": False}, "userID", "user: user_id"),
        (
            {**properties(data=properties(id=TEXT), a=TEXT), "additionalProperties": False},
            "x",
            "user: a or user: data.id",
        ),
    ],
)
def test_a_body_that_cannot_hold_a_user_id_is_refused(schema: object, at: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        body_of(schema, at)
    assert caught.value.code == "no-user-id"
    assert caught.value.hint.endswith(hint)


def test_what_only_a_server_may_set_is_not_sent() -> None:
    made = body_of(properties(userID=TEXT, id={**TEXT, "readOnly": True}), version="3.0.3")
    assert json.loads(made.to_bytes("u")) == {"userID": "u"}
    assert made.user_id_fault("u") is None


def test_an_operation_without_a_user_needs_none() -> None:
    made = body_of(properties(action=TEXT), at=None)
    assert made.to_bytes("nobody") == b'{"action":"s"}'
    assert made.user_in({"userID": "u"}) is None
    assert dict(made.user_facts) == {}
    assert made.allows_user("anybody")
    assert body_of(None, at=None).to_bytes("nobody") == b""
    assert body_of(None, at=None).user_id_fault("nobody") is None


@pytest.mark.parametrize("more", [{"type": "string", "pattern": "^x{3}$"}, {"not": {}}])
def test_what_no_sample_can_be_is_refused_with_its_name(more: dict[str, Any]) -> None:
    made = body_of(properties(userID=TEXT, more=more))
    with pytest.raises(InputError) as caught:
        made.refuse_invalid()
    assert caught.value.code == "no-valid-body"
    assert "more" in caught.value.message


def test_a_user_id_with_a_form_is_not_asked_of_the_sample() -> None:
    made = body_of(properties(userID={**TEXT, "pattern": "^u-[0-9]+$"}))
    made.refuse_invalid()
    assert made.allows_user("u-1")
    assert not made.allows_user("x")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_user_id_beside_any_value_comes_out_as_it_went_in(user: str) -> None:
    made = body_of(properties(userID=TEXT, more={"const": '\N{NULL}user " é'}))
    assert json.loads(made.to_bytes(user)) == {"userID": user, "more": '\N{NULL}user " é'}


def test_a_body_is_shown_without_a_user() -> None:
    assert body_of(properties(user_id=TEXT), at="user_id").shown == '{"user_id":"<user ID>"}'


@pytest.mark.parametrize(
    ("schema", "at", "only_length"),
    [
        (properties(userID={**TEXT, "minLength": 1, "maxLength": 9, "description": "who"}), "userID", True),
        ({}, "userID", True),
        (properties(action=TEXT), None, True),
        (properties(userID={**TEXT, "pattern": "^u"}), "userID", False),
        (properties(userID={**TEXT, "format": "uuid"}), "userID", False),
        ({"oneOf": [properties(userID=TEXT)]}, "userID", False),
        (properties(data=properties(user=TEXT)), "data.user", False),
    ],
)
def test_whether_a_length_is_all_that_is_asked_is_told(
    schema: object, at: str | None, *, only_length: bool
) -> None:
    assert body_of(schema, at).asks_only_for_a_length is only_length

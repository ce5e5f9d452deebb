"""A turn is called in the environment of the session start, with what the document lists for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.request.key_field import KeyField
from sessionload.contract.turn import turn_of
from sessionload.errors import InputError
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

OK = {"200": {"description": "", "content": {"application/json": {}}}}


def parameter(name: str, where: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": {"type": "string"}}


def key(name: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name}


START = {
    "operationId": "start",
    "security": [{"api": []}],
    "parameters": [parameter("region", "query"), parameter("x-tenant", "header")],
    "requestBody": {"content": {"application/json": {}}},
    "responses": OK,
}
TURN = {
    "operationId": "interact",
    "security": [{"session": [], "gate": []}],
    "parameters": [parameter("X-Tenant", "header"), parameter("lang", "query", required=False)],
    "requestBody": {"content": {"application/json": {}}},
    "responses": OK,
}
BINDING = Binding(
    "start",
    project="p",
    path={"tenant": "t"},
    parameters={"region": "eu"},
    headers={"X-Tenant": "acme", "x-gate": "${GATE}"},
    secrets={"GATE": Secret("0123456789", name="GATE", is_key=False)},
    base_path="/base",
)


def turn(path: str = "/turn/{projectID}", binding: Binding = BINDING, **changes: object) -> Contract | None:
    paths: Mapping[str, Any] = {
        "/{tenant}/{projectID}/start": {"post": START},
        path: {"post": {**TURN, **changes}},
    }
    schemes = {"api": key("x-api-key"), "session": key("authorization"), "gate": key("x-gate")}
    root = {"openapi": "3.1.0", "paths": paths, "components": {"securitySchemes": schemes}}
    start = Contract.from_document(root, binding, file="mine.yaml", sha256="")
    return turn_of(start, binding)


def test_it_has_what_the_document_lists_for_it_and_nothing_else() -> None:
    made = turn()
    assert made is not None
    assert made.request.path() == "/base/turn/p"
    assert made.request.fields == (
        ("authorization", "{key}"),
        ("x-tenant", "acme"),
        ("x-gate", "${GATE}"),
    )
    assert made.responses.session_key is None


def test_parameters_that_both_operations_have_are_sent_with_both() -> None:
    both = replace(BINDING, parameters={"region": "eu"})
    made = turn("/{tenant}/turn", both, parameters=[parameter("region", "query")])
    assert made is not None
    assert made.request.path() == "/base/t/turn?region=eu"
    assert made.request.headers == (("x-gate", "${GATE}"),)


def test_one_header_is_left_to_the_session_key() -> None:
    made = turn(security=[{"gate": []}], parameters=[])
    assert made is not None
    assert made.request.security.key == KeyField("x-gate")
    assert made.request.headers == ()


def test_what_neither_operation_lists_is_refused() -> None:
    for binding in (
        replace(BINDING, headers={**BINDING.headers, "x-other": "1"}),
        replace(BINDING, parameters={**BINDING.parameters, "other": "1"}),
    ):
        with pytest.raises(InputError) as caught:
            turn(binding=binding)
        assert caught.value.code == "unlisted-parameter"
    made = turn(binding=replace(BINDING, parameters={**BINDING.parameters, "lang": "en"}))
    assert made is not None
    assert made.request.query == "lang=en"


def test_a_document_without_a_turn_is_complete() -> None:
    start = replace(BINDING, headers={"x-tenant": "acme"})
    assert turn(binding=start, operationId="talk") is None


def test_a_turn_that_cannot_be_taken_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        turn(parameters=[parameter("x-other", "header")])
    assert caught.value.code == "unfilled-parameter"
    assert "'x-other'" in caught.value.message

"""Answers that a document would call right, made from the document alone."""

from __future__ import annotations

from typing import Any

import pytest

from sessionload.contract.answer_sample import AnswerSample, error_samples, success_sample
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.errors import InputError

JSON = "application/json"
TEXT = {"type": "string"}


def json_of(schema: object, media_type: str = JSON) -> dict[str, Any]:
    return {"description": "", "content": {media_type: {"schema": schema}}}


def contract_of(responses: dict[str, Any], at: str | None = "sessionKey") -> Contract:
    start = {"security": [{"Key": []}], "responses": responses}
    document = {
        "openapi": "3.0.3",
        "paths": {"/start": {"post": start}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    binding = Binding("POST /start", user=None, session_key=parse_pointer(at) if at else None)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0")


def closed(**properties: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


@pytest.mark.parametrize(
    ("responses", "at", "sample"),
    [
        (
            {"200": json_of(closed(sessionKey=TEXT))},
            "sessionKey",
            AnswerSample(200, JSON, {"sessionKey": "k"}),
        ),
        (
            {"201": json_of(closed(data=closed(token=TEXT)))},
            "data.token",
            AnswerSample(201, JSON, {"data": {"token": "k"}}),
        ),
        ({"2XX": json_of({}, "*/*")}, "sessionKey", AnswerSample(200, JSON, {"sessionKey": "k"})),
        (
            {"default": json_of({}, "application/x+json")},
            "k",
            AnswerSample(200, "application/x+json", {"k": "k"}),
        ),
        ({"200": {"description": ""}}, "sessionKey", AnswerSample(200, JSON, {"sessionKey": "k"})),
        (
            {"200": {"description": "", "content": {"text/html": {}, JSON: {}}}, "204": {"description": ""}},
            "sessionKey",
            AnswerSample(200, JSON, {"sessionKey": "k"}),
        ),
        (
            {"200": json_of(closed(id={**TEXT, "writeOnly": True}, n={"type": "integer"}))},
            None,
            AnswerSample(200, JSON, {"n": 1}),
        ),
    ],
)
def test_a_success_is_made_with_the_key_in_its_place(
    responses: dict[str, Any], at: str | None, sample: AnswerSample
) -> None:
    assert success_sample(contract_of(responses, at), "k") == sample


def test_what_the_document_gives_too_little_for_is_refused_by_name() -> None:
    contract = contract_of({"200": json_of(closed(sessionKey=TEXT, more={**TEXT, "pattern": "^x{3}$"}))})
    with pytest.raises(InputError) as caught:
        success_sample(contract, "k")
    assert caught.value.code == "no-sample-answer"
    assert "more" in caught.value.message


def test_an_error_that_the_document_gives_too_little_for_is_refused_too() -> None:
    contract = contract_of(
        {"200": json_of({}), "401": json_of(closed(code={**TEXT, "pattern": "^E[0-9]{3}!$"}))}
    )
    with pytest.raises(InputError) as caught:
        error_samples(contract, (400, 401))
    assert caught.value.code == "no-sample-answer"
    assert "no answer 401" in caught.value.message


def test_errors_are_made_where_the_document_describes_them() -> None:
    responses = {
        "200": json_of({}),
        "400": json_of(closed(message=TEXT)),
        "4XX": json_of(closed(code={"type": "integer"})),
        "500": {"description": ""},
        "default": json_of({}, "text/html"),
    }
    made = error_samples(contract_of(responses), (400, 401, 500, 302))
    assert made == {
        400: AnswerSample(400, JSON, {"message": "s"}),
        401: AnswerSample(401, JSON, {"code": 1}),
    }
    assert error_samples(contract_of({"200": json_of({})}), (400,)) == {}

"""The content of a body by media types, whose parameters decide nothing."""

from __future__ import annotations

from typing import Any

import pytest
from small_documents import USER, body_of, contract_of, document_of

from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome

_ANSWER = {"schema": {"type": "object", "properties": {"sessionKey": {"type": "string"}}}}


def answering(content: dict[str, Any]) -> dict[str, Any]:
    return document_of(body_of(USER), **{"200": {"description": "", "content": content}})


@pytest.mark.parametrize(
    "content",
    [
        {"application/json": _ANSWER, "application/json; charset=utf-8": _ANSWER},
        {"application/json; version=1": _ANSWER, "Application/JSON; version=2": {**_ANSWER, "example": {}}},
        {"application/json": _ANSWER, "text/plain; a=1": {}, "text/plain; a=2": {"schema": {}}},
    ],
)
def test_media_types_that_only_parameters_tell_apart_may_have_one_schema(content: dict[str, Any]) -> None:
    judge = contract_of(answering(content)).judge
    for media_type in ("application/json", "application/json; charset=utf-8", "application/json; version=2"):
        assert judge(200, media_type, b'{"sessionKey":"k"}').outcome is Outcome.OK
        assert judge(200, media_type, b"[]").outcome is Outcome.CONTRACT_VIOLATION


@pytest.mark.parametrize("other", [{}, {"schema": {"type": "array"}}])
@pytest.mark.parametrize(
    "media_type", ["application/json; version=2", "APPLICATION/json", "application/json;"]
)
def test_two_schemas_for_one_media_type_are_refused(media_type: str, other: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"two schemas for 'application/json'") as caught:
        contract_of(answering({"application/json": _ANSWER, media_type: other}))
    assert caught.value.code == "ambiguous-media-type"
    body = document_of(body_of(USER))
    operation = next(iter(body["paths"].values()))["post"]
    operation["requestBody"]["content"][media_type] = other
    with pytest.raises(InputError, match="the request body") as caught:
        contract_of(body)
    assert caught.value.code == "ambiguous-media-type"

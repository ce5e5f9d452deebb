"""What schemathesis invents for documents of all kinds, sent to servers that answer without looking."""

from __future__ import annotations

from typing import Any

import pytest
from answering_client import AnsweringClient
from small_documents import PATH, USER, body_of, contract_of, document_of

from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.expectation import CaseStatus, Observed
from sessionload.suite.fuzz import Fuzzer

_FIELDS = (("content-type", "application/json"),)
_SESSION = Observed(200, _FIELDS, b'{"sessionKey":"k"}', 1)
_REFUSAL = Observed(400, _FIELDS, b'{"message": "the beginning of a lo', 1, cut=True)


def _fuzzed(document: dict[str, Any], answer: Observed) -> dict[str, tuple[CaseStatus, str]]:
    contract = contract_of(document)
    client = AnsweringClient([answer])
    ordinary = cases_of(contract, run_id="r1")[0].request
    results = Fuzzer(document, contract, ordinary, client, "r1").results(20)
    return {result.name.removeprefix("fuzz/"): (result.state, result.observed) for result in results}


def _later() -> dict[str, Any]:
    schema = body_of(
        {"type": ["string", "null"], "minLength": 1}, n={"type": "number", "exclusiveMinimum": 1}
    )
    return {**document_of(schema), "openapi": "3.1.0"}


def _unnamed() -> dict[str, Any]:
    document = document_of(body_of(USER))
    del document["paths"][PATH]["post"]["operationId"]
    return document


def _with_parameters() -> dict[str, Any]:
    document = document_of(body_of(USER))
    document["paths"][PATH]["post"]["parameters"] = [
        {"name": name, "in": where, "required": True, "schema": {"type": "string", "enum": ["one"]}}
        for name, where in (("x-version", "header"), ("region", "query"))
    ]
    document["components"]["securitySchemes"]["key"] = {"type": "http", "scheme": "bearer"}
    return {**document, "servers": [{"url": "/base"}]}


_DOCUMENTS = {
    "plain": document_of(body_of(USER)),
    "3.1": _later(),
    "without an operationId": _unnamed(),
    "required parameters": _with_parameters(),
    "a list of IDs": document_of(body_of({"type": "string", "enum": ["ada", "grace"]})),
    "a limit of gigabytes": document_of(body_of({"type": "string", "maxLength": 2**31 - 1})),
    "without end": document_of(
        body_of(USER, more={"$ref": "#/components/schemas/More"}),
        {"More": {"type": "object", "properties": {"more": {"$ref": "#/components/schemas/More"}}}},
    ),
    "a listed refusal": document_of(
        body_of(USER),
        **{"400": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}},
    ),
}


@pytest.mark.parametrize("document", _DOCUMENTS.values(), ids=_DOCUMENTS)
def test_a_server_that_always_says_yes_or_always_no_is_found_out_and_nothing_else(
    document: dict[str, Any],
) -> None:
    """Also where its no is too long to be read whole."""
    for answer, broken in ((_SESSION, "invalid-is-refused"), (_REFUSAL, "valid-is-accepted")):
        found = _fuzzed(document, answer)
        assert {name for name, (state, _) in found.items() if state is not CaseStatus.KEPT} == {broken}
        assert found[broken][0] is CaseStatus.VIOLATED


def test_where_no_body_is_invalid_none_is_invented() -> None:
    """The operation takes any body, and even none."""
    document = document_of({})
    document["paths"][PATH]["post"]["requestBody"]["required"] = False
    assert _fuzzed(document, _SESSION)["invalid-is-refused"] == (
        CaseStatus.SKIPPED,
        "schemathesis can invent no such body from this document",
    )

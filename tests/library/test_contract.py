"""The contract as other programs see it: an answer, and what it is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sessionload import Contract, InputError, Outcome

ROOT = Path(__file__).parents[2]
KEY = "VF.SESSION.0123456789abcdef"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.read(ROOT / "contracts" / "openapi.yaml")


def test_a_contract_says_which_operation_it_is_of(contract: Contract) -> None:
    assert contract.method == "POST"
    assert contract.path == "/v4/project/{projectID}/environment/{environmentID}/session"
    assert len(contract.sha256) == 64
    assert repr(contract) == f"Contract('startSession', POST {contract.path})"
    split = Contract.read(ROOT / "contracts" / "openapi.yaml", traffic_split=True)
    assert split.path == "/v4/project/{projectID}/session"


def test_a_body_is_what_a_run_sends(contract: Contract) -> None:
    assert json.loads(contract.body("somebody")) == {"userID": "somebody"}
    with pytest.raises(InputError, match="bad-user-id"):
        contract.body("")


def test_a_success_that_keeps_the_contract_is_ok(contract: Contract) -> None:
    judged = contract.judge(200, json.dumps({"sessionKey": KEY}).encode())
    assert judged.ok
    assert (judged.outcome, judged.cause, judged.message, judged.example) == (Outcome.OK, "", "", "")


@pytest.mark.parametrize(
    ("status", "body", "media_type", "outcome", "cause"),
    [
        (200, b"{}", "application/json", Outcome.CONTRACT_VIOLATION, "body/required"),
        (200, b'{"sessionKey": ""}', "application/json", Outcome.CONTRACT_VIOLATION, "key/empty"),
        (200, b"{", "application/json", Outcome.CONTRACT_VIOLATION, "json/"),
        (200, b'{"sessionKey": "a"}', None, Outcome.CONTRACT_VIOLATION, "media_type/missing"),
        (418, b"", "text/plain", Outcome.CONTRACT_VIOLATION, "status/418"),
        (401, b"", "text/plain", Outcome.REJECTED, "rejected/401"),
        (429, b"", "text/plain", Outcome.THROTTLED, "throttled/429"),
        (503, b"", "text/plain", Outcome.SERVER_ERROR, "server_error/503"),
    ],
)
def test_anything_else_has_its_cause(
    contract: Contract, status: int, body: bytes, media_type: str | None, outcome: Outcome, cause: str
) -> None:
    judged = contract.judge(status, body, content_type=media_type)
    assert not judged.ok
    assert judged.outcome is outcome
    assert judged.cause.startswith(cause)
    assert judged.message


def test_nothing_shows_a_session_key(contract: Contract) -> None:
    for body in ({"sessionKey": KEY}, {"sessionkey": KEY}, {"sessionKey": [KEY]}):
        assert KEY not in repr(contract.judge(200, json.dumps(body).encode()))


def test_another_document_names_its_operation_and_its_places(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    success: dict[str, Any] = {
        "properties": {"data": {"properties": {"token": {"type": "string"}}, "required": ["token"]}}
    }
    success |= {"type": "object", "required": ["data"]}
    start = {
        "operationId": "begin",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "201": {
                "description": "begun",
                "content": {"application/json": {"schema": success}},
                "headers": {"X-Trace": {"required": True, "schema": {"type": "string"}}},
            }
        },
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "own", "version": "1"},
        "paths": {"/go": {"post": start}},
    }
    path.write_text(json.dumps(document))
    contract = Contract.read(path, operation="begin", user="who.id", session_key="/data/token")
    assert json.loads(contract.body("me")) == {"who": {"id": "me"}}
    body = b'{"data": {"token": "t"}}'
    assert contract.judge(201, body, headers={"x-TRACE": "1"}).ok
    assert contract.judge(201, body).cause == "header/missing/X-Trace"


def test_what_cannot_be_used_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n")
    with pytest.raises(InputError) as caught:
        Contract.read(path)
    assert str(path) in str(caught.value)
    with pytest.raises(InputError, match="bad-pointer"):
        Contract.read(ROOT / "contracts" / "openapi.yaml", session_key="a..b")

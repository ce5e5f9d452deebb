"""What is sent: path, header, body and user IDs, each as the document says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.request.key_field import KeyField
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def _contract(
    change: Callable[[dict[str, Any]], object] | None = None,
    operation_id: str = "startSession",
    project: str = "",
    environment: str | None = "",
) -> Contract:
    document = copy.deepcopy(_DOCUMENT)
    if change:
        change(document)
    return Contract.from_document(
        document, Binding(operation_id, project, environment), file="openapi.yaml", sha256="0" * 64
    )


_START = _contract()


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    path = "/v4/project/{projectID}/environment/{environmentID}/session"
    operation: dict[str, Any] = document["paths"][path]["post"]
    return operation


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document["components"]["schemas"]
    return schemas


def test_a_result_holds_enough_to_send_the_request_again() -> None:
    assert _START.describe() == {
        "file": "openapi.yaml",
        "operation": "startSession",
        "sha256": "0" * 64,
        "method": "POST",
        "path": "/v4/project/{projectID}/environment/{environmentID}/session",
        "header": "authorization",
    }


def test_what_the_document_says_of_the_request() -> None:
    assert (_START.operation.operation_id, _START.request.method) == ("startSession", "POST")
    assert _START.file == "openapi.yaml"
    assert (_START.sha256, _START.request.security.key) == ("0" * 64, KeyField("authorization"))


@pytest.mark.parametrize(
    ("project", "environment", "path"),
    [
        ("p", "main", "/v4/project/p/environment/main/session"),
        ("a/b?c#d", "é %", "/v4/project/a%2Fb%3Fc%23d/environment/%C3%A9%20%25/session"),
        ("{environmentID}", "...", "/v4/project/%7BenvironmentID%7D/environment/.../session"),
    ],
)
def test_each_value_is_one_part_of_the_path(project: str, environment: str, path: str) -> None:
    assert _contract(project=project, environment=environment).request.path() == path


def test_the_traffic_split_needs_no_environment() -> None:
    assert (
        _contract(operation_id="startSessionTrafficSplit", project="p", environment=None).request.path()
        == "/v4/project/p/session"
    )


@pytest.mark.parametrize(
    ("project", "environment"), [("", "e"), (".", "e"), ("p", ".."), ("canary\ud800", "e")]
)
def test_a_value_that_would_change_the_path_is_refused(project: str, environment: str) -> None:
    with pytest.raises(InputError) as caught:
        _contract(project=project, environment=environment).request.path()
    assert caught.value.code == "bad-path-value"
    assert "canary" not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256))
def test_a_user_id_without_fault_is_sent_as_it_is(user_id: str) -> None:
    assert _START.request.body.user_id_fault(user_id) is None
    assert json.loads(_START.request.body.to_bytes(user_id)) == {"userID": user_id}


def test_a_body_is_compact_utf_8() -> None:
    assert _START.request.body.to_bytes('é"') == b'{"userID":"\xc3\xa9\\""}'


@pytest.mark.parametrize(
    ("user_id", "fault"),
    [
        ("", "is 0 characters long; the contract allows at least 1"),
        ("😀" * 257, "is 257 characters long; the contract allows at most 256"),
        ("\ud800", "has half of a surrogate pair in it, which UTF-8 cannot carry"),
    ],
)
def test_a_user_id_that_the_contract_does_not_allow(user_id: str, fault: str) -> None:
    assert _START.request.body.user_id_fault(user_id) == fault


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"maxLength": 3}, "is 4 characters long; the contract allows at most 3"),
        ({"pattern": "^x"}, "does not fit the request of the contract: userID breaks the rule 'pattern'"),
        ({"readOnly": True}, "does not fit the request of the contract: userID breaks the rule 'readOnly'"),
        ({}, None),
    ],
)
def test_user_ids_are_judged_by_the_document(schema: object, fault: str | None) -> None:
    contract = _contract(
        lambda document: _schemas(document)["SessionStart"]["properties"].update(userID=schema)
    )
    assert contract.request.body.user_id_fault("user") == fault


def test_one_character_is_one_character() -> None:
    properties = {"userID": {"minLength": 2}}
    contract = _contract(lambda document: _schemas(document)["SessionStart"].update(properties=properties))
    assert contract.request.body.user_id_fault("u") == "is 1 character long; the contract allows at least 2"


def test_what_is_required_besides_is_filled_in() -> None:
    contract = _contract(lambda document: _schemas(document)["SessionStart"].update(required=["region"]))
    assert contract.request.body.user_id_fault("u") is None
    assert json.loads(contract.request.body.to_bytes("u")) == {"region": "s", "userID": "u"}


def test_without_a_request_body_nobody_can_start_a_session() -> None:
    with pytest.raises(InputError, match="cannot hold a user ID at userID") as caught:
        _contract(lambda document: _operation(document).pop("requestBody"))
    assert caught.value.code == "no-user-id"

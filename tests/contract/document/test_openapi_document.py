"""The shipped document is valid OpenAPI 3.0, holds the published facts and nothing beyond them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import yaml

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.request.key_field import KeyField
from sessionload.metrics.exchange import Outcome

_FILE = Path(__file__).parents[3] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, item in _DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}


def test_it_is_valid() -> None:
    openapi_spec_validator.validate(_DOCUMENT, cls=openapi_spec_validator.OpenAPIV30SpecValidator)


@pytest.mark.parametrize(
    ("operation_id", "path", "key"),
    [
        ("startSession", "/v4/project/{projectID}/environment/{environmentID}/session", "apiKey"),
        ("startSessionTrafficSplit", "/v4/project/{projectID}/session", "apiKey"),
        ("interact", "/v4/interact", "sessionKey"),
        ("interactStream", "/v4/interact/stream", "sessionKey"),
    ],
)
def test_each_operation_is_a_post_with_its_own_key(operation_id: str, path: str, key: str) -> None:
    assert _OPERATIONS[operation_id][:2] == (path, "post")
    assert _OPERATIONS[operation_id][2]["security"] == [{key: []}]


def test_there_is_no_further_operation() -> None:
    assert len(_OPERATIONS) == 4


@pytest.mark.parametrize("operation_id", sorted(_OPERATIONS))
def test_only_200_is_promised(operation_id: str) -> None:
    assert list(_OPERATIONS[operation_id][2]["responses"]) == ["200"]


@pytest.mark.parametrize("operation_id", sorted(_OPERATIONS))
def test_every_operation_can_be_judged_by(operation_id: str) -> None:
    contract = Contract.from_document(
        _DOCUMENT,
        Binding(operation_id, filler="any", session_key=None),
        file="openapi.yaml",
        sha256="0" * 64,
    )
    assert contract.request.security.key == KeyField("authorization")
    assert contract.request.method == "POST"


def test_both_keys_travel_in_the_same_header() -> None:
    schemes = _DOCUMENT["components"]["securitySchemes"]
    assert {(s["type"], s["in"], s["name"]) for s in schemes.values()} == {
        ("apiKey", "header", "authorization")
    }


@pytest.mark.parametrize("version", ["3.1.0", "3.1.1", "3.2.0"])
def test_it_can_be_judged_by_under_a_later_version_too(version: str) -> None:
    document = _DOCUMENT | {"openapi": version}
    contract = Contract.from_document(
        document, Binding("startSession", filler="any"), file="openapi.yaml", sha256="0" * 64
    )
    assert contract.judge(200, "application/json", b'{"sessionKey":"k"}').session_key == "k"
    assert contract.judge(200, "application/json", b"{}").outcome is Outcome.CONTRACT_VIOLATION

"""The header `accept` follows from the successes that a document lists."""

from __future__ import annotations

from typing import Any

import pytest

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding


def accept_of(**responses: list[str]) -> tuple[str, dict[str, Any]]:
    listed = {
        key.removeprefix("on_"): {"description": "", "content": {text: {} for text in texts}}
        for key, texts in responses.items()
    }
    start = {"requestBody": {"content": {"application/json": {}}}, "responses": listed}
    root = {"openapi": "3.1.0", "paths": {"/start": {"post": start}}}
    contract = Contract.from_document(
        root, Binding("POST /start", session_key=None), file="x.yaml", sha256=""
    )
    return contract.request.accept, contract.describe()


@pytest.mark.parametrize(
    ("responses", "accept"),
    [
        ({"on_200": ["application/json; charset=utf-8"]}, "application/json"),
        ({"on_200": ["Application/Vnd.Acme+JSON; v=1"]}, "application/vnd.acme+json"),
        ({"on_200": ["application/hal+json", "text/html"]}, "application/hal+json"),
        ({"on_200": ["application/hal+json"], "on_201": ["application/json"]}, "application/json"),
        (
            {"on_200": ["application/a+json"], "on_2XX": ["application/b+json"]},
            "application/a+json, application/b+json",
        ),
        ({"on_200": ["application/a+json", "application/*"]}, "application/json"),
        ({"on_200": ["*/*"]}, "application/json"),
        ({"on_200": []}, "application/json"),
        ({"on_200": ["text/plain"]}, "application/json"),
        ({"on_default": ["application/problem+json"]}, "application/problem+json"),
        ({"on_200": ["application/json"], "on_default": ["application/problem+json"]}, "application/json"),
        ({"on_200": ["application/x\r\nevil: 1+json"]}, "application/json"),
    ],
)
def test_it_is_what_can_be_judged(responses: dict[str, list[str]], accept: str) -> None:
    made, described = accept_of(**responses)
    assert made == accept
    assert described.get("accept", "application/json") == accept
    assert ("accept" in described) is (accept != "application/json")


def test_a_long_list_is_cut() -> None:
    made, _ = accept_of(on_200=[f"application/v{number}+json" for number in range(20)])
    assert made.count(",") == 7

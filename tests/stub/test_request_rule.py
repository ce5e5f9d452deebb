"""The short way to the user ID of a body is taken for the load's bodies, and says what the whole way says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_documents import USER, body_of, document_of

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.stub.request_rule import RequestRule

JSON = b"application/json"


def contract_of(body: dict[str, Any], *user: str) -> Contract:
    binding = Binding(project="p", environment="e", user=user)
    return Contract.from_document(document_of(body), binding, file="any.yaml", sha256="")


CONTRACTS = {
    "usual": contract_of(body_of(USER), "userID"),
    "another name": contract_of(
        {"type": "object", "properties": {"user_id": USER}, "required": ["user_id"]}, "user_id"
    ),
    "a neighbour called user": contract_of(
        {"type": "object", "properties": {"userID": USER, "user": {"enum": ["user"]}}, "required": ["user"]},
        "userID",
    ),
    "nested": contract_of(body_of({"type": "object", "properties": {"user": USER}}), "userID", "user"),
}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_a_body_of_the_load_is_not_parsed(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = RequestRule(contract)
    monkeypatch.setattr(rule, "_judge_fully", lambda *_: pytest.fail("it was parsed"))
    assert rule.judge(contract.request.body.to_bytes("load-000001"), JSON) == (b"load-000001", "")


@pytest.mark.parametrize("body", [b'{"xID":"user"}', b'{"ID":"user"}', b'{"userID":"}', b"{}"])
def test_a_body_without_a_user_id_starts_no_session(body: bytes) -> None:
    user, fault = RequestRule(CONTRACTS["usual"]).judge(body, JSON)
    assert (user, bool(fault)) == (b"", True)


@given(
    st.sampled_from(sorted(CONTRACTS)),
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=20).map(lambda user: json.dumps({"userID": user}).encode()),
        st.text('ab"\\é', max_size=6).map(lambda user: f'{{"userID":"{user}"}}'.encode()),
        st.text('ab"\\é', max_size=6).map(lambda user: f'{{"user_id":"{user}"}}'.encode()),
    ),
)
def test_both_ways_say_the_same(name: str, body: bytes) -> None:
    rule = RequestRule(CONTRACTS[name])
    assert rule.judge(body, JSON) == rule._judge_fully(body, JSON)

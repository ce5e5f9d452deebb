"""Judging by the document: the table of answers, the named rule, and documents that change."""

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
from sessionload.contract.response.response_rule import Judgement
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_JSON = "application/json"
_GOOD = b'{"sessionKey":"VF.SK.canary0123456789"}'


def _contract(
    change: Callable[[dict[str, Any]], object] | None = None,
    operation_id: str = "startSession",
    *,
    with_key: bool = False,
) -> Contract:
    document = copy.deepcopy(_DOCUMENT)
    if change:
        change(document)
    key = ("sessionKey",) if with_key else None
    binding = Binding(operation_id, filler="any", session_key=key)
    return Contract.from_document(document, binding, file="openapi.yaml", sha256="0" * 64)


_START = _contract(with_key=True)


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    path = "/v4/project/{projectID}/environment/{environmentID}/session"
    operation: dict[str, Any] = document["paths"][path]["post"]
    return operation


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document["components"]["schemas"]
    return schemas


def _with_response(schema: object, **more: object) -> Contract:
    return _contract(lambda document: _schemas(document).update(SessionStarted=schema, **more))


def _cause(judgement: Judgement) -> str:
    return judgement.failure.cause if judgement.failure else "ok"


@pytest.mark.parametrize(
    "content_type",
    [
        _JSON,
        "Application/JSON",
        f"{_JSON}; charset=utf-8",
        f'{_JSON};charset="UTF-8" ; x=y',
        f"{_JSON};",
        f"{_JSON}; x",
    ],
)
def test_a_documented_answer_is_ok_and_gives_its_key(content_type: str) -> None:
    assert _START.judge(200, content_type, _GOOD) == Judgement(Outcome.OK, None, "VF.SK.canary0123456789")


def test_further_properties_are_allowed() -> None:
    assert _START.judge(200, _JSON, b'{"sessionKey":"k","more":[1]}').session_key == "k"


@pytest.mark.parametrize(
    ("status", "content_type", "body", "cause"),
    [
        (200, None, _GOOD, "media_type/missing"),
        (200, "", _GOOD, "media_type/missing"),
        (200, " ; charset=utf-8", _GOOD, "media_type/missing"),
        (200, "text/html", b"<html>", "media_type"),
        (200, "text/plain", _GOOD, "media_type"),
        (200, "application/problem+json", _GOOD, "media_type"),
        (200, f"{_JSON}; charset=latin-1", _GOOD, "media_type/charset"),
        (200, f"{_JSON}; charset=utf-8; CHARSET=utf-16", _GOOD, "media_type/charset"),
        (200, _JSON, b"", "json/empty"),
        (200, _JSON, b'{"sessionKey":"\xff"}', "json/not_utf8"),
        (200, _JSON, b"\xef\xbb\xbf" + _GOOD, "json/bom"),
        (200, _JSON, b"<html>", "json/not_json"),
        (200, _JSON, _GOOD + b"x", "json/trailing"),
        (200, _JSON, b'{"sessionKey":"a","x":NaN}', "json/nan"),
        (200, _JSON, b'{"sessionKey":"a","x":1e999}', "json/overflow"),
        (200, _JSON, b'{"sessionKey":"a","sessionKey":"b"}', "json/duplicate_key"),
        (200, _JSON, b'{"sessionKey":"\\ud800"}', "json/lone_surrogate"),
        (200, _JSON, b"[" * 200_000, "json/too_deep"),
        (200, _JSON, b"[]", "body/type"),
        (200, _JSON, b"null", "body/type"),
        (200, _JSON, b'"text"', "body/type"),
        (200, _JSON, b"{}", "body/required/sessionKey"),
        (200, _JSON, b'{"sessionkey":"a"}', "body/required/sessionKey"),
        (200, _JSON, b'{"sessionKey":1}', "body/type/sessionKey"),
        (200, _JSON, b'{"sessionKey":null}', "body/type/sessionKey"),
        (200, _JSON, b'{"sessionKey":["a"]}', "body/type/sessionKey"),
        (200, _JSON, b'{"sessionKey":""}', "key/empty"),
        (200, _JSON, b'{"sessionKey":" \\n"}', "key/empty"),
        (201, _JSON, _GOOD, "status/201"),
        (204, None, b"", "status/204"),
        (302, None, b"", "status/302"),
        (400, _JSON, b"{}", "status/400"),
        (404, _JSON, b"{}", "status/404"),
        (100, None, b"", "status/100"),
        (999, None, b"", "status/999"),
        (99, None, b"", "status/other"),
        (1000, None, b"", "status/other"),
        (-200, None, b"", "status/other"),
    ],
)
def test_what_the_contract_does_not_allow_is_a_violation(
    status: int, content_type: str | None, body: bytes, cause: str
) -> None:
    judgement = _START.judge(status, content_type, body)
    assert judgement.outcome is Outcome.CONTRACT_VIOLATION
    assert _cause(judgement) == cause
    assert judgement.session_key is None
    assert "canary" not in repr(judgement)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, Outcome.REJECTED),
        (403, Outcome.REJECTED),
        (429, Outcome.THROTTLED),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
        (599, Outcome.SERVER_ERROR),
    ],
)
def test_a_refusal_is_an_outcome_of_its_own(status: int, outcome: Outcome) -> None:
    judgement = _START.judge(status, "text/html", b"<h1>Sorry</h1>")
    assert judgement.outcome is outcome
    assert judgement.failure is not None
    assert judgement.failure.cause == f"{outcome}/{status}"
    assert str(status) in judgement.failure.message
    assert judgement.failure.example == "<h1>Sorry</h1>"


def test_a_failure_has_a_sentence_and_a_masked_example() -> None:
    fault = _START.judge(200, _JSON, b'{"sessionkey":"VF.SK.canary"}').failure
    assert fault is not None
    assert fault.message == "the body breaks the contract: sessionKey is missing"
    assert fault.example == '{"sessionkey": "<12 characters>"}'
    listed = _START.judge(302, None, b"").failure
    assert listed is not None
    assert listed.message == "the document does not list status 302"


def test_the_key_does_not_show_in_a_judgement() -> None:
    assert "session_key=***" in repr(_START.judge(200, _JSON, _GOOD))
    assert "canary" not in repr(_START.judge(200, _JSON, _GOOD))


@given(
    st.integers(100, 999) | st.sampled_from([200, 401, 429, 500]) | st.integers(),
    st.none() | st.text() | st.sampled_from([_JSON, f"{_JSON};charset=utf-8"]),
    st.binary() | st.text().map(lambda text: json.dumps({"sessionKey": text, "x": text}).encode()),
    st.sampled_from(["startSession", "interact", "interactStream"]),
)
def test_every_answer_gets_an_outcome(
    status: int, content_type: str | None, body: bytes, operation_id: str
) -> None:
    judgement = _CONTRACTS[operation_id].judge(status, content_type, body)
    assert isinstance(judgement.outcome, Outcome)
    assert (judgement.failure is None) == (judgement.outcome is Outcome.OK)
    assert judgement == _CONTRACTS[operation_id].judge(status, content_type, body)


_CONTRACTS = {name: _contract(operation_id=name) for name in ("startSession", "interact", "interactStream")}


@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )
)
def test_no_answer_can_choose_a_cause(value: object) -> None:
    assert _cause(_START.judge(200, _JSON, json.dumps(value).encode())) in {
        "ok",
        "json/lone_surrogate",
        "key/empty",
        "body/type",
        "body/required/sessionKey",
        "body/type/sessionKey",
    }


# --- other operations and other documents --------------------------------------------------------


@pytest.mark.parametrize(
    ("operation_id", "content_type", "body", "cause"),
    [
        ("interact", _JSON, b'{"traces":[]}', "ok"),
        ("interact", _JSON, b'{"traces":[{"type":"text","payload":{"message":"hi"}},{"type":"end"}]}', "ok"),
        ("interact", _JSON, b'{"traces":{}}', "body/type/traces"),
        ("interact", _JSON, b'{"traces":[{"type":"text"},{"typo":"text"}]}', "body/required/traces/[]/type"),
        ("interact", _JSON, b'{"traces":[{"type":1},{}]}', "body/type/traces/[]/type"),
        ("interact", _JSON, _GOOD, "body/required/traces"),
        ("interactStream", "text/event-stream", b"event: end\ndata: {}\n\n", "ok"),
        ("interactStream", _JSON, b"{}", "media_type"),
    ],
)
def test_another_operation_judges_by_its_own_response(
    operation_id: str, content_type: str, body: bytes, cause: str
) -> None:
    judgement = _CONTRACTS[operation_id].judge(200, content_type, body)
    assert _cause(judgement) == cause
    assert judgement.session_key is None


@pytest.mark.parametrize(
    ("schema", "body", "cause"),
    [
        ({"type": "object"}, b"{}", "ok"),
        ({"type": "object", "nullable": True}, b"null", "ok"),
        ({"properties": {"sessionKey": {"type": "string", "nullable": True}}}, b'{"sessionKey":null}', "ok"),
        ({"properties": {"sessionKey": {"type": "integer"}}}, b'{"sessionKey":7}', "ok"),
        (
            {"properties": {"sessionKey": {"minLength": 9}}},
            b'{"sessionKey":"k"}',
            "body/minLength/sessionKey",
        ),
        (
            {"properties": {"sessionKey": {"maxLength": 2}}},
            b'{"sessionKey":"abc"}',
            "body/maxLength/sessionKey",
        ),
        (
            {"properties": {"sessionKey": {"pattern": "^S"}}},
            b'{"sessionKey":"abc"}',
            "body/pattern/sessionKey",
        ),
        ({"properties": {"properties": {"enum": ["a"]}}}, b'{"properties":"b"}', "body/enum/properties"),
        ({"additionalProperties": False}, b'{"canary":1}', "body/additionalProperties"),
        ({"additionalProperties": {"type": "string"}}, b'{"canary":1}', "body/type/*"),
        ({"additionalProperties": True}, b'{"canary":1}', "ok"),
        ({"required": ["b", "a"]}, b"{}", "body/required/a"),
        ({"required": ["a", "b"]}, b'{"a":1}', "body/required/b"),
        ({"required": ["w"], "properties": {"w": {"writeOnly": True}}}, b"{}", "ok"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, b"{}", "body/oneOf"),
        ({"not": {"type": "object"}}, b"{}", "body/not"),
        ({"allOf": [{"required": ["z"]}]}, b"{}", "body/required/z"),
        ({"multipleOf": 0.1, "maximum": 5, "exclusiveMaximum": True}, b"5", "body/maximum"),
        (
            {"oneOf": [{"type": "object"}], "discriminator": {"propertyName": "kind"}},
            b'{"kind":["http://example.com"]}',
            "ok",
        ),
    ],
)
def test_the_document_decides(schema: object, body: bytes, cause: str) -> None:
    assert _cause(_with_response(schema).judge(200, _JSON, body)) == cause


def test_a_schema_may_refer_to_itself_and_causes_stay_bounded() -> None:
    node = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/SessionStarted"}}}
    contract = _with_response(node)
    assert _cause(contract.judge(200, _JSON, b'{"a":' * 31 + b"{}" + b"}" * 31)) == "ok"
    assert _cause(contract.judge(200, _JSON, b'{"a":' * 31 + b"0" + b"}" * 31)) == "body/type/a/a/a/a"


def test_references_reach_into_lists_and_escaped_names() -> None:
    contract = _with_response(
        {"properties": {"a": {"$ref": "#/components/schemas/x~1y~0/allOf/1"}}},
        **{"x/y~": {"allOf": [{}, {"type": "string"}]}},
    )
    assert _cause(contract.judge(200, _JSON, b'{"a":1}')) == "body/type/a"


def test_statuses_come_from_the_document() -> None:
    def change(document: dict[str, Any]) -> None:
        _operation(document)["responses"] = {
            200: {"$ref": "#/components/responses/SessionStarted"},
            "2XX": {"description": "done"},
            "404": {"description": "unknown"},
            "3XX": {"description": "elsewhere"},
            "default": {"description": "anything"},
        }

    contract = _contract(change)
    assert _cause(contract.judge(200, _JSON, b"{}")) == "body/required/sessionKey"
    assert _cause(contract.judge(204, None, b"anything")) == "ok"
    assert _cause(contract.judge(301, None, b"")) == "status/301"
    listed = contract.judge(404, _JSON, b"{}").failure
    assert listed is not None
    assert listed.message == "the document lists status 404, but not as a success"
    assert _cause(contract.judge(410, _JSON, b"{}")) == "status/410"


@pytest.mark.parametrize(
    ("listed", "sent", "cause"),
    [
        ("application/*", _JSON, "ok"),
        ("*/*", _JSON, "ok"),
        ("*/*", None, "ok"),
        ("application/vnd.x+json", "application/vnd.x+json", "ok"),
        ("application/json; charset=utf-8", _JSON, "ok"),
        ("text/*", _JSON, "media_type"),
    ],
)
def test_media_types_come_from_the_document(listed: str, sent: str | None, cause: str) -> None:
    def change(document: dict[str, Any]) -> None:
        _operation(document)["responses"] = {"200": {"description": "", "content": {listed: {}}}}

    assert _cause(_contract(change).judge(200, sent, b"[]")) == cause


def test_a_server_that_names_ever_new_media_types_is_judged_alike_each_time() -> None:
    for number in range(200):
        fine = _START.judge(200, f"application/json; turn={number}", _GOOD)
        other = _START.judge(200, f"text/x-{number}", _GOOD)
        assert (fine.outcome, other.outcome) == (Outcome.OK, Outcome.CONTRACT_VIOLATION)
    assert len(_START.responses._expected) == 64

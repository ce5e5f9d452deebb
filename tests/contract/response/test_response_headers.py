"""Headers that the document lists for a response are judged, and no text of a server gets into a cause."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.answer_sample import AnswerSample, error_samples, success_sample
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.contract.response.response_headers import HeaderRule
from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome

JSON = "application/json"
GOOD = b'{"sessionKey":"k"}'
TEXT = {"type": "string"}
KEY = {
    "description": "",
    "content": {JSON: {"schema": {"type": "object", "properties": {"sessionKey": TEXT}}}},
}


def contract_of(responses: dict[str, Any], version: str = "3.0.3") -> Contract:
    document = {
        "openapi": version,
        "paths": {"/start": {"post": {"security": [{"Key": []}], "responses": responses}}},
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}},
            "headers": {"Limit": {"required": True, "schema": {"$ref": "#/components/schemas/Limit"}}},
            "schemas": {"Limit": {"type": "integer", "minimum": 0}},
        },
    }
    binding = Binding("POST /start", user=None, session_key=parse_pointer("sessionKey"))
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0")


def with_headers(headers: object, **more: object) -> Contract:
    return contract_of({"200": {**KEY, "headers": headers}, **more})


def cause_of(contract: Contract, headers: dict[str, str], status: int = 200, body: bytes = GOOD) -> str:
    judgement = contract.judge(status, JSON, body, headers)
    assert (judgement.failure is None) == (judgement.outcome is Outcome.OK) == bool(judgement.session_key)
    return judgement.failure.cause if judgement.failure else "ok"


def rule_of(header: dict[str, Any]) -> HeaderRule:
    return HeaderRule(OpenApiDocument({"openapi": "3.1.0"}, "mine.yaml"), "X-A", header, "the response 200")


def cause_of_value(header: dict[str, Any], text: str | None) -> str:
    fault = rule_of(header).fault(text)
    return fault.cause if fault else "ok"


def test_a_required_header_that_is_missing_is_a_violation_by_its_documented_name() -> None:
    contract = with_headers({"X-Request-Id": {"required": True, "schema": TEXT}})
    assert contract.responses.header_names == {"x-request-id"}
    assert cause_of(contract, {"x-request-id": "7"}) == "ok"
    judgement = contract.judge(200, JSON, GOOD)
    assert judgement.outcome is Outcome.CONTRACT_VIOLATION
    assert judgement.failure is not None
    assert judgement.failure.cause == "header/missing/X-Request-Id"
    assert judgement.failure.message == "the answer lacks the header X-Request-Id"
    assert judgement.session_key is None


def test_an_optional_header_is_judged_where_it_is_there() -> None:
    contract = with_headers({"X-Left": {"schema": {"type": "integer"}}, "X-Any": {}})
    assert cause_of(contract, {}) == "ok"
    assert cause_of(contract, {"x-left": "12", "x-any": ""}) == "ok"
    assert cause_of(contract, {"x-left": "canary"}) == "header/type/X-Left"


def test_the_body_comes_first_and_a_longer_body_changes_nothing() -> None:
    contract = with_headers({"X-A": {"required": True, "schema": TEXT}})
    assert cause_of(contract, {}, body=b'{"sessionKey":7}') == "body/type/sessionKey"
    assert cause_of(contract, {}, body=b'{"sessionKey":" "}') == "key/empty"
    assert cause_of(contract, {}, body=b'{"sessionKey":"k","more":1}') == "header/missing/X-A"
    assert cause_of(contract, {"x-a": ""}, body=b'{"sessionKey":"k","more":1}') == "ok"


def test_content_type_is_no_header_of_a_response_for_openapi() -> None:
    listed = {"content-TYPE": {"required": True, "schema": {"enum": ["no"]}}}
    assert with_headers(listed).responses.header_names == frozenset()
    assert cause_of(with_headers(listed), {}) == "ok"


def test_a_reference_is_followed() -> None:
    contract = with_headers({"X-Limit": {"$ref": "#/components/headers/Limit"}})
    assert cause_of(contract, {}) == "header/missing/X-Limit"
    assert cause_of(contract, {"x-limit": "-1"}) == "header/minimum/X-Limit"
    assert cause_of(contract, {"x-limit": "0"}) == "ok"


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_an_error_lacks_what_is_listed_for_it(status: int) -> None:
    listed = {"description": "", "headers": {"X-Why": {"required": True, "schema": TEXT}}}
    contract = contract_of({"200": KEY, str(status): listed})
    plain = contract_of({"200": KEY, str(status): {"description": ""}})
    usual = cause_of(plain, {}, status, b"")
    assert cause_of(contract, {}, status, b"") == f"{usual}/header"
    assert cause_of(contract, {"x-why": "so"}, status, b"") == usual


def test_a_body_that_is_wrong_comes_before_a_header_in_an_error_too() -> None:
    listed = KEY | {"headers": {"X-Why": {"required": True, "schema": TEXT}}}
    assert cause_of(contract_of({"200": KEY, "400": listed}), {}, 400, b"") == "status/400/body"


def test_default_has_headers_and_no_session_without_a_key_is_ok() -> None:
    contract = contract_of({"default": {**KEY, "headers": {"X-A": {"required": True}}}})
    assert cause_of(contract, {}) == "header/missing/X-A"
    assert cause_of(contract, {}, 418) == "status/418/header"
    without_content = contract_of({"200": {"description": "", "headers": {"X-A": {"required": True}}}})
    assert cause_of(without_content, {}) == "header/missing/X-A"


@pytest.mark.parametrize(
    ("schema", "text", "cause"),
    [
        (TEXT, "", "ok"),
        (TEXT, "7", "ok"),
        (TEXT, "a, b", "ok"),
        ({"type": "string", "maxLength": 2}, "abc", "header/maxLength/X-A"),
        ({"enum": ["a", "b"]}, "b", "ok"),
        ({"enum": ["a", "b"]}, "c", "header/enum/X-A"),
        ({"type": "integer"}, "7", "ok"),
        ({"type": "integer"}, " 7 ", "ok"),
        ({"type": "integer"}, "007", "ok"),
        ({"type": "integer"}, "-07", "ok"),
        ({"type": "integer"}, "7.5", "header/type/X-A"),
        ({"type": "integer"}, "seven", "header/type/X-A"),
        ({"type": "integer"}, "", "header/type/X-A"),
        ({"type": "integer"}, "7, 7", "header/type/X-A"),
        ({"type": "integer", "maximum": 9}, "10", "header/maximum/X-A"),
        ({"type": "number"}, "0.5", "ok"),
        ({"type": "number"}, "NaN", "header/type/X-A"),
        ({"type": "boolean"}, "true", "ok"),
        ({"type": "boolean"}, "yes", "header/type/X-A"),
        ({"type": ["string", "null"]}, "", "ok"),
        ({"type": ["integer"]}, "x", "header/type/X-A"),
        ({"type": ["integer"]}, "7", "ok"),
        ({"type": "array", "items": TEXT}, "a, b,c", "ok"),
        ({"type": "array", "items": TEXT}, "1,2", "ok"),
        ({"type": "array", "items": {"type": "integer"}}, "1, 2", "ok"),
        ({"type": "array", "items": {"type": "integer"}}, "1,two", "header/type/X-A/[]"),
        ({"type": "array", "items": TEXT, "maxItems": 1}, "a,b", "header/maxItems/X-A"),
        ({"type": "array", "minItems": 1}, "", "header/minItems/X-A"),
        ({"type": "object", "required": ["R"]}, "R,1,G,2", "ok"),
        ({"type": "object", "required": ["R"]}, "G,2", "header/required/X-A/R"),
        ({"type": "object", "properties": {"R": {"type": "integer"}, "T": TEXT}}, "R,1,T,2", "ok"),
        ({"maxLength": 3}, "canary", "header/maxLength/X-A"),
        ({"minimum": 3}, "1", "ok"),
        ({"enum": [1, ["a"]]}, "1", "ok"),
        ({"enum": [1, ["a"]]}, "a", "ok"),
        ({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}, "true", "ok"),
        ({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}, "canary", "header/oneOf/X-A"),
        (True, "anything", "ok"),
        (False, "anything", "header/"),
    ],
)
def test_a_value_is_read_as_its_schema_says(schema: object, text: str, cause: str) -> None:
    found = cause_of_value({"schema": schema}, text)
    assert found == cause or (cause.endswith("/") and found.startswith(cause))


def test_an_exploded_object_has_its_names_before_equals_signs() -> None:
    header = {"explode": True, "schema": {"type": "object", "required": ["R"]}}
    assert cause_of_value(header, "R=1,G=2") == "ok"
    assert cause_of_value(header, "R,1") == "header/required/X-A/R"


def test_a_header_that_is_written_as_json() -> None:
    header = {"content": {JSON: {"schema": {"type": "object", "required": ["a"]}}}}
    assert cause_of_value(header, '{"a":1}') == "ok"
    assert cause_of_value(header, "{}") == "header/required/X-A/a"
    assert cause_of_value(header, "canary") == "header/json/X-A"
    assert cause_of_value(header, None) == "ok"
    assert cause_of_value({"content": {"text/plain": {"schema": {"maxLength": 3}}}}, "canary") != "ok"


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"X Y": {}}, "has a name that no header can have"),
        ({"X-A": {"style": "form"}}, "in a style that OpenAPI does not have for headers"),
        ({"X-A": []}, "not a mapping"),
        ([], "not a mapping"),
        ({"X-A": {"schema": {"type": "strin"}}}, "schema"),
    ],
)
def test_what_cannot_be_judged_is_refused(headers: object, says: str) -> None:
    for responses in ({"200": {**KEY, "headers": headers}}, {"200": KEY, "4XX": {"headers": headers}}):
        with pytest.raises(InputError) as refused:
            contract_of(responses)
        assert says in str(refused.value)


@pytest.mark.parametrize("key", ["20X", "600", "0XX", "success", "99"])
def test_a_response_that_has_no_status_is_refused(key: str) -> None:
    with pytest.raises(InputError) as refused:
        contract_of({"200": KEY, key: {"description": ""}})
    assert refused.value.code == "bad-contract"
    assert f"lists a response '{key}'" in str(refused.value)


def test_a_range_may_be_written_in_small_letters_and_extensions_are_none() -> None:
    contract = contract_of({"200": KEY, "4xx": {"description": ""}, "x-note": "hello"})
    assert [status for status in range(1000) if contract.responses.lists(status)] == [200, *range(400, 500)]


_VALUES = st.one_of(
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("abc xyz-", min_size=1).map(str.strip).filter(bool),
)
_TYPES = {int: "integer", bool: "boolean", float: "number", str: "string"}


@given(_VALUES)
def test_what_is_written_for_a_value_is_read_as_it(value: object) -> None:
    schema = {"type": _TYPES[type(value)], "enum": [value]}
    rule = rule_of({"schema": schema})
    assert rule.fault(rule.text(value)) is None
    items = rule_of({"schema": {"type": "array", "minItems": 2, "items": schema}})
    assert items.fault(items.text([value, value])) is None
    members = rule_of({"schema": {"type": "object", "required": ["m"], "properties": {"m": schema}}})
    assert members.fault(members.text({"m": value})) is None
    exploded = rule_of({"explode": True, "schema": {"type": "object", "required": ["m"]}})
    assert exploded.fault(exploded.text({"m": value})) is None


@given(
    st.text(st.characters(codec="latin-1")) | st.from_regex(r"\s*-?\d{0,20}\s*|true|false", fullmatch=True),
    st.sampled_from(["string", "integer", "boolean", "number"]),
)
def test_what_is_right_at_a_glance_is_right_by_the_schema_too(text: str, kind: str) -> None:
    rule = rule_of({"schema": {"type": kind, "description": "plain"}})
    asked = rule_of({"schema": {"allOf": [{"type": kind}]}})
    assert rule.fault(text) == rule._fault_of_text(text)
    assert (rule.fault(text) is None) == (asked.fault(text) is None)
    assert rule.fault(text) == rule.fault(text)


def test_values_that_were_right_are_remembered_within_bounds() -> None:
    rule = rule_of({"schema": {"type": "string", "minLength": 2}})
    for number in range(400):
        assert rule.fault(f"n{number}") is None
        assert rule.fault("n") is not None
    assert rule.fault("n" * 200) is None
    assert len(rule._right) == 256


@given(st.text(st.characters(codec="latin-1")), st.sampled_from(["integer", "array", "object", "boolean"]))
def test_whatever_a_header_says_its_cause_is_one_of_few(text: str, kind: str) -> None:
    contract = with_headers({"X-A": {"required": True, "schema": {"type": kind, "maxItems": 3}}})
    assert cause_of(contract, {"x-a": text}) in ("ok", "header/type/X-A", "header/maxItems/X-A")


def test_answers_that_are_made_have_the_headers_that_are_required() -> None:
    headers = {
        "X-Limit": {"$ref": "#/components/headers/Limit"},
        "X-Id": {"required": True, "example": "r-1", "schema": TEXT},
        "X-Meta": {"required": True, "content": {JSON: {"schema": {"enum": [["a"]]}}}},
        "X-Other": {"schema": TEXT},
        "Content-Type": {"required": True},
    }
    bare = {"description": "", "headers": {"WWW-Authenticate": {"required": True, "schema": TEXT}}}
    contract = contract_of({"200": {**KEY, "headers": headers}, "401": bare, "404": {"description": ""}})
    made = {"x-limit": "0", "x-id": "r-1", "x-meta": json.dumps(["a"])}
    sample = success_sample(contract, "k")
    assert sample.headers == made
    assert sample.value == {"sessionKey": "k"}
    assert error_samples(contract, (401, 404)) == {
        401: AnswerSample(401, JSON, {}, {"www-authenticate": "s"})
    }


@pytest.mark.parametrize(
    "header", [{"example": "a\r\nb: c"}, {"example": "x", "schema": {"type": "integer"}}, {"example": ""}]
)
def test_a_header_for_which_no_value_can_be_made_is_refused(header: dict[str, Any]) -> None:
    contract = with_headers({"X-A": {"required": True, "schema": TEXT, **header}})
    with pytest.raises(InputError) as refused:
        success_sample(contract, "k")
    assert refused.value.code == "no-sample-answer"

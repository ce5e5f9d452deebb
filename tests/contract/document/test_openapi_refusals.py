"""Documents that cannot be judged by are refused before any traffic, with code, file and cure."""

from __future__ import annotations

import copy
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
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = Path(__file__).parents[3] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_PATH = "/v4/project/{projectID}/environment/{environmentID}/session"
_SCHEMA = "#/components/schemas/SessionStarted"


def _load(document: dict[str, Any], operation_id: str = "startSession") -> Contract:
    return Contract.from_document(
        document,
        Binding(operation_id, filler="any", session_key=None),
        file="contracts/openapi.yaml",
        sha256="0",
    )


def _set(*way: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in way[:-1]:
            node = node[step]
        node[way[-1]] = to

    return change


def _response_schema(schema: object) -> Callable[[dict[str, Any]], None]:
    return _set("components", "schemas", "SessionStarted", to=schema)


def _operation(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return _set("paths", _PATH, "post", key, to=value)


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (_set("openapi", to="4.0.0"), "unsupported-openapi", "3.0, 3.1 or 3.2"),
        (_set("openapi", to="3.10.0"), "unsupported-openapi", "3.0, 3.1 or 3.2"),
        (_set("openapi", to=3), "unsupported-openapi", "a line like 'openapi: 3.1.0'"),
        (_set("paths", to=None), "bad-contract", "paths"),
        (_set("paths", to={}), "unknown-operation", "'startSession'"),
        (_set("paths", _PATH, to="text"), "bad-contract", "the path"),
        (_set("paths", _PATH, "post", to=[]), "bad-contract", "post of"),
        (
            _operation("operationId", "beginSession"),
            "unknown-operation",
            "startSessionTrafficSplit (POST /v4/project/{projectID}/session)",
        ),
        (_operation("security", "apiKey"), "bad-contract", "'security' is not a list"),
        (_operation("security", ["apiKey"]), "bad-contract", "a security requirement"),
        (_operation("security", [{"other": []}]), "bad-contract", "the security scheme 'other'"),
        (
            _operation("requestBody", {"content": {"text/plain": {}}}),
            "unusable-operation",
            "application/json",
        ),
        (_operation("requestBody", {"content": []}), "bad-contract", "content of the request body"),
        (
            _operation("responses", {"400": {"description": ""}}),
            "unusable-operation",
            "no status that is a success",
        ),
        (_operation("responses", {}), "unusable-operation", "no status that is a success"),
        (_operation("responses", {"200": None}), "bad-contract", "the response 200"),
        (
            _operation("responses", {"200": {"content": {"application/json": 1}}}),
            "bad-contract",
            "application/json",
        ),
        (_response_schema(None), "bad-contract", "the response 200"),
        (_response_schema({"$ref": "other.yaml#/x"}), "remote-reference", "'other.yaml#/x'"),
        (
            _response_schema({"items": {"$ref": "https://example.com/x"}}),
            "remote-reference",
            "bring what it names",
        ),
        (_response_schema({"$ref": "#/components/schemas/Nothing"}), "broken-reference", "leads nowhere"),
        (_response_schema({"$ref": "#Trace"}), "broken-reference", "leads nowhere"),
        (_response_schema({"$ref": "#/openapi/3"}), "broken-reference", "leads nowhere"),
        (_response_schema({"$ref": "#/tags/9"}), "broken-reference", "leads nowhere"),
        (_response_schema({"$ref": _SCHEMA}), "broken-reference", "leads back to itself"),
        (
            _response_schema({"$ref": "#/components/schemas/Trace", "type": "object"}),
            "broken-reference",
            "beside it",
        ),
        (
            _response_schema({"allOf": [{"$ref": _SCHEMA}]}),
            "broken-reference",
            "without a step into the value",
        ),
        (
            _response_schema(
                {"properties": {"a": {"not": {"anyOf": [{"$ref": f"{_SCHEMA}/properties/a"}]}}}}
            ),
            "broken-reference",
            "without a step into the value",
        ),
        (_response_schema({"type": "text"}), "bad-schema", "'type'"),
        (_response_schema({"type": ["string", "null"]}), "bad-schema", "'type'"),
        (_response_schema({"type": "null"}), "bad-schema", "'type'"),
        (_response_schema({"minLength": -1}), "bad-schema", "'minLength'"),
        (_response_schema({"exclusiveMaximum": 5}), "bad-schema", "'exclusiveMaximum'"),
        (_response_schema({"pattern": "("}), "bad-schema", "a pattern that is not a regular expression"),
        (
            _response_schema({"properties": {"a": {"pattern": "("}}}),
            "bad-schema",
            "'#/components/schemas/SessionStarted/properties/a'",
        ),
        (_response_schema({"id": "http://example.com"}), "unknown-keyword", "'id'"),
        (_response_schema({"$ref": None}), "bad-schema", "'$ref'"),
        (_response_schema({"items": [{}]}), "bad-contract", "SessionStarted/items'"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(
    change: Callable[[dict[str, Any]], None], code: str, reason: str
) -> None:
    document = copy.deepcopy(_DOCUMENT)
    change(document)
    with pytest.raises(InputError) as caught:
        _load(document)
    assert caught.value.code == code
    assert reason in str(caught.value)
    assert str(caught.value).startswith("contracts/openapi.yaml: ")


def test_a_path_with_an_unknown_place_is_refused() -> None:
    document = copy.deepcopy(_DOCUMENT)
    document["paths"]["/v4/{tenant}"] = document["paths"].pop(_PATH)
    with pytest.raises(InputError, match="'tenant'") as caught:
        Contract.from_document(document, Binding("startSession", "p"), file="openapi.yaml", sha256="0")
    assert caught.value.code == "unfilled-path"


def test_the_security_of_the_document_holds_where_an_operation_has_none() -> None:
    document = copy.deepcopy(_DOCUMENT)
    document["security"] = document["paths"][_PATH]["post"].pop("security")
    assert _load(document).request.security.key == KeyField("authorization")


def test_a_reference_may_carry_a_description() -> None:
    document = copy.deepcopy(_DOCUMENT)
    _response_schema({"$ref": "#/components/schemas/Trace", "description": "the same"})(document)
    assert _load(document).judge(200, "application/json", b'{"type":"x"}').outcome is Outcome.OK


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from(["", "string", "object", "(", "3.0.0", _SCHEMA]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "type", "properties", "items", "allOf", "not", "required", "pattern", "enum"]
            )
            | st.integers(1, 2),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("reference", [1, True, None, [], {}])
def test_a_reference_that_is_no_text_is_refused(version: str, reference: object) -> None:
    document = copy.deepcopy(_DOCUMENT)
    document["openapi"] = version
    document["components"]["schemas"]["SessionStarted"] = {"$ref": reference}
    with pytest.raises(InputError) as caught:
        _load(document)
    assert caught.value.code in {"bad-schema", "bad-contract", "unknown-keyword"}
    assert caught.value.hint


@given(st.data())
def test_any_document_is_used_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(_DOCUMENT)
    node: Any = document
    way = data.draw(st.sampled_from(_ways(document)))
    for step in way[:-1]:
        node = node[step]
    node[way[-1]] = data.draw(_ANY)
    try:
        contract = _load(document)
    except InputError:
        return
    for body in (b"{}", b'{"sessionKey":"k"}', b"[[1]]", b"1"):
        assert contract.judge(200, "application/json", body).outcome in {
            Outcome.OK,
            Outcome.CONTRACT_VIOLATION,
        }
    contract.request.body.user_id_fault("u")


def _ways(node: Any, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401 - a parsed document
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*way,)] * bool(way) + [found for step, inner in steps for found in _ways(inner, (*way, step))]

"""Every refusal of a part of a document names its line and column, in YAML and in JSON.

The places to expect come from another reader: PyYAML's tree of nodes, which takes JSON in ASCII too.
"""

from __future__ import annotations

import ast
import copy
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from small_documents import PATH, USER, body_of, document_of

import sessionload
from sessionload.config.contract_files import places_shown, read_contract
from sessionload.config.contract_json import place_in_json
from sessionload.config.contract_yaml import place_in_yaml
from sessionload.contract.answer_sample import success_sample
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    Part = tuple[str | int, ...]

DUMPS: dict[str, Callable[[Any], str]] = {
    "yaml": lambda data: yaml.safe_dump(data, sort_keys=False, allow_unicode=True),
    "json": lambda data: json.dumps(data, indent=2),
}
POST: Part = ("paths", PATH, "post")
JSON: Part = ("content", "application/json")
ANSWER = (*POST, "responses", "200", *JSON, "schema")
BODY = (*POST, "requestBody", *JSON, "schema")
MISSING = object()


@lru_cache(4)
def composed(text: str) -> Any:  # noqa: ANN401 -- a node of any kind
    return yaml.compose(text, Loader=yaml.SafeLoader)


def place_of(text: str, part: Part) -> tuple[int, int]:
    node = composed(text)
    mark = node.start_mark
    for step in part:
        if isinstance(step, int):
            node = node.value[step]
            mark = node.start_mark
        else:
            key, node = next(pair for pair in node.value if pair[0].value == str(step))
            mark = key.start_mark
    return mark.line + 1, mark.column + 1


def changed(changes: dict[Part, object]) -> dict[str, Any]:
    document = copy.deepcopy(document_of(body_of(USER)))
    for part, value in changes.items():
        node: Any = document
        for step in part[:-1]:
            node = node[step]
        if value is MISSING:
            del node[part[-1]]
        else:
            node[part[-1]] = value
    return document


_HEADER = {"name": "x-tenant", "in": "header", "required": True, "schema": {"type": "string"}}
_PARAMETER: Part = (*POST, "parameters", 0)
_SCHEMA: Part = ("components", "schemas", "a")
_TO_SCHEMA = {"$ref": "#/components/schemas/a"}


_CHAIN: dict[Part, object] = {
    ("components", "schemas", f"a{link}"): {"allOf": [{"$ref": f"#/components/schemas/a{link + 1}"}]}
    for link in range(40)
}
_CHAIN["components", "schemas", "a40"] = {}
_NEEDS: dict[Part, object] = {
    (*BODY, "required"): ["userID", "a"],
    (*BODY, "properties", "a"): {"not": {}},
}
_GIVES: dict[Part, object] = {
    (*ANSWER, "required"): ["sessionKey", "a"],
    (*ANSWER, "properties", "a"): {"not": {}},
}
CASES: list[tuple[str, dict[Part, object], Part, dict[str, Any]]] = [
    ("unsupported-openapi", {("openapi",): "2.0"}, ("openapi",), {}),
    ("unsupported-openapi", {("openapi",): MISSING}, (), {}),
    (
        "unsupported-dialect",
        {("openapi",): "3.1.0", ("jsonSchemaDialect",): "x"},
        ("jsonSchemaDialect",),
        {},
    ),
    ("bad-contract", {("paths",): []}, ("paths",), {}),
    ("bad-contract", {("paths", PATH): 1}, ("paths", PATH), {}),
    ("bad-contract", {POST: None}, POST, {}),
    ("bad-contract", {(*POST, "responses"): MISSING}, POST, {}),
    ("bad-contract", {(*POST, "responses", "200"): None}, (*POST, "responses", "200"), {}),
    ("bad-contract", {(*POST, "security"): "key"}, (*POST, "security"), {}),
    ("bad-contract", {("components", "securitySchemes"): {}}, ("components", "securitySchemes"), {}),
    ("bad-contract", {(*POST, "parameters"): "x"}, (*POST, "parameters"), {}),
    ("bad-contract", {(*POST, "parameters"): [{}]}, _PARAMETER, {}),
    ("bad-contract", {(*POST, "parameters"): [1]}, (*POST, "parameters"), {}),
    ("bad-contract", {(*ANSWER, "items"): 5}, (*ANSWER, "items"), {}),
    ("bad-contract", {ANSWER[:-1]: 5}, ANSWER[:-1], {}),
    ("bad-contract", {ANSWER[:-2]: 5}, ANSWER[:-2], {}),
    ("bad-contract", {(*POST, "requestBody"): 5}, (*POST, "requestBody"), {}),
    ("bad-contract", {(*POST, "requestBody", "content"): 5}, (*POST, "requestBody", "content"), {}),
    ("bad-contract", {(*POST, "responses", "99"): {}}, (*POST, "responses", "99"), {}),
    (
        "bad-contract",
        {(*POST, "responses", "200", "headers"): {"a b": {}}},
        (*POST, "responses", "200", "headers", "a b"),
        {},
    ),
    (
        "bad-contract",
        {(*POST, "responses", "200", "headers"): {"a": {"style": "form"}}},
        (*POST, "responses", "200", "headers", "a", "style"),
        {},
    ),
    (
        "ambiguous-media-type",
        {(*POST, "responses", "200", "content", "application/json; v=1"): {}},
        (*POST, "responses", "200", "content", "application/json; v=1"),
        {},
    ),
    ("unknown-operation", {("paths",): {}}, ("paths",), {}),
    ("unknown-operation", {}, ("paths",), {"operation": "other"}),
    (
        "ambiguous-operation",
        {("paths", "/x"): {"put": {"operationId": "startSession"}}},
        ("paths", "/x", "put", "operationId"),
        {"operation": "startSession"},
    ),
    ("ambiguous-operation", {("paths", f"/b{PATH}"): {"post": {}}}, ("paths",), {}),
    ("unusable-operation", {(*POST, "requestBody", "content"): {}}, (*POST, "requestBody"), {}),
    ("unusable-operation", {(*POST, "responses"): {"400": {}}}, (*POST, "responses"), {}),
    (
        "unusable-operation",
        {("paths", "/a/../b"): {"post": {"operationId": "b"}}},
        ("paths", "/a/../b"),
        {"operation": "b"},
    ),
    ("bad-schema", {(*ANSWER, "type"): "text"}, (*ANSWER, "type"), {}),
    (
        "bad-schema",
        {(*ANSWER, "properties", "a"): {"pattern": "("}},
        (*ANSWER, "properties", "a", "pattern"),
        {},
    ),
    ("unknown-keyword", {(*BODY, "requried"): []}, (*BODY, "requried"), {}),
    ("broken-reference", {ANSWER: {"$ref": "#/x"}}, (*ANSWER, "$ref"), {}),
    ("broken-reference", {(*ANSWER, "allOf"): [{"$ref": "#/x"}]}, (*ANSWER, "allOf", 0, "$ref"), {}),
    (
        "broken-reference",
        {("openapi",): "3.1.0", (*ANSWER, "$ref"): "#/x"},
        (*ANSWER, "$ref"),
        {},
    ),
    ("broken-reference", {ANSWER: _TO_SCHEMA, _SCHEMA: _TO_SCHEMA}, (*_SCHEMA, "$ref"), {}),
    ("broken-reference", {ANSWER: _TO_SCHEMA, _SCHEMA: {"allOf": [_TO_SCHEMA]}}, (*ANSWER,), {}),
    ("remote-reference", {ANSWER: {"$ref": "https://example.com/a.yaml"}}, (*ANSWER, "$ref"), {}),
    ("too-many-schemas", {ANSWER: {"$ref": "#/components/schemas/a0"}, **_CHAIN}, (*_SCHEMA[:-1], "a33"), {}),
    ("bad-server", {("servers",): [{"url": "/a?b"}]}, ("servers", 0, "url"), {}),
    ("bad-server", {("servers",): [{"url": "/{a}"}]}, ("servers", 0, "url"), {}),
    ("missing-api-key", {}, (*POST, "security"), {"has_key": False}),
    (
        "unusable-security",
        {("components", "securitySchemes", "key", "in"): "query"},
        (*POST, "security"),
        {},
    ),
    (
        "no-session-key",
        {(*ANSWER, "properties"): {"sessionKey": {"type": "integer"}}},
        (*POST, "responses"),
        {},
    ),
    ("no-user-id", {(*BODY, "properties", "userID", "type"): "integer"}, (*POST, "requestBody"), {}),
    ("no-valid-body", _NEEDS, (*POST, "requestBody"), {}),
    ("no-sample-answer", _GIVES, (*POST, "responses"), {}),
    ("unfilled-parameter", {(*POST, "parameters"): [_HEADER]}, _PARAMETER, {}),
    ("bad-parameter", {(*POST, "parameters"): [{**_HEADER, "example": "ü"}]}, _PARAMETER, {}),
    ("unusable-parameter", {(*POST, "parameters"): [{**_HEADER, "example": {}}]}, _PARAMETER, {}),
    ("owned-header", {(*POST, "parameters"): [{**_HEADER, "name": "te"}]}, _PARAMETER, {}),
    ("unlisted-parameter", {}, POST, {"parameters": {"a": "b"}}),
    ("unfilled-path", {}, ("paths", PATH), {"project": None}),
    ("unused-path-value", {}, ("paths", PATH), {"path": {"a": "b"}}),
]


def use(file: Path, binding: Binding) -> None:
    with places_shown(file):
        contract = Contract.from_document(read_contract(file)[0], binding, file=str(file), sha256="")
        contract.request.body.refuse_invalid()
        success_sample(contract, "a key")


def refusal_of(file: Path, document: dict[str, Any], options: dict[str, Any]) -> InputError:
    file.write_text(DUMPS[file.suffix[1:]](document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        use(file, Binding(**{"project": "p", "environment": "e", **options}))
    return caught.value


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}-{len(case[2])}" for case in CASES])
def test_a_refusal_names_the_line_and_column_of_the_part(
    tmp_path: Path, form: str, case: tuple[str, dict[Part, object], Part, dict[str, Any]]
) -> None:
    code, changes, expected, options = case
    file = tmp_path / f"mine.{form}"
    error = refusal_of(file, changed(changes), options)
    assert error.code == code
    assert error.hint
    line, column = place_of(file.read_text(encoding="utf-8"), expected)
    assert error.place == Place(str(file), line, column)


def test_what_the_cases_are_made_from_is_good(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(changed({})))
    use(file, Binding(project="p", environment="e"))


def test_each_code_of_a_document_has_a_case() -> None:
    contract = Path(sessionload.__file__).parent / "contract"
    codes = {
        call.args[0].value
        for module in contract.rglob("*.py")
        for call in ast.walk(ast.parse(module.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute | ast.Name)
        and (call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id) == "refusal"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(codes) > 20
    of_turns = {"no-turn"}  # tests/contract/test_turn_answer.py
    assert codes - of_turns <= {case[0] for case in CASES}


_KEYS = st.sampled_from(["a", "b\n", '"', "\\u", "\u2028", "ü", "1", "- x", ""])
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


def parts_of(node: object) -> list[Part]:
    steps: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(), *((step, *rest) for step, inner in steps for rest in parts_of(inner))]


@settings(max_examples=30)
@given(st.dictionaries(_KEYS, _DATA, min_size=1), st.sampled_from([None, 1, "\t"]))
def test_the_place_of_any_part_is_found(data: dict[str, Any], indent: int | str | None) -> None:
    text = json.dumps(data, indent=indent)
    written = yaml.safe_dump(data, allow_unicode=False)
    for part in parts_of(data):
        line, column = place_of(text.replace("\t", " "), part)
        assert place_in_json(text, "mine", part) == Place("mine", line, column)
        if part:
            assert place_in_yaml(written, "mine", part) == Place("mine", *place_of(written, part))
    assert place_in_json(text, "mine", ("none", 0)) is None
    assert place_in_yaml(written, "mine", ("none", 0)) is None


def test_a_key_in_a_pair_of_escapes_is_one_character() -> None:
    text = '{"\\ud83d\\ude00": [1,\n 2]}'
    assert place_in_json(text, "mine", ("😀", 1)) == Place("mine", 2, 2)


def test_a_part_that_an_anchor_names_is_where_the_anchor_is() -> None:
    text = "a: &x\n  b: {c: 1}\nd: *x\ne:\n  <<: *x\n  f: [2]\n"
    place = ("mine", 2, 7)
    assert place_in_yaml(text, "mine", ("a", "b", "c")) == Place(*place)
    assert place_in_yaml(text, "mine", ("d", "b", "c")) == Place(*place)
    assert place_in_yaml(text, "mine", ("e", "b")) == Place("mine", 2, 3)
    assert place_in_yaml(text, "mine", ("e", "f", 0)) == Place("mine", 6, 7)


@pytest.mark.parametrize("text", ["]", "{1: 2}", "[" * 100_000, '{"a', ","])
def test_a_text_that_is_no_json_any_more_has_no_places(text: str) -> None:
    assert place_in_json(text, "mine", ("a", "b")) is None


def test_a_document_that_is_gone_or_broken_since_has_a_file_and_no_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(DUMPS["yaml"](changed({("paths",): {}})))
    document, _ = read_contract(file)
    for text in ("a: [", "a: 1\n", None):
        file.unlink() if text is None else file.write_text(text)
        with pytest.raises(InputError) as caught, places_shown(file):
            Contract.from_document(document, Binding(project="p"), file=str(file), sha256="")
        assert caught.value.place == Place(str(file))


def test_a_refusal_of_something_else_passes(tmp_path: Path) -> None:
    error = InputError("some-code", "some message")
    with pytest.raises(InputError) as caught, places_shown(tmp_path):
        raise error
    assert caught.value is error

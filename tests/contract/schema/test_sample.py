"""Values that are made from a schema are valid where a few tries can find one, and cost little where not."""

# ruff: noqa: E501 - one row for each schema
from __future__ import annotations

from typing import Any

import pytest
from schema_cases import rule_of

from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.schema.sample import example_value

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
NEVER = {"type": "string", "minLength": 3, "maxLength": 2}
SCHEMAS = {"Plan": {"enum": ["free", "paid"]}, "Shown": {"type": "object", "example": {"a": 1}}}


def made(schema: Any, version: str = "3.1.0") -> tuple[Any, bool]:  # noqa: ANN401 - a schema
    """Return the value that is made for a schema, and whether the schema allows it."""
    rule = rule_of(schema, version, schemas=SCHEMAS)
    view = SchemaView(OpenApiDocument({"openapi": version, "components": {"schemas": SCHEMAS}}, "api.yaml"))
    value = example_value(view, view.resolved(schema), allowed=lambda tried: rule.violation(tried) is None)
    return value, rule.violation(value) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"oneOf": [NEVER, NUMBER]}, 1),
        ({"anyOf": [NEVER, False, {"type": "boolean"}]}, True),
        ({"type": "object", "required": ["a"], "oneOf": [{"required": ["b"]}, {"required": ["c"]}]}, {"a": "s", "b": "s"}),
        ({"oneOf": [{"required": ["b"]}, {"required": ["c"]}]}, {"b": "s"}),
        ({"allOf": [{"oneOf": [NEVER, TEXT]}, {"anyOf": [NUMBER, {"minLength": 2}]}]}, "sss"),
        ({"oneOf": [{"oneOf": [NEVER, NEVER]}, {"oneOf": [NEVER, NUMBER]}]}, 1),
        ({"type": "object", "required": ["k"], "properties": {"k": TEXT}, "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["x"]}}, {"k": "s"}),
        ({"type": "object", "required": ["k"], "properties": {"k": {"enum": ["a"]}}, "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["x"]}}, {"k": "a", "x": "s"}),
        ({"type": "object", "if": {"required": ["k"]}, "else": {"required": ["x"]}}, {"k": "s"}),
        ({"type": "object", "not": {"required": ["k"]}, "if": {"required": ["k"]}, "else": {"required": ["x"]}}, {"x": "s"}),
        ({"$ref": "#/components/schemas/Plan", "type": "string"}, "free"),
        ({"allOf": [{"$ref": "#/components/schemas/Plan"}]}, "free"),
        ({"type": "object", "required": ["b"], "allOf": [{"$ref": "#/components/schemas/Shown"}]}, {"b": "s", "a": 1}),
        ({"type": "object", "allOf": [{"default": None}]}, {}),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": TEXT}, ["s", "1", "2"]),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer", "minimum": 5}}, [5, 6, 7]),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"maximum": 5, "type": "number", "multipleOf": 0.1}}, [5, 4.9, 4.8]),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"exclusiveMaximum": 5, "type": "integer"}}, [4, 3]),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"$ref": "#/components/schemas/Plan"}}, ["free", "paid"]),
        ({"type": "array", "minItems": 3, "prefixItems": [TEXT, NUMBER], "items": {"type": "boolean"}}, ["s", 1, True]),
        ({"type": "array", "minItems": 1, "prefixItems": [TEXT, NUMBER]}, ["s"]),
        ({"type": "number", "exclusiveMinimum": 3, "exclusiveMaximum": 3.5}, 3.25),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": 0.5, "maximum": 1}, 0.75),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, 4),
    ],
    ids=lambda part: str(part)[:50],
)  # fmt: skip
def test_a_valid_value_is_found(schema: dict[str, Any], value: object) -> None:
    assert made(schema) == (value, True)


@pytest.mark.parametrize(
    "schema",
    [
        NEVER,
        {"oneOf": [NEVER, NEVER]},
        {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "string", "format": "uuid"}},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}},
        {"type": "number", "exclusiveMinimum": 10**400, "exclusiveMaximum": 10**400 + 1},
        {"anyOf": [{"oneOf": [NEVER] * 3}] * 40},
        {"required": list("abcdefgh"), "properties": {key: {"oneOf": [NEVER] * 9} for key in "abcdefgh"}},
        {"required": ["a"], "properties": {"a": {"type": "array", "minItems": 1900, "items": {"oneOf": [NEVER, NEVER]}}}},
    ],
    ids=lambda part: str(part)[:50],
)  # fmt: skip
def test_what_is_not_found_is_given_up_soon(schema: dict[str, Any]) -> None:
    assert not made(schema)[1]


def test_bounds_of_openapi_3_0_that_are_less_than_one_apart() -> None:
    schema = {"type": "number", "minimum": 3, "exclusiveMinimum": True, "maximum": 3.5}
    assert made(schema, "3.0.3") == (3.25, True)

"""What each keyword says in each version of OpenAPI: values that are valid, and the cause of others."""

# ruff: noqa: E501 - one row for each schema
from __future__ import annotations

from typing import Any

import pytest
from schema_cases import cause_of, rule_of

OLD, NEW, BOTH = ("3.0.3",), ("3.1.0", "3.2.0"), ("3.0.3", "3.1.1", "3.2.0")
A, B = {"a": 1}, {"b": 1}
NUMBER, TEXT = {"type": "number"}, {"type": "string"}

TABLE: list[tuple[tuple[str, ...], Any, list[Any], dict[str, list[Any]]]] = [
    (BOTH, {}, [None, 1, "a", [], {}], {}),
    (BOTH, {"type": "object"}, [{}], {"body/type": [None, [], 1, "", True]}),
    (BOTH, {"type": "array"}, [[]], {"body/type": [None, {}, 1]}),
    (BOTH, {"type": "boolean"}, [True, False], {"body/type": [0, 1, None, "true"]}),
    (BOTH, {"type": "number"}, [0, -1.5, 1e300, 10**400], {"body/type": [True, None, "1"]}),
    (BOTH, {"type": "string"}, ["", "a"], {"body/type": [None, 1]}),
    (OLD, {"type": "integer"}, [1, -(10**30)], {"body/type": [1.0, 1.5, True]}),
    (NEW, {"type": "integer"}, [1, 1.0, -(10**30)], {"body/type": [1.5, True]}),
    (NEW, {"type": "null"}, [None], {"body/type": [0, False, ""]}),
    (NEW, {"type": ["string", "null"]}, ["", None], {"body/type": [1, {}]}),
    (OLD, {"type": "string", "nullable": True}, ["", None], {"body/type": [1]}),
    (OLD, {"type": "string", "nullable": False}, [""], {"body/type": [None]}),
    (OLD, {"nullable": True}, [None, 1], {}),
    (BOTH, {"enum": [1, "a", None, [True]]}, [1, 1.0, "a", None, [True]], {"body/enum": [True, [1], 2]}),
    (NEW, {"enum": []}, [], {"body/enum": [1]}),
    (NEW, {"const": {"a": [0]}}, [{"a": [0]}, {"a": [0.0]}], {"body/const": [{"a": [False]}, 0, {}]}),
    (NEW, {"const": None}, [None], {"body/const": [0, False]}),
    (BOTH, {"minimum": 1, "maximum": 2}, [1, 2, "a", True], {"body/minimum": [0.99], "body/maximum": [3]}),
    (OLD, {"minimum": 1, "exclusiveMinimum": True}, [1.1], {"body/minimum": [1, 0]}),
    (OLD, {"minimum": 1, "exclusiveMinimum": False}, [1], {"body/minimum": [0]}),
    (OLD, {"maximum": 1, "exclusiveMaximum": True}, [0.9], {"body/maximum": [1, 2]}),
    (OLD, {"exclusiveMaximum": True}, [5], {}),
    (NEW, {"exclusiveMinimum": 1}, [1.1], {"body/exclusiveMinimum": [1, 0]}),
    (NEW, {"exclusiveMaximum": 1}, [0.9], {"body/exclusiveMaximum": [1, 2]}),
    (BOTH, {"maximum": 9007199254740992}, [9007199254740992], {"body/maximum": [9007199254740993]}),
    (BOTH, {"multipleOf": 0.01}, [19.99, 1.1, 0, 0.07, 4.35, 10**400], {"body/multipleOf": [0.001, 1e-300]}),
    (BOTH, {"multipleOf": 0.1}, [0.3, 1e20, -0.7], {"body/multipleOf": [0.35, 0.30000000000000004]}),
    (BOTH, {"multipleOf": 1e-9}, [1e308, 0.123456789, 1e-9], {"body/multipleOf": [1e-10]}),
    (BOTH, {"multipleOf": 3}, [3, -9.0, 3 * 10**30, "a"], {"body/multipleOf": [10, 3 * 10**30 + 1, 1.5]}),
    (BOTH, {"minLength": 2, "maxLength": 3}, ["ab", "😀😀😀", 1], {"body/minLength": ["a"], "body/maxLength": ["abcd"]}),
    (NEW, {"minLength": 2.0}, ["ab"], {"body/minLength": ["a"]}),
    (BOTH, {"pattern": "b"}, ["abc", 1], {"body/pattern": ["", "ac"]}),
    (BOTH, {"format": "date"}, ["2026-02-28", 1], {"body/format": ["2026-02-29"]}),
    (BOTH, {"format": "of-our-own"}, ["", 1], {}),
    (BOTH, {"minItems": 1, "maxItems": 2}, [[1], [1, 2], {}], {"body/minItems": [[]], "body/maxItems": [[1, 2, 3]]}),
    (BOTH, {"uniqueItems": True}, [[1, True, "1", [1], {"a": 1}, {"a": True}], {}], {"body/uniqueItems": [[1, 1.0], [{}, {}]]}),
    (BOTH, {"uniqueItems": False}, [[1, 1]], {}),
    (BOTH, {"minProperties": 1, "maxProperties": 1}, [A, []], {"body/minProperties": [{}], "body/maxProperties": [A | B]}),
    (BOTH, {"items": TEXT}, [[], ["a"], {}], {"body/type/[]": [["a", 1]]}),
    (NEW, {"items": False}, [[]], {"body/false/[]": [[1]]}),
    (NEW, {"prefixItems": [TEXT, NUMBER]}, [["a", 1, None], ["a"], [], {}], {"body/type/[]": [[1], ["a", "b"]]}),
    (NEW, {"prefixItems": [TEXT], "items": NUMBER}, [["a", 1]], {"body/type/[]": [["a", "b"]]}),
    (NEW, {"contains": TEXT}, [["a"], [1, "a"], {}], {"body/contains": [[], [1]]}),
    (NEW, {"contains": TEXT, "minContains": 2, "maxContains": 3}, [["a", "a", 1]], {"body/minContains": [["a"]], "body/maxContains": [["a"] * 4]}),
    (NEW, {"contains": TEXT, "minContains": 0}, [[]], {}),
    (NEW, {"minContains": 3, "maxContains": 0}, [[]], {}),
    (BOTH, {"required": ["a", "b"]}, [A | B, []], {"body/required/a": [{}, B], "body/required/b": [A]}),
    (NEW, {"required": []}, [{}], {}),
    (BOTH, {"properties": {"a": TEXT}}, [{}, {"a": ""}, {"b": 1}, []], {"body/type/a": [A]}),
    (NEW, {"properties": {"a": False, "b": True}}, [B], {"body/false/a": [A]}),
    (BOTH, {"properties": {"a": {}}, "additionalProperties": False}, [A, {}], {"body/additionalProperties": [B]}),
    (BOTH, {"additionalProperties": True}, [A], {}),
    (BOTH, {"additionalProperties": TEXT}, [{"a": ""}], {"body/type/*": [A]}),
    (NEW, {"patternProperties": {"^a$": TEXT}}, [{"a": ""}, {"a\n": 1}, B], {"body/type/*": [A]}),
    (NEW, {"patternProperties": {"^a": {}}, "additionalProperties": False}, [{"ab": 1}], {"body/additionalProperties": [B]}),
    (NEW, {"propertyNames": {"maxLength": 1}}, [A, {}, []], {"body/propertyNames": [{"ab": 1}]}),
    (NEW, {"dependentRequired": {"a": ["b"]}}, [{}, B, A | B, []], {"body/dependentRequired": [A]}),
    (NEW, {"dependentSchemas": {"a": {"required": ["b"]}}}, [B, A | B, []], {"body/required/b": [A]}),
    (BOTH, {"allOf": [{"required": ["a"]}, {"properties": {"a": TEXT}}]}, [{"a": ""}], {"body/required/a": [{}], "body/type/a": [A]}),
    (BOTH, {"anyOf": [TEXT, NUMBER]}, ["", 1], {"body/anyOf": [None]}),
    (BOTH, {"oneOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 3], {"body/oneOf": [1, 2, "a"]}),
    (BOTH, {"oneOf": [TEXT, NUMBER]}, [1], {"body/oneOf": [None]}),
    (BOTH, {"not": TEXT}, [1], {"body/not": ["a"]}),
    (NEW, {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}, [A | B, {"c": 1}], {"body/required/b": [A], "body/required/c": [{}]}),
    (NEW, {"if": TEXT}, ["a", 1], {}),
    (NEW, {"then": False, "else": False}, [1], {}),
    (NEW, {"$ref": "#/components/schemas/Text", "minLength": 2}, ["ab"], {"body/type": [1], "body/minLength": ["a"]}),
    (BOTH, {"$ref": "#/components/schemas/Text", "description": "a text"}, ["a"], {"body/type": [1]}),
    (NEW, {"$ref": "#/components/schemas/Never"}, [], {"body/false": [1]}),
    (NEW, {"$defs": {"x": {"tipe": 1}}, "$comment": "c", "examples": [1], "contentEncoding": "base64"}, [1], {}),
    (BOTH, {"title": "t", "default": 1, "example": 2, "deprecated": True, "externalDocs": {}, "xml": {}, "x-own": 1}, [1], {}),
    (BOTH, {"oneOf": [{"required": ["a"]}], "discriminator": {"propertyName": "b"}}, [A], {"body/oneOf": [B]}),
    (NEW, True, [1, None], {}),
    (NEW, False, [], {"body/false": [1, None]}),
]  # fmt: skip


@pytest.mark.parametrize(("versions", "schema", "valid", "invalid"), TABLE, ids=lambda part: str(part)[:60])
def test_what_a_schema_says(
    versions: tuple[str, ...], schema: object, valid: list[Any], invalid: dict[str, list[Any]]
) -> None:
    for version in versions:
        rule = rule_of(schema, version, schemas={"Text": TEXT, "Never": False})
        assert {repr(value): cause_of(rule, value) for value in valid} == {
            repr(value): "ok" for value in valid
        }
        for cause, values in invalid.items():
            assert {repr(value): cause_of(rule, value) for value in values} == {
                repr(value): cause for value in values
            }


UNEVALUATED: list[tuple[Any, list[Any], list[Any]]] = [
    ({"properties": {"a": {}}}, [{}, A], [B]),
    ({"allOf": [{"properties": {"a": {}}}]}, [A], [B]),
    ({"$ref": "#/components/schemas/HasA"}, [A], [B]),
    ({"patternProperties": {"^a": {}}}, [{"ab": 1}], [B]),
    ({"additionalProperties": {}}, [A, B], []),
    ({"anyOf": [{"required": ["a"], "properties": {"a": {}}}, {"properties": {"b": NUMBER}}]}, [B, A | B], [{"c": 1, "b": 1}]),
    ({"not": {"not": {"properties": {"a": {}}}}}, [{}], [A]),
    ({"if": {"required": ["a"], "properties": {"a": {}}}, "then": {"properties": {"b": {}}}, "else": {"properties": {"c": {}}}}, [A | B, {"c": 1}], [B, A | {"c": 1}]),
    ({"dependentSchemas": {"a": {"properties": {"a": {}, "b": {}}}}}, [A | B], [B]),
    ({"propertyNames": {}, "required": ["a"]}, [], [A]),
    ({"allOf": [{"properties": {"a": {}}, "unevaluatedProperties": True}]}, [A, B], []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "valid", "invalid"), UNEVALUATED)
def test_which_properties_are_unevaluated(schema: Any, valid: list[Any], invalid: list[Any]) -> None:  # noqa: ANN401
    schemas: dict[str, object] = {"HasA": {"properties": {"a": {}}}}
    rule = rule_of({**schema, "unevaluatedProperties": False}, schemas=schemas)
    assert {cause_of(rule, value) for value in valid} <= {"ok"}
    assert {cause_of(rule, value) for value in invalid} <= {"body/unevaluatedProperties"}
    texts = rule_of({**schema, "unevaluatedProperties": TEXT}, schemas=schemas)
    assert {cause_of(texts, value) for value in valid} <= {"ok"}
    assert {cause_of(texts, value) for value in invalid} <= {"body/type/*"}
    assert rule.violation([1]) is None


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"prefixItems": [{}]}, [[], [1]], [[1, 2]]),
        ({"items": {}}, [[1, 2]], []),
        ({"contains": TEXT}, [["a"]], [["a", 1]]),
        ({"allOf": [{"prefixItems": [{}, {}]}]}, [[1, 2]], [[1, 2, 3]]),
        ({"anyOf": [{"prefixItems": [TEXT]}, {"prefixItems": [{}, NUMBER]}]}, [["a", 1]], [["a", 1, 1]]),
        ({"properties": {"a": {}}}, [[]], [[1]]),
        ({"dependentSchemas": {"a": {}}}, [[]], [[1]]),
    ],
)
def test_which_items_are_unevaluated(schema: Any, valid: list[Any], invalid: list[Any]) -> None:  # noqa: ANN401
    rule = rule_of({**schema, "unevaluatedItems": False})
    assert [cause_of(rule, value) for value in valid] == ["ok"] * len(valid)
    assert [cause_of(rule, value) for value in invalid] == ["body/unevaluatedItems"] * len(invalid)
    assert rule.violation({"a": 1}) is None


MARKED = {"required": ["in", "out"], "properties": {"in": {"writeOnly": True}, "out": {"readOnly": True}}}


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    "schema",
    [
        MARKED,
        {"allOf": [{"required": MARKED["required"]}, {"properties": MARKED["properties"]}]},
        {"allOf": [{"$ref": "#/components/schemas/Marked"}], "required": ["in", "out"]},
        {"allOf": [{"$ref": "#/components/schemas/Marked"}, {"required": ["in", "out"]}]},
        {
            "required": ["in", "out"],
            "properties": {
                "in": {"$ref": "#/components/schemas/In"},
                "out": {"allOf": [{"readOnly": True}]},
            },
        },
    ],
)
def test_what_has_no_place_in_a_direction_is_not_required_and_not_allowed(
    version: str, schema: object
) -> None:
    schemas = {"Marked": MARKED, "In": {"writeOnly": True}}
    request = rule_of(schema, version, request=True, schemas=schemas)
    response = rule_of(schema, version, schemas=schemas)
    assert cause_of(request, {"in": 1}) == cause_of(response, {"out": 1}) == "ok"
    assert cause_of(request, {}) == "body/required/in"
    assert cause_of(response, {}) == "body/required/out"
    assert cause_of(request, {"in": 1, "out": 1}) == "body/readOnly/out"
    assert cause_of(response, {"in": 1, "out": 1}) == "body/writeOnly/in"


def test_a_part_of_the_value_has_its_own_directions() -> None:
    rule = rule_of({"properties": {"a": {"readOnly": True}, "b": {"required": ["a"]}}}, request=True)
    assert cause_of(rule, {"b": {}}) == "body/required/b/a"


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": ["string", "null"]}, 1, "the body is not of the type 'string' or 'null'"),
        ({"properties": {"a": {"const": 1}}}, {"a": 2}, "a is not the one value that is allowed"),
        ({"format": "uuid"}, "x", "the body is not of the format 'uuid'"),
        ({"properties": {"a": False}}, {"a": 2}, "a is not allowed"),
        ({"unevaluatedProperties": False}, A, "the body has a property that is not listed"),
        ({"dependentRequired": {"a": ["b"]}}, A, "the body lacks a property that another one needs"),
    ],
)
def test_a_violation_is_a_clause(schema: object, value: object, sentence: str) -> None:
    violation = rule_of(schema).violation(value)
    assert violation
    assert violation.sentence == sentence


def test_the_shallowest_and_plainest_violation_is_named() -> None:
    rule = rule_of({"properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"items": TEXT}}})
    assert cause_of(rule, {"b": [1], "a": 1}) == cause_of(rule, {"a": 1, "b": [1]}) == "body/type/a"

"""Schemas that could not be judged by are refused before any traffic, with place and cure."""

from __future__ import annotations

import pytest
from schema_cases import cause_of, rule_of

from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.schema.schema_rule import SchemaRule
from sessionload.errors import InputError

OLD, NEW = "3.0.3", "3.1.0"


@pytest.mark.parametrize(
    ("version", "keyword", "hint"),
    [
        (OLD, "requried", "did you mean 'required'?"),
        (NEW, "requried", "did you mean 'required'?"),
        (OLD, "minLenght", "did you mean 'minLength'?"),
        (NEW, "minLenght", "did you mean 'minLength'?"),
        (NEW, "proprties", "did you mean 'properties'?"),
        (NEW, "sensitivityLevel", "let its name begin with 'x-'"),
        (OLD, "const", "it belongs to OpenAPI 3.1 and later"),
        (OLD, "examples", "it belongs to OpenAPI 3.1 and later"),
        (OLD, "$schema", "it belongs to OpenAPI 3.1 and later"),
        (NEW, "nullable", "list 'null' among the types"),
        (NEW, "dependencies", "'dependentRequired'"),
        (NEW, "additionalItems", "'prefixItems'"),
        (NEW, "$id", "'#/components/schemas/Name'"),
        (NEW, "$anchor", "'#/components/schemas/Name'"),
        (NEW, "$dynamicRef", "'#/components/schemas/Name'"),
        (OLD, "id", "leave it out"),
    ],
)
def test_a_keyword_that_a_version_does_not_know_is_named(version: str, keyword: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"type": "object", "properties": {"a": {keyword: "text"}}}, version)
    assert caught.value.code == "unknown-keyword"
    assert f"'{keyword}'" in caught.value.message
    assert "the body/properties/a" in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("version", "schema", "keyword"),
    [
        (OLD, {"type": ["string"]}, "type"),
        (OLD, {"type": "null"}, "type"),
        (NEW, {"type": []}, "type"),
        (NEW, {"type": ["string", "string"]}, "type"),
        (NEW, {"type": ["string", 1]}, "type"),
        (NEW, {"type": "file"}, "type"),
        (NEW, {"type": 1}, "type"),
        (OLD, {"exclusiveMinimum": 1}, "exclusiveMinimum"),
        (NEW, {"exclusiveMinimum": True}, "exclusiveMinimum"),
        (OLD, {"enum": []}, "enum"),
        (NEW, {"enum": "a"}, "enum"),
        (OLD, {"required": []}, "required"),
        (NEW, {"required": ["a", "a"]}, "required"),
        (NEW, {"required": True}, "required"),
        (NEW, {"multipleOf": 0}, "multipleOf"),
        (NEW, {"multipleOf": float("inf")}, "multipleOf"),
        (NEW, {"maximum": float("nan")}, "maximum"),
        (NEW, {"maximum": True}, "maximum"),
        (NEW, {"minLength": 1.5}, "minLength"),
        (NEW, {"minLength": "1"}, "minLength"),
        (NEW, {"minLength": 1 << 5000}, "minLength"),
        (NEW, {"minContains": -1}, "minContains"),
        (NEW, {"allOf": []}, "allOf"),
        (NEW, {"oneOf": {}}, "oneOf"),
        (NEW, {"prefixItems": []}, "prefixItems"),
        (NEW, {"properties": []}, "properties"),
        (NEW, {"dependentRequired": {"a": "b"}}, "dependentRequired"),
        (NEW, {"dependentRequired": []}, "dependentRequired"),
        (NEW, {"uniqueItems": "yes"}, "uniqueItems"),
        (NEW, {"pattern": 1}, "pattern"),
        (NEW, {"$ref": 1}, "$ref"),
        (NEW, {"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        (NEW, {"$schema": 7}, "$schema"),
    ],
)
def test_a_keyword_that_holds_what_it_cannot_hold_is_named(
    version: str, schema: dict[str, object], keyword: str
) -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"items": schema}, version)
    assert caught.value.code == "bad-schema"
    assert "the body/items" in caught.value.message
    assert caught.value.message.endswith(f"at '{keyword}'")


@pytest.mark.parametrize(
    ("version", "schema", "cure"),
    [
        (OLD, {"type": ["string", "null"]}, "nullable: true"),
        (OLD, {"exclusiveMinimum": 1}, "beside 'minimum'"),
        (OLD, {"required": []}, "leave it out"),
        (NEW, {"exclusiveMaximum": True}, "a number"),
        (NEW, {"minLength": -1}, ""),
    ],
)
def test_what_another_version_would_allow_has_a_cure_of_its_own(
    version: str, schema: dict[str, object], cure: str
) -> None:
    with pytest.raises(InputError) as caught:
        rule_of(schema, version)
    assert caught.value.hint
    assert cure in caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [{"pattern": "("}, {"patternProperties": {"(": {}}}, {"pattern": r"a\Z"}, {"pattern": r"\p{Word}"}],
)
def test_a_pattern_that_is_none_is_refused(schema: object) -> None:
    with pytest.raises(InputError, match="not a regular expression of ECMA-262: ") as caught:
        rule_of({"properties": {"a": schema}})
    assert caught.value.code == "bad-schema"
    assert "the body/properties/a" in caught.value.message


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("part", [None, 1, "text", []])
def test_a_schema_that_is_none_is_refused(version: str, part: object) -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"items": part}, version)
    assert caught.value.code == "bad-contract"


def test_a_schema_is_no_flag_in_3_0_but_where_it_may_be() -> None:
    assert cause_of(rule_of({"additionalProperties": False}, OLD), {"a": 1}) == "body/additionalProperties"
    with pytest.raises(InputError):
        rule_of({"items": True}, OLD)


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="a keyword that is no text"):
        rule_of({1: 2})


def test_a_property_may_be_written_as_a_number() -> None:
    assert cause_of(rule_of({"properties": {1: {"type": "string"}}}), {"1": 2}) == "body/type/1"


@pytest.mark.parametrize("version", [OLD, NEW])
def test_the_place_of_a_schema_is_where_its_reference_leads(version: str) -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"$ref": "#/components/schemas/A"}, version, schemas={"A": {"items": {"tipe": "string"}}})
    assert "'#/components/schemas/A/items'" in caught.value.message


@pytest.mark.parametrize(
    ("schema", "schemas"),
    [
        ({"$ref": "#/components/schemas/A"}, {"A": {"$ref": "#/components/schemas/A"}}),
        ({"$ref": "#/components/schemas/A"}, {"A": {"$ref": "#/components/schemas/A", "minLength": 1}}),
        ({"$ref": "#/components/schemas/A"}, {"A": {"if": {"$ref": "#/components/schemas/A"}}}),
        (
            {"$ref": "#/components/schemas/A"},
            {"A": {"dependentSchemas": {"a": {"$ref": "#/components/schemas/A"}}}},
        ),
        ({"allOf": [{"$ref": "#/components/schemas/Top"}]}, {}),
    ],
)
def test_schemas_that_go_in_a_circle_without_a_step_are_refused(
    schema: object, schemas: dict[str, object]
) -> None:
    with pytest.raises(InputError) as caught:
        rule_of(schema, schemas=schemas)
    assert caught.value.code == "broken-reference"


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize(
    "schemas",
    [
        {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(400)},
        {f"S{n}": {"anyOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(20)},
        {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}, {}]} for n in range(100_000)},
    ],
    ids=["chain", "tree", "endless"],
)
def test_one_value_against_too_many_schemas_is_refused(version: str, schemas: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"$ref": "#/components/schemas/S0"}, version, schemas={**schemas, f"S{len(schemas)}": {}})
    assert caught.value.code == "too-many-schemas"


@pytest.mark.parametrize("version", [OLD, NEW])
def test_as_many_as_a_person_writes_are_judged_by(version: str) -> None:
    chain: dict[str, object] = {
        f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(30)
    }
    rule = rule_of({"$ref": "#/components/schemas/S0"}, version, schemas={**chain, "S30": {"type": "string"}})
    assert cause_of(rule, 1) == "body/type"


def test_one_value_that_takes_too_many_steps_is_undecided() -> None:
    rule = rule_of({"items": {"allOf": [{}] * 1000}})
    assert cause_of(rule, [1] * 10) == "ok"
    assert cause_of(rule, [1] * 101) == "body/undecided"


def test_in_3_0_nothing_stands_beside_a_reference() -> None:
    with pytest.raises(InputError) as caught:
        rule_of({"$ref": "#/components/schemas/A", "minLength": 1}, OLD, schemas={"A": {}})
    assert caught.value.code == "broken-reference"
    assert caught.value.hint


def test_what_is_not_reached_is_not_looked_at() -> None:
    rule = rule_of({"$defs": {"wrong": {"tipe": 1}}}, schemas={"Other": {"tipe": "string"}, "Third": 7})
    assert rule.violation({}) is None


@pytest.mark.parametrize(
    ("version", "dialect", "known"),
    [
        ("3.1.0", "https://json-schema.org/draft/2020-12/schema", True),
        ("3.1.0", "https://spec.openapis.org/oas/3.1/dialect/base", True),
        ("3.2.0", "https://spec.openapis.org/oas/3.2/dialect/2025-09-17", True),
        ("3.1.0", "http://json-schema.org/draft-07/schema#", False),
        ("3.1.0", None, False),
        ("3.1.0", ["a"], False),
        ("3.0.3", "https://json-schema.org/draft/2020-12/schema", False),
    ],
)
def test_the_dialect_of_a_document(version: str, dialect: object, known: bool) -> None:  # noqa: FBT001 - a row
    root = {"openapi": version, "jsonSchemaDialect": dialect}
    if known:
        schema = {"$schema": dialect, "type": "string"}
        assert SchemaRule(OpenApiDocument(root, "api.yaml"), schema, "the body").violation("a") is None
        return
    with pytest.raises(InputError) as caught:
        OpenApiDocument(root, "api.yaml")
    assert caught.value.code == "unsupported-dialect"


def test_what_is_not_checked_is_said_with_its_place() -> None:
    document = OpenApiDocument(
        {"openapi": "3.1.0", "components": {"schemas": {"D": {"format": "iri"}}}}, "api.yaml"
    )
    SchemaRule(
        document,
        {
            "properties": {
                "a": {"format": "iri"},
                "b": {"format": "uuid"},
                "c": {"contentMediaType": "text/html", "format": "binary"},
                "d": {"$ref": "#/components/schemas/D"},
                "e": {"$ref": "#/components/schemas/D"},
            }
        },
        "the body",
    )
    assert sorted(document.unchecked) == [
        "contentMediaType of the body/properties/c",
        "format 'iri' of '#/components/schemas/D'",
        "format 'iri' of the body/properties/a",
    ]

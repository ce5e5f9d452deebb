"""The quick yes never says yes where the library finds something wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.acceptance import acceptor
from sessionload.contract.openapi import OpenApiDocument
from sessionload.contract.schema_rule import SchemaRule

DOCUMENT = OpenApiDocument(
    {
        "openapi": "3.0.3",
        "components": {
            "schemas": {
                "Key": {"type": "string", "minLength": 2},
                "Circle": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Circle"}}},
            }
        },
    },
    "openapi.yaml",
)
TEXT = {"type": "string"}

NAMES = st.sampled_from(["a", "b", "sessionKey"])
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 4),
        "maxLength": st.integers(0, 4),
        "description": st.just("a key"),
        "nullable": st.booleans(),
        "pattern": st.just("^k"),
        "readOnly": st.just(value=True),
        "writeOnly": st.just(value=True),
        "enum": st.just(["key"]),
    },
)
SCHEMAS = st.recursive(
    st.one_of(
        TEXTS, st.just({"$ref": "#/components/schemas/Key"}), st.just({"type": "integer"}), st.just({})
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("object"),
            "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "additionalProperties": st.booleans(),
            "title": st.just("Session"),
            "minProperties": st.just(1),
        },
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text("k\U0001f600", max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=5,
)


@given(SCHEMAS, VALUES)
def test_what_is_accepted_has_no_violation(schema: dict[str, Any], value: object) -> None:
    accepts = acceptor(schema, DOCUMENT.follow)
    rule = SchemaRule(DOCUMENT, schema, "a body")
    by_library = next(rule._violations(value), None) is None
    assert (rule.violation(value) is None) == by_library
    assert accepts is None or accepts(value) == by_library


@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {**TEXT, "minLength": 1, "maxLength": 9, "description": "opaque"},
        {"$ref": "#/components/schemas/Key"},
        {"type": "object", "required": ["a"], "properties": {"a": TEXT, "b": {"type": "object"}}},
    ],
)
def test_a_plain_schema_has_a_quick_yes(schema: dict[str, Any]) -> None:
    assert acceptor(schema, DOCUMENT.follow) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "integer"},
        {"minLength": 1},
        {**TEXT, "pattern": "^k"},
        {**TEXT, "nullable": True},
        {**TEXT, "writeOnly": True},
        {"required": ["a"]},
        {"type": "object", "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "array", "items": TEXT}}},
        {"$ref": "#/components/schemas/Circle"},
    ],
)
def test_a_schema_with_more_to_it_has_none(schema: dict[str, Any]) -> None:
    assert acceptor(schema, DOCUMENT.follow) is None


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ({"a": "key"}, True),
        ({"a": "key", "more": 1}, True),
        ({"a": ""}, False),
        ({"a": None}, False),
        ({}, False),
        ([], False),
        ("key", False),
    ],
)
def test_what_an_object_with_a_key_may_be(value: object, accepted: bool) -> None:  # noqa: FBT001
    schema = {"type": "object", "required": ["a"], "properties": {"a": {**TEXT, "minLength": 1}}}
    accepts = acceptor(schema, DOCUMENT.follow)
    assert accepts is not None
    assert accepts(value) is accepted

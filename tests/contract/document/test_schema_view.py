"""What values are made from: in OpenAPI 3.1 keywords beside a reference count, as they do for judging."""

from __future__ import annotations

from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.document.text_places import may_hold_text, text_places
from sessionload.contract.schema.sample import example_value

NAME = "#/components/schemas/Name"
DOCUMENT = OpenApiDocument(
    {
        "openapi": "3.1.0",
        "components": {"schemas": {"Name": {"type": "string", "minLength": 2, "maxLength": 9}}},
    },
    "api.yaml",
)
BESIDE = {"$ref": NAME, "minLength": 4, "allOf": [{"maxLength": 6}]}


def test_what_stands_beside_a_reference_is_laid_together_with_it() -> None:
    view = SchemaView(DOCUMENT)
    schema = view.resolved(BESIDE)
    facts = view.facts(schema)
    assert (facts["type"], facts["minLength"], facts["maxLength"]) == ("string", 4, 6)
    assert view.resolved(BESIDE) is schema
    assert example_value(view, {"type": "object", "required": ["a"], "properties": {"a": BESIDE}}) == {
        "a": "ssss"
    }


def test_a_text_has_its_place_where_a_reference_has_something_beside_it() -> None:
    schema = {"properties": {"a": BESIDE, "b": {"$ref": NAME, "maxLength": 0}}}
    assert may_hold_text(DOCUMENT, schema, ("a",))
    assert not may_hold_text(DOCUMENT, schema, ("b",))
    assert list(text_places(DOCUMENT, {"properties": {"a": {"$ref": NAME, "description": "x"}}})) == [("a",)]

"""Checks each schema that an operation can reach, once and before any traffic, so that judging cannot fail.

Two schemas that refer to each other without a step into the value would never come to an end; they are
refused.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from jsonschema.exceptions import SchemaError
from openapi_schema_validator import OAS30Validator, OAS31Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.openapi import OpenApiDocument
    from sessionload.errors import InputError

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")


def checked_schema(document: OpenApiDocument, node: object, what: str) -> Mapping[str, Any]:
    """Return a schema with its leading references resolved, fit to judge any value without failing.

    Raises `InputError` unless it and every schema it can reach is valid, has references that resolve,
    and comes to an end.
    """
    root = document.follow(node, what)
    waiting = [root]
    same_value: dict[int, list[int]] = {}
    while waiting:
        schema = waiting.pop()
        if id(schema) not in same_value:
            _check(document, schema, what)
            beside = [document.follow(child, "a schema") for child in _beside(schema)]
            same_value[id(schema)] = [id(child) for child in beside]
            waiting += beside
            waiting += [document.follow(child, "a schema") for child in _inside(schema)]
    try:
        TopologicalSorter(same_value).prepare()
    except CycleError:
        raise document.refusal(
            "broken-reference", f"{what} refers to itself without a step into the value"
        ) from None
    return root


def _check(document: OpenApiDocument, schema: Mapping[str, Any], what: str) -> None:
    later = document.dialect.is_json_schema
    try:
        (OAS31Validator if later else OAS30Validator).check_schema(schema)
    except SchemaError as error:
        raise _bad_schema(document, what, str(error.path[-1]) if error.path else "type") from None
    if not later and schema.get("type", "object") not in _TYPES:
        raise _bad_schema(document, what, "type")
    for keyword in (
        "$ref",
        "id",
    ):  # a reference that is no text; an origin that references would start from
        if keyword in schema:
            raise _bad_schema(document, what, keyword)


def _bad_schema(document: OpenApiDocument, what: str, keyword: str) -> InputError:
    return document.refusal(
        "bad-schema", f"{what} has a schema that {document.dialect.name} does not allow, at '{keyword}'"
    )


def _beside(schema: Mapping[str, Any]) -> Iterator[object]:
    """Yield the schemas that judge the same value."""
    for keyword in _ALTERNATIVES:
        yield from (each for each in schema.get(keyword, ()) if not isinstance(each, bool))
    if not isinstance(schema.get("not", True), bool):
        yield schema["not"]


def _inside(schema: Mapping[str, Any]) -> Iterator[object]:
    """Yield the schemas that judge a part of the value."""
    yield from (each for each in schema.get("properties", {}).values() if not isinstance(each, bool))
    if not isinstance(schema.get("items", True), bool):
        yield schema["items"]
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield schema["additionalProperties"]

"""Where a value that a schema allows may hold a text.

Only what is certain counts: a place is ruled out when no value of the schema could have a text there. What a
schema leaves open, any answer may still break, and each is judged by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.json_data.pointer import Pointer

_DEEPEST = 4
_MOST = 8


def may_hold_text(document: OpenApiDocument, schema: object, pointer: Pointer) -> bool:
    """Tell whether a value of `schema` may have a text that is not empty at `pointer`."""
    if isinstance(schema, bool):
        return schema
    node = document.follow_schema(schema, "a schema")
    for part in node.get("allOf", ()):
        if not may_hold_text(document, part, pointer):
            return False
    for alternatives in ("anyOf", "oneOf"):
        if alternatives in node and not any(
            may_hold_text(document, part, pointer) for part in node[alternatives]
        ):
            return False
    if not pointer:
        return _allows_type(node, "string") and _allows_some_text(node)
    step, rest = pointer[0], pointer[1:]
    in_object = _allows_type(node, "object") and _may_in_object(document, node, step, rest)
    return in_object or (
        step.isdecimal()
        and _allows_type(node, "array")
        and may_hold_text(document, node.get("items", True), rest)
    )


def text_places(document: OpenApiDocument, schema: object, *, before: Pointer = ()) -> Iterator[Pointer]:
    """Yield places below `before` at which the schema declares a text, the shallower and first ones first."""
    found = _declared(document, schema, before)
    yield from sorted(found, key=len)[:_MOST]


def _declared(document: OpenApiDocument, schema: object, before: Pointer) -> Iterator[Pointer]:
    if isinstance(schema, bool) or len(before) > _DEEPEST:
        return
    node = document.follow_schema(schema, "a schema")
    if before and _types(node) == {"string"}:
        yield before
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in node.get(keyword, ()):
            yield from _declared(document, part, before)
    for name, part in node.get("properties", {}).items():
        yield from _declared(document, part, (*before, str(name)))


def _may_in_object(document: OpenApiDocument, node: Mapping[str, Any], step: str, rest: Pointer) -> bool:
    properties = node.get("properties", {})
    if step in properties:
        return may_hold_text(document, properties[step], rest)
    if node.get("patternProperties"):
        return True
    return may_hold_text(document, node.get("additionalProperties", True), rest)


def _types(node: Mapping[str, Any]) -> set[str]:
    types = node.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _allows_type(node: Mapping[str, Any], kind: str) -> bool:
    types = _types(node)
    return not types or kind in types


def _allows_some_text(node: Mapping[str, Any]) -> bool:
    values = [node["const"]] if "const" in node else node.get("enum")
    if values is not None and not any(isinstance(value, str) and value.strip() for value in values):
        return False
    return bool(node.get("maxLength", 1) >= 1)

"""Makes a small value that a schema allows: the document's own example, else the smallest value of the type.

The value depends on the schema alone. It need not be valid (a schema can require itself), so callers still
ask the schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.suite.cases.operation_spec import Body

_DEEPEST = 8


def example_value(body: Body, schema: Mapping[str, Any], depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value for `schema`; one without a `type`, `enum` or example gets a text."""
    given = _given(schema)
    if given:
        return given[0]
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if alternatives:
        return example_value(body, body.follow(alternatives[0], "a schema"), depth + 1)
    kind = next((part["type"] for part in body.parts(schema) if "type" in part), None)
    if kind == "object" or (kind is None and body.properties(schema)):
        return _object(body, schema, depth)
    if kind == "array":
        return _array(body, schema, depth)
    return _plain(kind, schema)


def _given(schema: Mapping[str, Any]) -> list[Any]:
    """Return what the document itself gives as a value, if anything."""
    named = [schema[keyword] for keyword in ("example", "default") if keyword in schema]
    return [*named, *schema.get("enum", ())]


def _plain(kind: str | None, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return _number(schema)
    return "s" * max(1, int(schema.get("minLength", 1)))


def _object(body: Body, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= _DEEPEST:
        return {}
    properties = body.properties(schema)
    return {
        name: example_value(body, properties.get(name, {}), depth + 1) for name in body.required_of(schema)
    }


def _array(body: Body, schema: Mapping[str, Any], depth: int) -> list[Any]:
    if depth >= _DEEPEST:
        return []
    item = example_value(body, body.follow(schema.get("items", {}), "a schema"), depth + 1)
    return [item] * int(schema.get("minItems", 0))


def _number(schema: Mapping[str, Any]) -> float:
    if "minimum" in schema:
        low: float = schema["minimum"]
        return low + 1 if schema.get("exclusiveMinimum") else low
    if "maximum" in schema:
        high: float = schema["maximum"]
        return high - 1 if schema.get("exclusiveMaximum") else high
    return 1

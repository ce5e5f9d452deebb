"""A quick yes for values that a plain schema allows.

Law: a value is accepted only if the library would find nothing wrong with it; whatever is not accepted, the
library judges and explains. Idea: a schema of objects and texts is turned into a few nested functions once,
which take half a microsecond where the library takes seven. Trap: a keyword that is not known here must
not be passed over: a schema with one has no quick yes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Accepts = Callable[[object], bool]
Follow = Callable[[object, str], Mapping[str, Any]]
"""Resolves references: `OpenApiDocument.follow`."""

_SAYS_NOTHING = frozenset({"title", "description", "example", "deprecated", "externalDocs", "xml"})
_TEXT = _SAYS_NOTHING | {"type", "minLength", "maxLength"}
_OBJECT = _SAYS_NOTHING | {"type", "required", "properties"}
_DEEPEST = 8


def acceptor(node: object, follow: Follow, depth: int = 0) -> Accepts | None:
    """Return a function that is true only for values that the schema allows; None where there is none."""
    schema = follow(node, "a schema")
    if depth < _DEEPEST:
        if schema.get("type") == "string" and _TEXT.issuperset(schema):
            return _text(schema)
        if schema.get("type") == "object" and _OBJECT.issuperset(schema):
            return _object(schema, follow, depth)
    return None


def _text(schema: Mapping[str, Any]) -> Accepts:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")

    def accepts(value: object) -> bool:
        return (
            isinstance(value, str) and shortest <= len(value) and (longest is None or len(value) <= longest)
        )

    return accepts


def _object(schema: Mapping[str, Any], follow: Follow, depth: int) -> Accepts | None:
    required = tuple(schema.get("required", ()))
    parts = []
    for name, node in schema.get("properties", {}).items():
        part = acceptor(node, follow, depth + 1)
        if part is None:
            return None
        parts.append((name, part))

    def accepts(value: object) -> bool:
        if not isinstance(value, dict):
            return False
        for name in required:
            if name not in value:
                return False
        for name, part in parts:  # noqa: SIM110 - a generator for each response takes as long as the rest
            if name in value and not part(value[name]):
                return False
        return True

    return accepts

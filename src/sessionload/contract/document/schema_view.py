"""What schemas of a document say, as far as values can be made from it: `allOf` is laid together.

It reads and never judges, and what it returns is bounded, whatever the document says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.json_data.pointer import Pointer

_MOST_PARTS = 1_000
"""How many schemas are looked at to find what one says, `allOf` included."""

_NARROWER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minLength", "minItems", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maximum", "exclusiveMaximum"), min),
}
_ANYTHING: Mapping[str, Any] = {}
_NOTHING: Mapping[str, Any] = {"not": {}}


class SchemaView:
    """The schemas of one document."""

    def __init__(self, document: OpenApiDocument) -> None:
        self._follow = document.follow_schema
        self._resolved: dict[int, tuple[object, Mapping[str, Any]]] = {}
        """What each node was resolved to, by the identity that it keeps while it stands here."""

    def parts(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and whatever its `allOf` adds to it, each once, however they are nested."""
        waiting, seen = [schema], {id(schema): schema}
        while waiting:
            part = waiting.pop()
            yield part
            added = {id(child): child for child in map(self.resolved, part.get("allOf", ()))}
            fresh = [child for key, child in added.items() if key not in seen][: _MOST_PARTS - len(seen)]
            waiting += reversed(fresh)
            seen |= {id(child): child for child in fresh}

    def resolved(self, node: object) -> Mapping[str, Any]:
        """Return a schema with its reference resolved; `true` allows everything, `false` nothing."""
        if isinstance(node, bool):
            return _ANYTHING if node else _NOTHING
        if id(node) not in self._resolved:
            self._resolved[id(node)] = node, self._follow(node, "a schema")
        return self._resolved[id(node)][1]

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Return the properties that a schema declares, `allOf` included, with their references resolved."""
        return {
            str(name): self.resolved(node)
            for part in self.parts(schema)
            for name, node in part.get("properties", {}).items()
        }

    def at(self, schema: Mapping[str, Any], place: Pointer) -> Mapping[str, Any]:
        """Return the schema that is declared by name for a place; one that allows everything if none is."""
        for step in place:
            schema = self.properties(schema).get(step, _ANYTHING)
        return schema

    def types_of(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the types that a schema names, `allOf` included, each once, in their order."""
        named = (part["type"] for part in self.parts(schema) if "type" in part)
        return tuple(
            dict.fromkeys(kind for kinds in named for kind in ([kinds] if isinstance(kinds, str) else kinds))
        )

    def facts(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keywords of a schema, `allOf` included; of two limits the narrower one."""
        facts: dict[str, Any] = {}
        for part in self.parts(schema):
            for keyword, value in part.items():
                narrower = _NARROWER.get(keyword)
                if narrower and keyword in facts and not isinstance(value, bool):
                    facts[keyword] = narrower(facts[keyword], value)
                else:
                    facts[keyword] = value
        return facts

    def required_of(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names that a schema requires, `allOf` included, each once, in their order."""
        return tuple(dict.fromkeys(name for part in self.parts(schema) for name in part.get("required", ())))

"""What the document says around one operation: request schema, methods and paths.

The contract keeps only what it needs to judge responses; cases also need the schema of the request, the other
methods of the path and the other paths. A request body is optional unless the document says `required`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessionload.contract.media_type import read_media_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sessionload.contract.contract import Contract
    from sessionload.contract.schema_rule import Violation

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
"""Every method that an OpenAPI document can list."""
_JSON = "application/json"
_MOST_PARTS = 1_000
"""How many schemas are looked at to find what one says, `allOf` included."""


_NARROWER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minLength", "minItems", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maximum", "exclusiveMaximum"), min),
}
_ANYTHING: Mapping[str, Any] = {}
_NOTHING: Mapping[str, Any] = {"not": {}}


@dataclass(frozen=True, slots=True)
class Body:
    """What the document says of the request body. `media_types` are in lower case."""

    required: bool
    media_types: frozenset[str]
    schema: Mapping[str, Any]
    follow: Callable[[object, str], Mapping[str, Any]]
    """Resolves a reference: `OpenApiDocument.follow`."""
    violation: Callable[[object], Violation | None]
    """The first thing that is wrong with a value by `schema`."""

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
        return self.follow(node, "a schema")

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Return the properties that a schema declares, `allOf` included, with their references resolved."""
        return {
            str(name): self.resolved(node)
            for part in self.parts(schema)
            for name, node in part.get("properties", {}).items()
        }

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


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """The operation in its document. `statuses` are all that are listed, ranges and `default` spelled out."""

    template: str
    """The path that is called, with its places; like `templates` behind the base path of the server."""
    templates: tuple[str, ...]
    query: str
    """Percent-encoded, without its question mark."""
    methods: frozenset[str]
    """The methods that the document lists for this path, in capitals."""
    statuses: frozenset[int]
    body: Body | None


def operation_spec_of(contract: Contract) -> OperationSpec:
    """Return what the document of `contract` says. It was checked when the contract was made."""
    document = contract.document
    operation, item = contract.operation.node, contract.operation.item
    return OperationSpec(
        template=contract.request.template,
        templates=tuple(contract.request.base_path + str(path) for path in document.root["paths"]),
        query=contract.request.query,
        methods=frozenset(method for method in METHODS if method.lower() in item),
        statuses=frozenset(
            status
            for key in document.follow(operation["responses"], "responses")
            for status in _statuses(key)
        ),
        body=_body(contract, operation),
    )


def _statuses(key: object) -> range:
    text = str(key).lower()
    if text == "default":
        return range(100, 600)
    if text.endswith("xx"):
        return range(int(text[0]) * 100, int(text[0]) * 100 + 100)
    return range(int(text), int(text) + 1) if text.isdecimal() else range(0)


def _body(contract: Contract, operation: Mapping[str, Any]) -> Body | None:
    rule, document = contract.request.body.rule, contract.document
    if "requestBody" not in operation:
        return None
    node = document.follow(operation["requestBody"], "the request body")
    content = {
        read_media_type(str(text)).essence: document.follow(media, "a media type")
        for text, media in document.follow(node["content"], "its content").items()
    }
    schema = content[_JSON].get("schema")
    return Body(
        required=node.get("required") is True,
        media_types=frozenset(content),
        schema={} if schema is None else document.follow(schema, "the request body"),
        follow=document.follow,
        violation=rule.violation if rule else lambda _: None,
    )

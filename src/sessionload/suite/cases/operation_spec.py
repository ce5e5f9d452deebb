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
        """Yield a schema and whatever its `allOf` adds to it."""
        yield schema
        for part in schema.get("allOf", ()):
            yield from self.parts(self.follow(part, "a schema"))

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Return the properties that a schema declares, `allOf` included, with their references resolved."""
        return {
            str(name): self.follow(node, "a schema")
            for part in self.parts(schema)
            for name, node in part.get("properties", {}).items()
        }

    def required_of(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names that a schema requires, `allOf` included, each once, in their order."""
        return tuple(dict.fromkeys(name for part in self.parts(schema) for name in part.get("required", ())))


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """The operation in its document. `statuses` are all that are listed, ranges and `default` spelled out."""

    template: str
    templates: tuple[str, ...]
    methods: frozenset[str]
    """The methods that the document lists for this path, in capitals."""
    statuses: frozenset[int]
    body: Body | None


def operation_spec_of(contract: Contract) -> OperationSpec:
    """Return what the document of `contract` says. It was checked when the contract was made."""
    document = contract.document
    operation, item = contract.operation.node, contract.operation.item
    return OperationSpec(
        template=contract.operation.template,
        templates=tuple(str(path) for path in document.root["paths"]),
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

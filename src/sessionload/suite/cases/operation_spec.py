"""What the document says around one operation: request schema, methods and paths.

The contract keeps only what it needs to judge responses; cases also need the schema of the request, the other
methods of the path and the other paths. A request body is optional unless the document says `required`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.document.schema_view import SchemaView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessionload.contract.contract import Contract
    from sessionload.contract.schema.violation import Violation

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
"""Every method that an OpenAPI document can list."""
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Body:
    """What the document says of the request body. `media_types` are in lower case."""

    required: bool
    media_types: frozenset[str]
    schema: Mapping[str, Any]
    view: SchemaView
    violation: Callable[[object], Violation | None]
    """The first thing that is wrong with a value by `schema`."""


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """The operation in its document."""

    template: str
    """The path that is called, with its places; like `templates` behind the base path of the server."""
    templates: tuple[str, ...]
    query: str
    """Percent-encoded, without its question mark."""
    methods: frozenset[str]
    """The methods that the document lists for this path, in capitals."""
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
        body=_body(contract, operation),
    )


def _body(contract: Contract, operation: Mapping[str, Any]) -> Body | None:
    rule, document = contract.request.body.rule, contract.document
    if "requestBody" not in operation:
        return None
    node = document.follow(operation["requestBody"], "the request body")
    content = {
        read_media_type(str(text)).essence: document.follow(media, "a media type")
        for text, media in document.follow(node["content"], "its content").items()
    }
    view = SchemaView(document)
    return Body(
        required=node.get("required") is True,
        media_types=frozenset(content),
        schema=view.resolved(content[_JSON].get("schema", True)),
        view=view,
        violation=rule.violation if rule else lambda _: None,
    )

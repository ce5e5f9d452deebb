"""Finds an operation in a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessionload.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.binding import Binding
    from sessionload.contract.openapi import OpenApiDocument

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation and where it stands. `method` is in capitals."""

    operation_id: str
    template: str
    method: str
    item: Mapping[str, Any]
    """The path item that holds it."""
    node: Mapping[str, Any]


def find_operation(document: OpenApiDocument, binding: Binding) -> Operation:
    """Return the operation that `binding` names. Raises `InputError` when there is none."""
    known: list[str] = []
    for operation in operations_of(document):
        known.append(operation.operation_id)
        if operation.operation_id == binding.operation:
            return operation
    raise document.refusal(
        "unknown-operation",
        f"the document has no operation '{binding.operation}'",
        hint=nearest(binding.operation or "", filter(None, known)),
    )


def operations_of(document: OpenApiDocument) -> Iterator[Operation]:
    """Yield the operations of a document in their order. Raises `InputError` where one is no mapping."""
    for template, path_item in document.follow(document.root.get("paths"), "paths").items():
        item = document.follow(path_item, f"the path {template}")
        for method in _METHODS:
            if method in item:
                node = document.follow(item[method], f"{method} of the path {template}")
                yield Operation(str(node.get("operationId", "")), str(template), method.upper(), item, node)

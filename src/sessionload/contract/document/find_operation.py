"""Finds the operation that starts a session.

Nobody has to know its `operationId`: it is known by its path, which may stand behind a base path and name its
places as it likes. Any other operation is named, by its `operationId` or by method and path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sessionload.errors import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.openapi import OpenApiDocument

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The keys of a path item that are operations."""
PLACE = re.compile(r"\{([^{}]*)\}")
"""A place of a path template that a parameter fills."""

_SESSION_START = re.compile(
    r"(?:/[^{}]*)?/v4/project/\{(?P<project>[^{}/]+)\}(?:/environment/\{(?P<environment>[^{}/]+)\})?/session"
)
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation and where it stands. `method` is in capitals; `operation_id` may be empty."""

    operation_id: str
    template: str
    method: str
    item: Mapping[str, Any]
    """The path item that holds it."""
    node: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The `operationId`, or method and path where it has none: both name it in an environment."""
        return self.operation_id or self.route

    @property
    def route(self) -> str:
        """Method and path."""
        return f"{self.method} {self.template}"

    @property
    def session_places(self) -> Mapping[str, str] | None:
        """Which place the project and the environment fill, if this has the path of a session start."""
        match = _SESSION_START.fullmatch(self.template) if self.method == "POST" else None
        if match is None:
            return None
        return {what: place for what, place in match.groupdict().items() if place is not None}


def find_operation(document: OpenApiDocument, binding: Binding) -> Operation:
    """Return the operation that `binding` names, or else the one that starts a session.

    Raises `InputError` when there is none, or more than one.
    """
    operations = list(operations_of(document))
    refusal = partial(document.refusal, at=document.root, key="paths")
    if binding.operation is not None:
        return _named(document, operations, binding.operation)
    split = binding.environment is None
    kind = "for a traffic split" if split else "in a named environment"
    found = [
        operation
        for operation in operations
        if (places := operation.session_places) is not None and ("environment" not in places) is split
    ]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"the document has {len(found)} operations that start a session {kind}"
        raise refusal("ambiguous-operation", message, hint=_choice(found))
    message = f"no operation of the document has the path of a session start {kind}"
    raise refusal("unknown-operation", message, hint=_choice(operations))


def _named(document: OpenApiDocument, operations: list[Operation], name: str) -> Operation:
    method, _, path = name.partition(" ")
    found = [
        operation
        for operation in operations
        if operation.operation_id == name
        or (operation.method, operation.template) == (method.upper(), path.strip())
    ]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"the document has {len(found)} operations with the operationId {quoted(name)}"
        routes = " or ".join(operation.route for operation in found[:_MOST_LISTED])
        hint = f"name it by method and path: {routes}"
        raise document.refusal("ambiguous-operation", message, hint=hint, at=found[1].node, key="operationId")
    message = f"the document has no operation {quoted(name)}"
    close = nearest(name, (operation.name for operation in operations))
    hint = close if close.startswith("did") else _choice(operations)
    raise document.refusal("unknown-operation", message, hint=hint, at=document.root, key="paths")


def _choice(operations: list[Operation]) -> str:
    """Return a hint that lists what can be named."""
    if not operations:
        return "take the document that describes the session start"
    listed = ", ".join(
        f"{operation.operation_id} ({operation.route})" if operation.operation_id else operation.route
        for operation in operations[:_MOST_LISTED]
    )
    more = len(operations) - _MOST_LISTED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"name one with --operation, or as the operation of the environment: {listed}{rest}"


def operations_of(document: OpenApiDocument) -> Iterator[Operation]:
    """Yield the operations of a document in their order. Raises `InputError` where one is no mapping."""
    root = document.root
    paths = document.follow(root.get("paths"), "paths", at=root, key="paths")
    for template, path_item in paths.items():
        item = document.follow(path_item, f"the path {template}", at=paths, key=template)
        for method in METHODS:
            if method in item:
                what = f"{method} of the path {template}"
                node = document.follow(item[method], what, at=item, key=method)
                yield Operation(str(node.get("operationId", "")), str(template), method.upper(), item, node)

"""The operation that takes a turn of a conversation, and what an environment can give for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.document.find_operation import operations_of
from sessionload.contract.request.key_field import key_headers
from sessionload.contract.request.parameters import parameters_of

if TYPE_CHECKING:
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument

TURN = "interact"
"""The `operationId` of a turn."""
STREAM = "interactStream"
"""That of a turn that is answered as a stream of events."""


def turn_in(document: OpenApiDocument, name: str = TURN) -> Operation | None:
    """Return the operation that takes a turn, or one as a stream, if the document has it."""
    return next((one for one in operations_of(document) if one.operation_id == name), None)


def turn_headers(document: OpenApiDocument, turn: Operation) -> set[str]:
    """Return the headers that parameters of a turn make, in lower case."""
    return {each.name for each in parameters_of(document, turn) if each.location == "header"}


def turn_parameters(document: OpenApiDocument, turn: Operation) -> set[str]:
    """Return the names of all parameters of a turn but those of the path; headers in lower case."""
    return {each.name for each in parameters_of(document, turn) if each.location != "path"}


def is_for_turn(document: OpenApiDocument, name: str) -> bool:
    """Tell whether a parameter or header of the environment has a place in a turn. Raises `InputError`."""
    turn = turn_in(document)
    if turn is None:
        return False
    headers = turn_headers(document, turn) | key_headers(document, turn)
    return name in turn_parameters(document, turn) or name.lower() in headers

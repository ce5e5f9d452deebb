"""The operation that takes a turn of a conversation, called in the same environment as the session start.

It is sent what the environment gives for it: of parameters and headers those that the document lists for
this operation, of the path what it has places for. The rest belongs to the session start. The key of a turn
is the session key, so one header is left to that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.contract.contract import Contract
from sessionload.contract.document.find_operation import PLACE
from sessionload.contract.request.key_field import key_headers
from sessionload.contract.request.path_values import ENVIRONMENT, PROJECT
from sessionload.contract.request.turn_names import TURN, turn_headers, turn_in, turn_parameters

if TYPE_CHECKING:
    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation


def turn_of(start: Contract, binding: Binding) -> Contract | None:
    """Return the contract of a turn after `start`, which has `binding`; None if the document has no turn.

    Raises `InputError` when the document has one that cannot be taken.
    """
    turn = turn_in(start.document)
    return Contract(start.document, _binding(start, turn, binding), "") if turn is not None else None


def _binding(start: Contract, turn: Operation, binding: Binding) -> Binding:
    names, headers = turn_parameters(start.document, turn), turn_headers(start.document, turn)
    places = set(PLACE.findall(turn.template))
    return replace(
        binding,
        operation=TURN,
        project=binding.project if PROJECT in places else None,
        environment=binding.environment if ENVIRONMENT in places else None,
        path={place: value for place, value in binding.path.items() if place in places},
        parameters={
            name: value
            for name, value in binding.parameters.items()
            if name in names or name.lower() in headers
        },
        headers={
            name: value
            for name, value in binding.headers.items()
            if name.lower() in headers | _further_keys(start, turn, binding)
        },
        has_key=True,
        user=None,
        session_key=None,
    )


def _further_keys(start: Contract, turn: Operation, binding: Binding) -> set[str]:
    """Return the headers of keys that the environment gives, with one left for the session key."""
    own = start.request.security.key
    asked = key_headers(start.document, turn)
    given = {name.lower() for name in binding.headers} & asked - {own.name if own else ""}
    return given if given < asked else set()

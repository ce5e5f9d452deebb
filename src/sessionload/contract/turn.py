"""The operation that takes a turn of a conversation, called in the same environment as the session start.

It is sent what the environment gives for it: of parameters and headers those that the document lists for
this operation, of the path what it has places for. The rest belongs to the session start. The key of a turn
is the session key, so one header is left to that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sessionload.contract.contract import Contract
from sessionload.contract.document.find_operation import PLACE
from sessionload.contract.request.key_field import key_headers
from sessionload.contract.request.path_values import ENVIRONMENT, PROJECT
from sessionload.contract.request.turn_names import STREAM, TURN, turn_headers, turn_in, turn_parameters
from sessionload.contract.response.listed_responses import response_nodes
from sessionload.contract.schema.schema_rule import SchemaRule

if TYPE_CHECKING:
    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument


@dataclass(frozen=True, slots=True)
class TurnContract:
    """What the document asks of a turn and of its answer."""

    contract: Contract
    trace: SchemaRule | None
    """What each trace has to be, if the document says so."""


def turn_of(start: Contract, binding: Binding) -> Contract | None:
    """Return the contract of a turn after `start`, which has `binding`; None if the document has no turn.

    Raises `InputError` when the document has one that cannot be taken.
    """
    turn = turn_in(start.document)
    return Contract(start.document, _binding(start, turn, binding), "") if turn is not None else None


def turn_contract_of(start: Contract, binding: Binding, *, streams: bool) -> TurnContract:
    """Return the contract of turns under load, whole or as streams.

    Raises `InputError` when the document has no such operation, or it cannot be called.
    """
    name = STREAM if streams else TURN
    operation = turn_in(start.document, name)
    if operation is None:
        raise start.document.refusal(
            "no-turn",
            f"the document has no operation '{name}', which takes a turn",
            hint="describe it there, or choose the other 'mode' of 'turns'",
            at=start.document.root,
            key="paths",
        )
    contract = Contract(start.document, _binding(start, operation, binding), "")
    return TurnContract(contract, _trace_rule(start.document))


def _trace_rule(document: OpenApiDocument) -> SchemaRule | None:
    """Return the rule of the items of `traces` in a whole answer, where the document has them."""
    whole = turn_in(document)
    if whole is None:
        return None
    response = response_nodes(document, whole.node).get("200", {})
    content = response.get("content", {})
    media = content.get("application/json") if isinstance(content, dict) else None
    node: object = media.get("schema") if isinstance(media, dict) else None
    for step in ("properties", "traces", "items"):
        schema = document.follow_schema(node, "the schema of a turn") if isinstance(node, dict) else {}
        node = schema.get(step)
    return SchemaRule(document, node, "a trace") if node is not None else None


def _binding(start: Contract, turn: Operation, binding: Binding) -> Binding:
    names, headers = turn_parameters(start.document, turn), turn_headers(start.document, turn)
    places = set(PLACE.findall(turn.template))
    return replace(
        binding,
        operation=turn.operation_id,
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

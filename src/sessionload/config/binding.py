"""The keys of an environment that say how it calls the document: which operation, and with what.

Any environment can have them, an embedded one too: its stub serves the operation that is called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.config.reference import resolved, variable_of
from sessionload.contract.binding import SESSION_KEY, USER_ID, Binding
from sessionload.contract.pointer import parse_pointer
from sessionload.errors import InputError
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.config.node import Node

KEYS = ("operation", "path", "parameters", "headers", "user", "session_key")
"""The keys of an entry that are read here."""
MAPPINGS = ("path", "parameters", "headers")
"""Those that hold values by name, each of which may be `${NAME}`."""

_MOST_NAMES = 50
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def binding_of(
    fields: Mapping[str, Node],
    variables: Mapping[str, str],
    *,
    project: str | None = None,
    environment: str | None = None,
    filler: str | None = None,
) -> Binding:
    """Return the binding that the `fields` of an entry make; see `Binding`. Raises `InputError`."""
    operation = fields.get("operation")
    user, session_key = fields.get("user"), fields.get("session_key")
    like = "write it like data.token"
    return Binding(
        operation=operation.text(most=500) if operation else None,
        project=project,
        environment=environment,
        path={name: resolved(node, variables) for name, node in _named(fields.get("path"))},
        filler=filler,
        parameters={name: _parameter(node, variables) for name, node in _named(fields.get("parameters"))},
        headers={name: _header(name, node, variables) for name, node in _named(fields.get("headers"))},
        user=user.parsed(parse_pointer, "bad-pointer", like) if user else USER_ID,
        session_key=session_key.parsed(parse_pointer, "bad-pointer", like) if session_key else SESSION_KEY,
    )


def _named(node: Node | None) -> list[tuple[str, Node]]:
    if node is None:
        return []
    names = node.names()
    if len(names) > _MOST_NAMES:
        raise node.refuse(
            "too-long", f"{node.name} has more than {_MOST_NAMES} keys", "keep those that matter"
        )
    return [(name, node.need(name, "")) for name in names]


def _parameter(node: Node, variables: Mapping[str, str]) -> object:
    """Return a scalar as it was written, a reference resolved, or a list of such."""
    if isinstance(node.value, list):
        return [_scalar(item, variables) for item in node.items()]
    return _scalar(node, variables)


def _scalar(node: Node, variables: Mapping[str, str]) -> object:
    return node.value if isinstance(node.value, bool | int | float) else resolved(node, variables)


def _header(name: str, node: Node, variables: Mapping[str, str]) -> str | Secret:
    """Return the value of a header; one from a variable is a secret."""
    if not _FIELD_NAME.fullmatch(name):
        message = "the name of a header has letters, digits and a few signs like '-' only"
        raise node.refuse("bad-header", message, "write it like x-tenant", at_key=True)
    variable = variable_of(node)
    value = resolved(node, variables)
    if variable:
        try:
            return Secret(value, name=variable)
        except InputError as error:
            raise node.refuse(error.code, error.message, error.hint) from None
    if not _FIELD_VALUE.fullmatch(value):
        message = f"{node.name} must be visible ASCII characters, with spaces between them only"
        raise node.refuse("bad-header", message, "write the value as it is to be sent")
    return value

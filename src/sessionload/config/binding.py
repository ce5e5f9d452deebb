"""The keys of an environment that say how it calls the document: which operation, and with what.

Any environment can have them, an embedded one too: its stub serves the operation that is called. A parameter
or header that is `${NAME}` is a secret, for it may be a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.config.reference import resolved, variable_of
from sessionload.contract.document.binding import SESSION_KEY, USER_ID, Binding
from sessionload.contract.document.header_fields import FIELD_NAME, FIELD_VALUE
from sessionload.contract.document.placeholder import KEY, PLACEHOLDER
from sessionload.contract.json_data.pointer import parse_pointer
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


def binding_of(
    fields: Mapping[str, Node],
    variables: Mapping[str, str],
    *,
    project: str | None = None,
    environment: str | None = None,
    filler: str | None = None,
    base_path: str | None = None,
    has_key: bool = True,
) -> Binding:
    """Return the binding that the `fields` of an entry make; see `Binding`. Raises `InputError`."""
    operation = fields.get("operation")
    user, session_key = fields.get("user"), fields.get("session_key")
    like = "write it like data.token"
    secrets = _Secrets(variables)
    return Binding(
        operation=operation.text(most=500) if operation else None,
        project=project,
        environment=environment,
        path={name: resolved(node, variables) for name, node in _named(fields.get("path"))},
        filler=filler,
        parameters={name: secrets.parameter(node) for name, node in _named(fields.get("parameters"))},
        headers={name: secrets.header(name, node) for name, node in _named(fields.get("headers"))},
        secrets=secrets.found,
        has_key=has_key,
        base_path=base_path,
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


class _Secrets:
    """Boxes what environment variables hold; a `${NAME}` stays as it was written."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.found: dict[str, Secret] = {}

    def text(self, node: Node) -> str:
        """Return a text as it was written, and keep the secret that it names."""
        value, variable = resolved(node, self._variables), variable_of(node)
        if not variable:
            if PLACEHOLDER.search(value):
                message = f"{node.name} has {KEY} in it, which stands for the API key here"
                raise node.refuse("bad-reference", message, "write the value itself")
            return value
        try:
            self.found[variable] = Secret(value, name=variable, is_key=False)
        except InputError as error:
            raise node.refuse(error.code, error.message, error.hint) from None
        return node.text()

    def parameter(self, node: Node) -> object:
        """Return the value of a parameter: a scalar, or a list of such."""
        if isinstance(node.value, list):
            for item in node.items():
                if isinstance(item.value, str) and variable_of(item):
                    message = "an item of a list cannot come from an environment variable"
                    raise item.refuse("bad-reference", message, "write the value itself")
            return [self.parameter(item) for item in node.items()]
        return node.value if isinstance(node.value, bool | int | float) else self.text(node)

    def header(self, name: str, node: Node) -> str:
        """Return the value of a header."""
        if not FIELD_NAME.fullmatch(name):
            message = "the name of a header has letters, digits and a few signs like '-' only"
            raise node.refuse("bad-header", message, "write it like x-tenant", at_key=True)
        text = self.text(node)
        if not FIELD_VALUE.fullmatch(text):
            message = f"{node.name} must be visible ASCII characters, with spaces between them only"
            raise node.refuse("bad-header", message, "write the value as it is to be sent")
        return text

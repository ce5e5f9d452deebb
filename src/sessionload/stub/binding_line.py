"""How the binding of an environment travels to the process of its stub: as JSON, and secrets apart from it.

Settings may be printed, so of a secret only its name is among them; its value goes through the environment of
the process, as that of the API key does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.contract.document.binding import SESSION_KEY, USER_ID, Binding
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from sessionload.stub.settings import StubSettings

_PREFIX = "SESSIONLOAD_STUB_SECRET_"


def fields_of(binding: Binding) -> dict[str, Any]:
    """Return what a stub has to know of a binding; there are no secrets in it."""
    return {
        "operation": binding.operation,
        "path": dict(binding.path),
        "parameters": dict(binding.parameters),
        "headers": dict(binding.headers),
        "secrets": [*binding.secrets],
        "base_path": binding.base_path,
        "user": binding.user or USER_ID,
        "session_key": binding.session_key or SESSION_KEY,
    }


def variables_of(binding: Binding | None) -> dict[str, str]:
    """Return the environment variables that carry the secrets of a binding to the stub."""
    secrets = binding.secrets if binding else {}
    return {_PREFIX + name: secret.reveal() for name, secret in secrets.items()}


def binding_of(
    fields: Mapping[str, Any], settings: StubSettings, variables: MutableMapping[str, str]
) -> Binding:
    """Return the binding of a server that serves what `fields` describe, and take the secrets out.

    Raises `InputError`.
    """
    return Binding(
        fields.get("operation"),
        settings.project,
        settings.environment,
        path=fields.get("path", {}),
        filler=settings.project,
        parameters=fields.get("parameters", {}),
        headers=fields.get("headers", {}),
        secrets={
            name: Secret(variables.pop(_PREFIX + name), name=name, is_key=False)
            for name in fields.get("secrets", [])
        },
        serves=True,
        base_path=fields.get("base_path"),
        user=tuple(fields.get("user", USER_ID)),
        session_key=tuple(fields.get("session_key", SESSION_KEY)),
    )

"""What a stub is started with: the line that its parent writes, understood and checked.

Beside the fields of `StubSettings` there may be `lease`, `tls` (`cert` and `key`, paths of PEM files),
`document` (an OpenAPI document) and `binding` (how its operation is called: see `binding_line`).
"""

from __future__ import annotations

import json
import ssl
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from sessionload.contract.contract import Contract
from sessionload.errors import InputError, ValueProblem, nearest
from sessionload.stub.binding_line import binding_of
from sessionload.stub.routes import RequestHandler
from sessionload.stub.settings import MOST_CHANNELS, StubSettings, is_loopback

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from sessionload.secret import Secret


@dataclass(frozen=True, slots=True)
class Launch:
    """The first line of standard input, understood."""

    settings: StubSettings
    handler: RequestHandler
    context: ssl.SSLContext | None
    lease: bool

    @classmethod
    def read(cls, line: bytes, key: Secret, variables: MutableMapping[str, str]) -> Self:
        """Return what `line` asks for: a stub that accepts `key`, and the secrets in `variables`.

        Raises `InputError`.
        """
        try:
            fields: Any = json.loads(line or b"{}")
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise InputError("stub-settings", "the settings of the stub are one line of JSON, an object")
        tls, document = fields.pop("tls", None), fields.pop("document", None)
        lease, asked = bool(fields.pop("lease", False)), fields.pop("binding", None) or {}
        settings = _settings(fields)
        binding = binding_of(asked, settings, variables)
        contract = None
        if document is not None:
            contract = Contract.from_document(document, binding, file="the stub's settings", sha256="")
        try:
            handler = RequestHandler(settings, key=key, contract=contract, secrets=binding.secrets)
        except ValueProblem as problem:
            raise InputError("stub-settings", problem.message, hint=problem.cure) from None
        return cls(settings, handler, _context(tls), lease)


def _settings(fields: dict[str, Any]) -> StubSettings:
    defaults = asdict(StubSettings())
    for name, value in fields.items():
        if name not in defaults:
            raise InputError(
                "stub-settings", f"the stub has no setting '{name}'", hint=nearest(name, defaults)
            )
        if type(value) is not (list if name == "faults" else type(defaults[name])):
            raise InputError("stub-settings", f"the setting '{name}' of the stub has the wrong type")
    faults = fields.get("faults", [])
    if not all(isinstance(fault, str) for fault in faults):
        raise InputError("stub-settings", "the setting 'faults' of the stub is a list of texts")
    settings = StubSettings(**{**fields, "faults": tuple(faults)})
    if not is_loopback(settings.host):
        raise InputError(
            "stub-host",
            f"the stub serves loopback only, not '{settings.host}'",
            hint="leave the host out, or use 127.0.0.1",
        )
    if not 0 <= settings.concurrency <= MOST_CHANNELS:
        raise InputError(
            "stub-settings",
            f"the stub cannot serve {settings.concurrency} requests at once",
            hint=f"choose a number up to {MOST_CHANNELS:,}, or 0 for as many as come",
        )
    if not 0 <= settings.port <= 65_535:
        raise InputError(
            "stub-port",
            f"{settings.port} is no port",
            hint="choose one from 1 to 65535, or 0 for any free one",
        )
    return settings


def _context(tls: dict[str, str] | None) -> ssl.SSLContext | None:
    if not tls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls["cert"], tls["key"])
    except (OSError, KeyError) as error:
        raise InputError("stub-settings", f"the certificate of the stub cannot be used ({error})") from None
    return context

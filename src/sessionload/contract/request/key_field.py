"""Where the API key goes: the header that carries it, and what stands before it there.

A document lists alternatives, and each may ask for several keys at once. The API key meets one of them; the
environment's `headers:` have to meet the others of the same alternative. A key never goes into a URL, which
proxies and servers write into their logs. Exports of gateways often say nothing of keys although the server
wants one, so where a document asks for none, a key that the environment has is sent all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sessionload.contract.document.header_fields import FIELD_NAME, OWNED
from sessionload.contract.document.placeholder import KEY
from sessionload.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.errors import InputError

_AUTHORIZATION = "authorization"
_MOST_LISTED = 4
_PREFIXES = {"bearer": "Bearer ", "basic": "Basic "}


@dataclass(frozen=True, slots=True)
class KeyField:
    """The header that carries the API key; `name` is in lower case."""

    name: str
    prefix: str = ""
    """What stands before the key, such as `Bearer `."""

    @property
    def value(self) -> str:
        """The whole value, with `KEY` for the key."""
        return self.prefix + KEY


@dataclass(frozen=True, slots=True)
class Security:
    """What a request of one operation has to prove."""

    key: KeyField | None
    """Where the API key goes; `None` where none is sent."""
    asks: bool
    """Whether the document asks for any key at all."""
    key_is_optional: bool
    """Whether a request without a key may succeed too."""
    headers: frozenset[str]
    """All headers that could carry a key by the document."""
    further: frozenset[str] = frozenset()
    """Headers that carry keys beside the API key and that nothing gives: a server only asks for them."""


def security_of(document: OpenApiDocument, operation: Operation, binding: Binding) -> Security:
    """Return how requests of `operation` show who sends them.

    Raises `InputError` when no alternative can be met with one API key and the `headers` of `binding`.
    """
    alternatives = list(_alternatives(document, operation))
    given = {name.lower() for name in binding.headers}
    asks = any(alternatives)
    optional = not all(alternatives)
    left = [
        [field for field in alternative if field is None or field.name not in given]
        for alternative in alternatives
    ]
    key, further = None, frozenset[str]()
    if binding.has_key:
        for rest in left:
            if rest and rest[0] is not None and (binding.serves or len(rest) == 1):
                key, further = rest[0], frozenset(field.name for field in rest[1:] if field is not None)
                break
        if key is None and not asks and _AUTHORIZATION not in given:
            key = KeyField(_AUTHORIZATION)
    if key is None and (binding.has_key or not (optional or [] in left)):
        raise _unmet(document, operation, left)
    return Security(key, asks, optional, key_headers(document, operation), further)


def key_headers(document: OpenApiDocument, operation: Operation) -> frozenset[str]:
    """Return all headers that could carry a key of `operation`. Raises `InputError`."""
    alternatives = _alternatives(document, operation)
    return frozenset(field.name for alternative in alternatives for field in alternative if field is not None)


def _alternatives(document: OpenApiDocument, operation: Operation) -> Iterator[list[KeyField | None]]:
    """Yield, for each alternative, the header of each key that it asks for; `None` where there is none."""
    holder = _security_holder(document, operation)
    requirements = holder.get("security", [])
    if not isinstance(requirements, list):
        message = "'security' is not a list in the document"
        hint = "write it like security: [{apiKey: []}]"
        raise document.refusal("bad-contract", message, hint=hint, at=holder, key="security")
    for requirement in requirements or [{}]:
        fields: dict[str, KeyField | None] = {}
        for name in document.follow(requirement, "a security requirement", at=requirements):
            scheme = _scheme(document, str(name))
            field = _field(scheme)
            if scheme.get("type") != "mutualTLS":  # the client certificate proves that, below HTTP
                fields.setdefault(field.name if field else "", field)
        yield list(fields.values())


def _security_holder(document: OpenApiDocument, operation: Operation) -> Mapping[str, Any]:
    """Return what says the security of an operation: the document, or else itself, if only by its silence."""
    of_document = "security" in document.root and "security" not in operation.node
    return document.root if of_document else operation.node


def _scheme(document: OpenApiDocument, name: str) -> Mapping[str, Any]:
    root, part = document.root, "securitySchemes"
    components = document.follow(root.get("components"), "components", at=root, key="components")
    schemes = document.follow(components.get(part), f"components.{part}", at=components, key=part)
    return document.follow(schemes.get(name), f"the security scheme {quoted(name)}", at=schemes, key=name)


def _field(scheme: Mapping[str, Any]) -> KeyField | None:
    kind = scheme.get("type")
    if kind == "apiKey" and scheme.get("in") == "header":
        name = str(scheme.get("name", "")).lower()
        return KeyField(name) if FIELD_NAME.fullmatch(name) and name not in OWNED else None
    if kind == "http":
        prefix = _PREFIXES.get(str(scheme.get("scheme", "")).lower())
        return None if prefix is None else KeyField(_AUTHORIZATION, prefix)
    if kind in ("oauth2", "openIdConnect"):
        return KeyField(_AUTHORIZATION, _PREFIXES["bearer"])
    return None


def _unmet(document: OpenApiDocument, operation: Operation, left: list[list[KeyField | None]]) -> InputError:
    """Return the error that says what the document asks for, and what can be done."""
    refusal = partial(document.refusal, at=_security_holder(document, operation), key="security")
    asked = [rest for rest in left if rest]
    nearest = min(asked, key=lambda rest: (None in rest, len(rest)), default=[])
    names = [field.name for field in nearest if field is not None]
    name = f"the operation {quoted(operation.name)}"
    if None in nearest:
        return refusal(
            "unusable-security",
            f"{name} asks for a key that cannot be sent in a header",
            hint="a key in a URL or a cookie is written into logs: let the document offer one in a header,"
            " by apiKey, http bearer or basic, oauth2 or openIdConnect",
        )
    if len(names) > 1:
        listed = ", ".join(map(quoted, names[:_MOST_LISTED]))
        return refusal(
            "unusable-security",
            f"{name} asks for {len(names)} keys at once, in the headers {listed}",
            hint=f"give all but one in the environment, like headers: {{{names[-1]}: ${{NAME}}}}",
        )
    if names:
        return refusal(
            "missing-api-key",
            f"{name} asks for a key in the header {quoted(names[0])}, and the environment has none",
            hint="add api_key: ${VF_API_KEY} to the environment",
        )
    return refusal(
        "unusable-security",
        f"{name} takes no API key beside the headers of the environment",
        hint="remove api_key from the environment, or the header that carries the key already",
    )

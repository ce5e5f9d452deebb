"""What fills header, query and cookie parameters of an operation: the environment, or else the document.

Whatever the document requires is sent or the document is refused, and whatever the environment gives has a
place in the document or is refused. A value `${NAME}` is a secret: it stays as it is written here, and only
what sends a request fills it in. A query is part of a URL, which logs keep, so no secret goes there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.contract.document.header_fields import FIELD_NAME, FIELD_VALUE, OWNED, SENT
from sessionload.contract.document.placeholder import PLACEHOLDER
from sessionload.contract.request.turn_names import is_for_turn
from sessionload.errors import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.request.key_field import Security
    from sessionload.contract.request.parameters import Parameter
    from sessionload.secret import Secret

Headers = tuple[tuple[str, str], ...]

_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class ParameterValues:
    """What a request has of its parameters."""

    headers: Headers
    """Names in lower case; a value may hold `${NAME}` for a secret of the binding."""
    query: str
    """Percent-encoded, without its question mark."""


def fill_parameters(
    document: OpenApiDocument,
    operation: Operation,
    parameters: Collection[Parameter],
    binding: Binding,
    security: Security,
) -> ParameterValues:
    """Return the values of all parameters but those of the path.

    Raises `InputError` where one is missing or does not fit, and where the environment gives one without a
    place. An optional parameter is sent only if the environment gives it.
    """
    given = _Given(document, binding)
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    cookies: list[str] = []
    missing: list[Parameter] = []
    for parameter in parameters:
        is_key = security.key is not None and parameter.name == security.key.name
        if parameter.location == "path" or (parameter.location == "header" and is_key):
            continue
        if parameter.location == "header" and parameter.name in OWNED:
            _refuse_owned(parameter)
            continue
        values, secrets = given.take(parameter), binding.secrets
        if not values and parameter.required and not binding.serves:
            values, secrets = parameter.documented(), {}
            missing += [] if values else [parameter]
        for value in values:
            if parameter.location == "query":
                query += _query(parameter, value, secrets)
            elif parameter.location == "header":
                headers.append((parameter.name, _field(parameter, value, secrets, FIELD_VALUE)))
            else:
                cookies.append(f"{parameter.name}={_field(parameter, value, secrets, _COOKIE_VALUE)}")
    headers += given.take_headers(security.headers)
    _refuse_unlisted(document, operation, given, parameters)
    _refuse_missing(document, operation, missing)
    return ParameterValues(
        (*headers, *([("cookie", "; ".join(cookies))] if cookies else [])), "&".join(query)
    )


def _refuse_owned(parameter: Parameter) -> None:
    """Refuse a header that is required, and that no request of ours has."""
    if parameter.required and parameter.name not in SENT:
        raise parameter.refusal(
            "owned-header",
            "is required, and HTTP or the cookie parameters decide what is in it",
            hint="remove it from the parameters of the document",
        )


class _Given:
    """What an environment gives, and what of it is not taken yet."""

    def __init__(self, document: OpenApiDocument, binding: Binding) -> None:
        self._parameters = binding.parameters
        self._headers = {name.lower(): value for name, value in binding.headers.items()}
        self.left = {*binding.parameters, *self._headers}
        owned = sorted(OWNED.intersection(self._headers))
        if owned:
            raise document.refusal(
                "owned-header",
                f"the environment gives the header {quoted(owned[0])}, which is not for it to set",
                hint="remove it; a cookie is given as the parameter that the document lists",
            )

    def take(self, parameter: Parameter) -> list[object]:
        """Return the value for a parameter: one, or none. Raises `InputError` where there are two."""
        names = [
            name
            for name in self._parameters
            if name == parameter.name or (parameter.location == "header" and name.lower() == parameter.name)
        ]
        values = [self._parameters[name] for name in names]
        if parameter.location == "header" and parameter.name in self._headers:
            names.append(parameter.name)
            values.append(self._headers[parameter.name])
        if len(values) > 1:
            raise parameter.refusal(
                "bad-parameter", "has two values in the environment", "remove one of them"
            )
        self.left.difference_update(names)
        return values

    def take_headers(self, names: Collection[str]) -> list[tuple[str, str]]:
        """Return those headers that are among `names` and not taken yet."""
        taken = [(name, value) for name, value in self._headers.items() if name in self.left & set(names)]
        self.left.difference_update(name for name, _ in taken)
        return taken


def _query(parameter: Parameter, value: object, secrets: Mapping[str, Secret]) -> list[str]:
    """Return the pieces of a query that give the value."""
    if _secret_of(value, secrets) is not None:
        raise parameter.refusal(
            "bad-parameter",
            "cannot come from an environment variable",
            "write the value itself: a query is part of the URL, which logs and reports keep",
        )
    try:
        name, *texts = (quote(text, safe="") for text in (parameter.name, *_fitting(parameter, value)))
    except UnicodeEncodeError:
        raise parameter.refusal("bad-parameter", "has half of a surrogate pair in it") from None
    return [f"{name}={text}" for text in texts] if parameter.explode else [f"{name}={','.join(texts)}"]


def _field(
    parameter: Parameter, value: object, secrets: Mapping[str, Secret], pattern: re.Pattern[str]
) -> str:
    """Return the value for a header or a cookie, or the placeholder of a secret."""
    secret = _secret_of(value, secrets)
    text = ",".join(_fitting(parameter, secret.reveal() if secret else value))
    sendable = FIELD_NAME.fullmatch(parameter.name) and pattern.fullmatch(text)
    if not sendable or (secret is None and PLACEHOLDER.search(text)):
        raise parameter.refusal("bad-parameter", "has a name or a value that no header can carry")
    return str(value) if secret else text


def _fitting(parameter: Parameter, value: object) -> list[str]:
    texts = parameter.texts(value)
    parameter.refuse_misfit(value)
    return texts


def _secret_of(value: object, secrets: Mapping[str, Secret]) -> Secret | None:
    """Return the secret that a value names, if it is a placeholder and nothing else."""
    place = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return secrets.get(place[1] or "") if place else None


def _refuse_unlisted(
    document: OpenApiDocument, operation: Operation, given: _Given, parameters: Collection[Parameter]
) -> None:
    unlisted = sorted(name for name in given.left if not is_for_turn(document, name))
    if not unlisted:
        return
    name = unlisted[0]
    if any(parameter.name == name and parameter.location == "path" for parameter in parameters):
        hint = f"write it as path: {{{name}: …}}"
    else:
        hint = nearest(name, (parameter.name for parameter in parameters if parameter.location != "path"))
    raise document.refusal(
        "unlisted-parameter",
        f"the environment gives {quoted(name)}, which the document does not list as a parameter"
        f" of {quoted(operation.name)}",
        hint=hint,
        at=operation.node,
    )


def _refuse_missing(document: OpenApiDocument, operation: Operation, missing: list[Parameter]) -> None:
    if not missing:
        return
    listed = " and ".join(parameter.label for parameter in missing[:_MOST_LISTED])
    more = f" and {len(missing) - _MOST_LISTED:,} more" if len(missing) > _MOST_LISTED else ""
    raise document.refusal(
        "unfilled-parameter",
        f"{quoted(operation.name)} requires {listed}{more}, and nothing gives a value",
        hint=f"add {missing[0].example} to the environment, or an 'example' to the document",
        at=missing[0].node,
    )

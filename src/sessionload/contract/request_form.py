"""What a request of one operation is made of: method, path, the header with the key, and the body.

Whatever an environment says of the path is used or refused: a project that no place takes would else be
somebody's mistake that nobody sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.contract.find_operation import PLACE
from sessionload.contract.request_body import RequestBody
from sessionload.errors import InputError

if TYPE_CHECKING:
    from sessionload.contract.binding import Binding
    from sessionload.contract.find_operation import Operation
    from sessionload.contract.openapi import OpenApiDocument

PROJECT = "projectID"
"""A place that the project fills in any path."""
ENVIRONMENT = "environmentID"
"""A place that the environment fills in any path."""


class RequestForm:
    """Makes the requests of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Operation, binding: Binding) -> None:
        """Prepare everything. Raises `InputError` when no request can be made from the document."""
        self.template, self.method = operation.template, operation.method
        self.security_header = _security_header(document, operation)
        self.path_values = _path_values(document, operation, binding)
        """What fills each place of the path template."""
        self.body = RequestBody(document, operation)

    def path(self) -> str:
        """Return the path to call, each value percent-encoded.

        Raises `InputError` for a value that cannot be one part of a path. The message does not repeat it.
        """
        return PLACE.sub(lambda place: _encoded(place[1], self.path_values[place[1]]), self.template)


def _path_values(document: OpenApiDocument, operation: Operation, binding: Binding) -> dict[str, str]:
    """Return what fills each place of the path; whatever is given is used, or refused."""
    by_place = {PROJECT: "project", ENVIRONMENT: "environment"}
    by_place |= {place: what for what, place in (operation.session_places or {}).items()}
    given = {"project": binding.project, "environment": binding.environment}
    unused = {name for name, value in given.items() if value is not None}
    values: dict[str, str] = {}
    for place in PLACE.findall(operation.template):
        what = by_place.get(place, "")
        value = binding.path.get(place, given.get(what))
        if place not in binding.path:
            unused.discard(what)
        if value is None and binding.filler is None:
            raise document.refusal(
                "unfilled-path",
                f"the path of '{operation.name}' has a place '{place}', which nothing fills",
                hint=f"add {what}: … to the environment"
                if what
                else f"add path: {{{place}: …}} to the environment",
            )
        values[place] = binding.filler or "" if value is None else value
    unused |= binding.path.keys() - values.keys()
    if unused and binding.filler is None:
        raise document.refusal(
            "unused-path-value",
            f"the path of '{operation.name}', {operation.template}, has no place for '{min(unused)}'",
            hint="remove it from the environment, or call another operation",
        )
    return values


def _encoded(name: str, value: str) -> str:
    try:
        encoded = quote(value, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in {"", ".", ".."}:
        raise InputError(
            "bad-path-value",
            f"the value for '{name}' cannot be one part of a path",
            hint="it is empty, a dot or two, or has half of a surrogate pair in it",
        )
    return encoded


def _security_header(document: OpenApiDocument, operation: Operation) -> str:
    requirements = operation.node.get("security", document.root.get("security"))
    if isinstance(requirements, list) and requirements:
        first = document.follow(requirements[0], "a security requirement")
        if len(first) == 1:
            components = document.follow(document.root.get("components"), "components")
            schemes = document.follow(components.get("securitySchemes"), "components.securitySchemes")
            scheme = document.follow(schemes.get(next(iter(first))), "a security scheme")
            if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
                return str(scheme.get("name", "")).lower()
    raise document.refusal(
        "unusable-operation",
        f"the operation '{operation.name}' does not ask for one API key in a header",
        hint="only a security scheme with 'type: apiKey' and 'in: header' is supported",
    )

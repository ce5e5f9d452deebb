"""What fills the places of a path: the project, the environment, and what else the environment names.

Whatever an environment says of the path is used or refused: a project that no place takes would else be
somebody's mistake that nobody sees. Values are checked against the parameters that the document lists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.contract.document.find_operation import PLACE
from sessionload.contract.document.literal_path import encoded_literal, has_dots
from sessionload.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.request.parameters import Parameter

_LITERAL = re.compile(r"(\{[^{}]*\})")
PROJECT = "projectID"
"""A place that the project fills in any path."""
ENVIRONMENT = "environmentID"
"""A place that the environment fills in any path."""


def template_of(document: OpenApiDocument, operation: Operation) -> str:
    """Return the path template as a URL has it: all but its places percent-encoded. Raises `InputError`."""
    template = operation.template
    try:
        literals = [encoded_literal(literal) for literal in _LITERAL.split(template)[::2]]
    except UnicodeEncodeError:
        literals = []
    if not literals or template[:1] != "/" or {"?", "#"} & set(template) or has_dots(template):
        raise document.refusal(
            "unusable-operation",
            f"the path {quoted(template)} of the document cannot be called",
            hint="begin it with a slash, leave out parts of dots, and list a query as parameters",
            at=operation.item,
        )
    places = [*_LITERAL.findall(template), ""]
    return "".join(literal + place for literal, place in zip(literals, places, strict=True))


def path_values_of(document: OpenApiDocument, operation: Operation, binding: Binding) -> dict[str, str]:
    """Return what fills each place of the path; whatever is given is used, or refused."""
    by_place = {PROJECT: "project", ENVIRONMENT: "environment"}
    by_place |= {place: what for what, place in (operation.session_places or {}).items()}
    given = {"project": binding.project, "environment": binding.environment}
    unused = {name for name, value in given.items() if value is not None and binding.filler is None}
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
                at=operation.item,
            )
        values[place] = binding.filler or "" if value is None else value
    unused |= binding.path.keys() - values.keys()
    if unused:
        raise document.refusal(
            "unused-path-value",
            f"the path of '{operation.name}', {operation.template}, has no place for '{min(unused)}'",
            hint="remove it from the environment, or call another operation",
            at=operation.item,
        )
    return values


def encoded(name: str, value: str) -> str:
    """Return the value for the place `name` as one part of a path. Raises `InputError` if it cannot be."""
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


def check_path_values(parameters: Iterable[Parameter], values: Mapping[str, str], filler: str | None) -> None:
    """Raise `InputError` (bad-parameter) for a value that its parameter does not allow; the filler may."""
    for parameter in parameters:
        value = values.get(parameter.name) if parameter.location == "path" else None
        if value is not None and value != filler:
            parameter.texts(value)
            parameter.refuse_misfit(value)

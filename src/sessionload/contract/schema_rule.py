"""A JSON value against one schema of the document: the first violation.

The library finds all violations; the one nearest to the top and of the plainest kind is kept. It is named
by the schema and never by the value: a server cannot choose a cause, and the library's own messages, which
quote the value, are not used, because it may be a session key.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jsonschema import Draft4Validator
from jsonschema.validators import extend
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, OAS31Validator
from referencing import Registry

from sessionload.contract.schema_check import checked_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

    from sessionload.contract.openapi import OpenApiDocument

_ANNOTATIONS = frozenset({"title", "description", "example", "deprecated", "externalDocs", "xml"})
_OBJECT = _ANNOTATIONS | {"type", "required", "properties"}
_TEXT = _ANNOTATIONS | {"type", "minLength", "maxLength"}
_ENOUGH = 200
"""How many violations of one value are compared at most."""
_DEEPEST = 4
"""How many names a cause has at most: a schema that refers to itself must not make causes without end."""

# A discriminator only helps tools to choose; the alternatives themselves decide. The library would look up
# a schema by a value that the server chose.
_PLAIN = {keyword: Draft4Validator.VALIDATORS[keyword] for keyword in ("allOf", "anyOf", "oneOf")}
_RESPONSE = extend(OAS30ReadValidator, _PLAIN)  # type: ignore[no-untyped-call]
_REQUEST = extend(OAS30WriteValidator, _PLAIN)  # type: ignore[no-untyped-call]

_SENTENCES = {
    "required": "{where} is missing",
    "type": "{where} is not of the type '{limit}'",
    "minLength": "{where} is shorter than its minLength, {limit}",
    "maxLength": "{where} is longer than its maxLength, {limit}",
    "enum": "{where} is not one of the values listed",
    "additionalProperties": "{where} has a property that is not listed",
}


class Violation(NamedTuple):
    """What is wrong: the schema's keyword, the names that lead to the place, and the keyword's limit."""

    keyword: str
    names: tuple[str, ...]
    limit: object

    @property
    def cause(self) -> str:
        """A stable key, such as `body/type/sessionKey`."""
        return "/".join(("body", self.keyword, *self.names[:_DEEPEST]))

    @property
    def sentence(self) -> str:
        """One clause that says nothing that the value says."""
        where = ".".join(self.names[:_DEEPEST]) or "the body"
        form = _SENTENCES.get(self.keyword, "{where} breaks the rule '{keyword}'")
        return form.format(where=where, limit=self.limit, keyword=self.keyword)

    @property
    def _rank(self) -> tuple[int, int, str]:
        plain = ("type", "required")
        return len(self.names), plain.index(self.keyword) if self.keyword in plain else 2, self.cause


class SchemaRule:
    """One schema, made ready to judge values."""

    def __init__(self, document: OpenApiDocument, node: object, what: str, *, request: bool = False) -> None:
        """Prepare the schema `node`. Raises `InputError` when it could fail while it judges."""
        self._schema = checked_schema(document, node, what)
        self._follow = document.follow
        # References start at the root of the document, so its parts that they can name come along.
        schema = dict(self._schema) | {
            name: document.root[name] for name in ("components", "paths") if name in document.root
        }
        validators = OAS31Validator if document.dialect.is_json_schema else _REQUEST if request else _RESPONSE
        validator = validators(schema, registry=Registry())
        self._violations = validator.iter_errors

    def allows_any_text(self, name: str, longest: int) -> bool:
        """Tell whether an object of nothing but a text of 1 to `longest` characters, `name`, is allowed.

        False also where the schema has a keyword that may depend on more than type and length.
        """
        text = self._follow(self._schema.get("properties", {}).get(name, {}), name)
        if not (_OBJECT.issuperset(self._schema) and _TEXT.issuperset(text)):
            return False
        return all(self.violation({name: "x" * length}) is None for length in (1, longest))

    def violation(self, value: object) -> Violation | None:
        """Return the shallowest and plainest violation, always the same for equal values, or None."""
        errors = self._violations(value)
        first = next(errors, None)
        if first is None:
            return None
        return min((_violation(error) for error in (first, *islice(errors, _ENOUGH))), key=_rank)


def _rank(violation: Violation) -> tuple[int, int, str]:
    return violation._rank  # noqa: SLF001 - a key function for our own class


def _violation(error: ValidationError) -> Violation:
    path = list(error.absolute_schema_path)
    names = _names(path)
    if error.validator == "required":
        names += (_missing(error),)
    return Violation(str(error.validator), names, error.validator_value)


def _missing(error: ValidationError) -> str:
    required = cast("list[str]", error.validator_value)
    instance = cast("Mapping[str, Any]", error.instance)
    absent = [name for name in required if name not in instance]
    named = [name for name in absent if error.message.startswith(repr(name))]
    return (named or absent)[0]


def _names(path: list[str | int]) -> tuple[str, ...]:
    """Return the way into the value that a path into the schema takes: names, `[]` for items, `*` for any."""
    names: list[str] = []
    steps = iter(path[:-1])
    for step in steps:
        if step == "properties":
            names.append(str(next(steps)))
        elif step == "items":
            names.append("[]")
        elif step == "additionalProperties":
            names.append("*")
    return tuple(names)

"""A JSON value against one schema of the document: the first violation.

The library finds all violations; the one nearest to the top and of the plainest kind is kept.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from referencing import Registry

from sessionload.contract.schema.judging import Judging, Undecided
from sessionload.contract.schema.schema_reader import SchemaReader
from sessionload.contract.schema.validators import VALIDATORS
from sessionload.contract.schema.violation import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

    from sessionload.contract.document.openapi import OpenApiDocument

_OBJECT = frozenset({"type", "required", "properties"})
_TEXT = frozenset({"type", "minLength", "maxLength"})
_ENOUGH = 200
"""How many violations of one value are compared at most."""


class SchemaRule:
    """One schema, made ready to judge values."""

    def __init__(self, document: OpenApiDocument, node: object, what: str, *, request: bool = False) -> None:
        """Prepare the schema `node`. Raises `InputError` when it could fail while it judges."""
        self._schema = SchemaReader(document, request=request).read(node, what)
        self._validator = VALIDATORS[document.dialect.name](self._schema, registry=Registry())

    def allows_any_text(self, name: str, longest: int) -> bool:
        """Tell whether an object of nothing but a text of 1 to `longest` characters, `name`, is allowed.

        False also where the schema has a keyword that may depend on more than type and length.
        """
        text = self._schema.get("properties", {}).get(name, {})
        if not (_OBJECT.issuperset(self._schema) and _TEXT.issuperset(text)):
            return False
        return all(self.violation({name: "x" * length}) is None for length in (1, longest))

    def violation(self, value: object) -> Violation | None:
        """Return the shallowest and plainest violation, always the same for equal values, or None."""
        try:
            errors = islice(self._validator.evolve(format_checker=Judging()).iter_errors(value), _ENOUGH)
            return min((_violation(error) for error in errors), key=lambda found: found.rank, default=None)
        except (Undecided, RecursionError):
            return Violation("undecided", (), None)


def _violation(error: ValidationError) -> Violation:
    names = _names(list(error.absolute_schema_path))
    if error.validator == "required":
        names += (_missing(error),)
    limit = error.validator_value
    return Violation(str(error.validator), names, str(limit) if error.validator == "pattern" else limit)


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
        elif step in _INTO_ITEMS:
            names.append("[]")
        elif step in _INTO_OTHERS:
            names.append("*")
        if step in _WITH_A_NAME:
            next(steps)
    return tuple(names)


_INTO_ITEMS = frozenset(("items", "prefixItems", "unevaluatedItems"))
_INTO_OTHERS = frozenset(("additionalProperties", "patternProperties", "unevaluatedProperties"))
_WITH_A_NAME = frozenset(("patternProperties", "dependentSchemas"))
"""Keywords after which a path has a text of the document, which may be the name of a keyword."""

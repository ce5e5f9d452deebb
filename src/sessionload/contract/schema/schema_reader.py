"""Prepares the schemas that an operation reaches, once, before any traffic: then judging cannot fail.

What is not reached is not looked at: a document may have thousands of other schemas. A schema is refused,
with its place, when it has a keyword that its version of OpenAPI does not know, when a keyword holds what
it cannot hold, when a reference leads nowhere, and when schemas refer to each other without a step into the
value, which would never come to an end, or would take too many steps for one value.

A prepared schema is a mapping of the keywords that judge, with prepared schemas inside. References are gone,
or are what they lead to, so these mappings go in circles where the document's do: never walk or print one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionload.contract.document.openapi import NO_CIRCLE, NO_MORE_THAN_REFERENCE
from sessionload.contract.document.other_files import written_reference
from sessionload.contract.schema.ecma_pattern import EcmaPattern
from sessionload.contract.schema.formats import FORMATS, NOTHING_TO_CHECK
from sessionload.errors import ValueProblem, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.errors import InputError

_FOR_THE_REST = frozenset(("additionalProperties", "unevaluatedProperties", "unevaluatedItems"))
_ONE = _FOR_THE_REST | {"not", "if", "then", "else", "items", "contains", "propertyNames"}
_SEVERAL = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_NAMED = frozenset(("properties", "dependentSchemas"))
_OF_THE_SAME_VALUE = frozenset(
    ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
)
_BOUNDS = frozenset(f"{end}{of}" for end in ("min", "max") for of in ("Length", "Items", "Properties"))
_NUMBERS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_AS_THEY_ARE = (
    _BOUNDS
    | _NUMBERS
    | {"type", "nullable", "enum", "const", "uniqueItems", "dependentRequired", "minContains", "maxContains"}
)
_DEEPEST = 32
_MOST_FOR_A_VALUE = 10_000
_UNCHECKED = ("contentEncoding", "contentMediaType", "contentSchema")


_Where = tuple[object, object]
"""The mapping or list that holds a schema, and its key there."""
_LIKE_THE_STANDARD = "write there what the standard has for this keyword"
_NO_PATTERN = "correct it, or leave the pattern out"
_NO_PLACE: _Where = (None, None)


class _Schema(NamedTuple):
    """A schema as it was written and as it is prepared."""

    written: Any
    where: str
    """Its place in words, such as `the response 200` or `'#/components/schemas/Name'`."""
    exempt: frozenset[str]
    """Properties that nobody requires in this direction, as schemas say that hold for the same value."""
    depth: int
    """How many schemas around it are about the same value."""
    prepared: dict[str, Any]
    beside: list[int]
    """The identities of the prepared schemas that it applies to the same value."""


class SchemaReader:
    """Reads a schema and all that it reaches."""

    def __init__(self, document: OpenApiDocument, *, request: bool) -> None:
        """`request` says in which direction the values go: what is read-only is not sent."""
        self._document = document
        self._dialect = document.dialect
        self._hidden = "readOnly" if request else "writeOnly"
        self._schemas: dict[tuple[int, frozenset[str]], _Schema] = {}
        self._waiting: deque[_Schema] = deque()

    def read(self, written: object, what: str) -> dict[str, Any]:
        """Return a schema prepared. Raises `InputError` when it could not be judged by."""
        root = self._schema(written, what, _NO_PLACE)
        while self._waiting:
            self._fill(self._waiting.popleft())
        self._require_an_end(written, what)
        return root.prepared

    def _require_an_end(self, written: object, what: str) -> None:
        beside = {id(each.prepared): each.beside for each in self._schemas.values()}
        held: dict[int, int] = {}
        try:
            for schema in TopologicalSorter(beside).static_order():
                held[schema] = 1 + sum(held[inner] for inner in beside[schema])
        except CycleError:
            raise self._document.refusal(
                "broken-reference",
                f"{what} refers to itself without a step into the value",
                hint="let one of the schemas in the circle name a property or an item",
                at=written,
            ) from None
        if max(held.values()) > _MOST_FOR_A_VALUE:
            raise self._too_much(what, written)

    def _too_much(self, where: str, written: object) -> InputError:
        return self._document.refusal(
            "too-many-schemas",
            f"the schema of {where} holds one value against too many schemas",
            hint=f"{_DEEPEST} may be one inside the other, and {_MOST_FOR_A_VALUE} in all: join some of them",
            at=written,
        )

    def _schema(
        self,
        written: object,
        where: str,
        place: _Where,
        exempt: frozenset[str] = frozenset(),
        depth: int = 0,
    ) -> _Schema:
        written, where = self._followed(written, where, place)
        key = id(written), exempt
        if key not in self._schemas:
            if depth > _DEEPEST:
                raise self._too_much(where, written)
            self._schemas[key] = _Schema(written, where, exempt, depth, {}, [])
            self._waiting.append(self._schemas[key])
        return self._schemas[key]

    def _followed(self, written: object, where: str, place: _Where) -> tuple[object, str]:
        """Return the schema to which one leads that is nothing but a reference, and its place in words."""
        at, key = place
        if not self._dialect.is_json_schema:
            reference = written.get("$ref") if isinstance(written, Mapping) else None
            followed = self._document.follow(written, where, at=at, key=key)
            return followed, f"'{written_reference(reference)}'" if isinstance(reference, str) else where
        passed: set[str] = set()
        while isinstance(written, Mapping) and isinstance(written.get("$ref"), str):
            reference = written["$ref"]
            if not NO_MORE_THAN_REFERENCE.issuperset(written):
                return written, where
            if reference in passed:
                message = f"the reference '{written_reference(reference)}' leads back to itself"
                raise self._document.refusal(
                    "broken-reference", message, hint=NO_CIRCLE, at=written, key="$ref"
                )
            passed.add(reference)
            at, key = written, "$ref"
            written, where = self._document.target(reference, at=at), f"'{written_reference(reference)}'"
        if isinstance(written, bool):
            return written, where
        return self._document.follow(written, where, at=at, key=key), where

    def _fill(self, schema: _Schema) -> None:
        if isinstance(schema.written, bool):
            if not schema.written:
                schema.prepared["false"] = True
            return
        self._check(schema)
        self._document.unchecked.update(dict.fromkeys(_unchecked(schema)))
        exempt = schema.exempt | self._exempt(schema.written)
        try:
            for keyword, part in schema.written.items():
                self._prepare(schema, exempt, keyword, part)
        except ValueProblem as problem:
            raise self._bad(schema, f"has a pattern that {problem.message}", _NO_PATTERN, keyword) from None

    def _prepare(self, schema: _Schema, exempt: frozenset[str], keyword: str, part: Any) -> None:  # noqa: ANN401 - it holds what its keyword may
        prepared = schema.prepared
        child = partial(self._child, schema, exempt, keyword)
        if keyword in _FOR_THE_REST and isinstance(part, bool):
            prepared[keyword] = part
        elif keyword in _ONE:
            prepared[keyword] = child(part)
        elif keyword in _SEVERAL:
            prepared[keyword] = [child(each, index) for index, each in enumerate(part)]
        elif keyword in _NAMED:
            prepared[keyword] = {str(name): child(each, name) for name, each in part.items()}
        elif keyword == "patternProperties":
            prepared[keyword] = {EcmaPattern(text): child(each, text) for text, each in part.items()}
        elif keyword == "$ref":
            prepared[keyword] = child({keyword: part})
        elif keyword == "pattern":
            prepared[keyword] = EcmaPattern(part)
        elif keyword == "required":
            prepared[keyword] = [name for name in part if name not in exempt]
        elif (
            keyword in _AS_THEY_ARE
            or (keyword == "format" and part in FORMATS)
            or (keyword == self._hidden and part is True)
        ):
            prepared[keyword] = part

    def _child(
        self, schema: _Schema, exempt: frozenset[str], keyword: str, written: object, *step: str | int
    ) -> dict[str, Any]:
        """Return a schema prepared that is inside another one, at `keyword` and `step`."""
        where = "/".join((schema.where.rstrip("'"), keyword, *map(str, step)))
        where += "'" * schema.where.endswith("'")
        place = (schema.written[keyword], step[0]) if step else (schema.written, keyword)
        if keyword not in _OF_THE_SAME_VALUE:
            return self._schema(written, where, place).prepared
        inner = self._schema(written, where, place, exempt, schema.depth + 1)
        schema.beside.append(id(inner.prepared))
        return inner.prepared

    def _check(self, schema: _Schema) -> None:
        keywords: Mapping[str, Any] = schema.written
        if not all(isinstance(keyword, str) for keyword in keywords):
            raise self._bad(schema, "has a keyword that is no text", "write it in quotes")
        unknown = self._dialect.unknown(keywords)
        if unknown:
            keyword, cure = unknown
            raise self._document.refusal(
                "unknown-keyword",
                f"the schema of {schema.where} has a keyword that is none of {self._dialect.name},"
                f" {quoted(keyword)}",
                hint=cure,
                at=keywords,
                key=keyword,
            )
        wrong = self._dialect.misshaped(keywords)
        if wrong:
            raise self._bad(
                schema,
                f"holds what {self._dialect.name} does not allow, at '{wrong}'",
                self._dialect.cure_of_shape(wrong) or _LIKE_THE_STANDARD,
                wrong,
            )
        if "$ref" in keywords:
            self._document.target(keywords["$ref"], at=keywords)  # later on it stands alone, without a place

    def _bad(self, schema: _Schema, what: str, hint: str, keyword: object = None) -> InputError:
        message = f"the schema of {schema.where} {what}"
        return self._document.refusal("bad-schema", message, hint=hint, at=schema.written, key=keyword)

    def _exempt(self, written: object) -> frozenset[str]:
        """Return the properties of a schema that have no place in this direction."""
        return frozenset(
            str(name)
            for schema in self._together(written)
            for name, part in _members(schema.get("properties"))
            if any(each.get(self._hidden) is True for each in self._together(part))
        )

    def _together(self, written: object) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and those that always hold with it. None of them has been checked yet."""
        passed: set[int] = set()
        waiting = [written]
        while waiting:
            schema, where = self._followed(waiting.pop(), "a schema", _NO_PLACE)
            if len(passed) > _MOST_FOR_A_VALUE:
                raise self._too_much(where, schema)
            if isinstance(schema, Mapping) and id(schema) not in passed:
                passed.add(id(schema))
                yield schema
                parts = schema.get("allOf")
                waiting += parts if isinstance(parts, list) else ()
                if isinstance(schema.get("$ref"), str):
                    waiting.append({"$ref": schema["$ref"]})


def _members(written: object) -> Iterable[tuple[object, object]]:
    return written.items() if isinstance(written, Mapping) else ()


def _unchecked(schema: _Schema) -> Iterator[str]:
    """Yield what a schema says that is not checked."""
    for keyword in _UNCHECKED:
        if keyword in schema.written:
            yield f"{keyword} of {schema.where}"
    name = schema.written.get("format", "password")
    if name not in FORMATS and name not in NOTHING_TO_CHECK:
        yield f"format {quoted(name)} of {schema.where}"

"""Makes a small value that a schema allows: the document's own example, else the smallest value of the type.

The value depends on the schema alone. It need not be valid (a schema can require itself, or more than there
is room for), so callers still ask the schema. Time and memory are bounded whatever the schema says: what
would take more room is left out.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.contract.pattern_sample import text_like

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.schema_view import SchemaView

_TEXTS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "user@host.example",
    "hostname": "host.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://host.example/",
    "uri-reference": "/",
    "byte": "AAAA",
}
"""A text of each format that has a form."""
_DEEPEST = 8
_MOST_STEPS = 64
_MOST_VALUES = 2_000
_LARGEST = 1 << 20
_MOST_PATTERNS = 50
"""So many regular expressions are tried to find a text of each."""


def example_value(view: SchemaView, schema: Mapping[str, Any], *, answer: bool = False) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value for `schema`; one without a `type`, `enum` or example gets a text.

    What only the other side may set is left out: that of a request, or of an `answer`.
    """
    return _Sampler(view, "writeOnly" if answer else "readOnly").value(schema, 0, 0)


class _Sampler:
    """Makes one value, of at most `_MOST_VALUES` values and `_LARGEST` characters of texts and examples."""

    def __init__(self, view: SchemaView, left_out: str) -> None:
        self._left_out = left_out
        self._view = view
        self._values = _MOST_VALUES
        self._characters = _LARGEST
        self._patterns = _MOST_PATTERNS
        self._declared: dict[int, tuple[object, Mapping[str, Mapping[str, Any]]]] = {}
        """The properties that a schema declares, by its identity, which it keeps while it stands here."""

    def value(self, schema: Mapping[str, Any], depth: int, steps: int) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value that is `depth` deep in the sample, `steps` schemas away from the first."""
        self._values -= 1
        if self._values < 0 or self._characters < 0 or steps > _MOST_STEPS:
            return None
        given = _given(schema)
        if given:
            self._characters -= len(json.dumps(given[0]))
            return given[0] if self._characters >= 0 else None
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if alternatives:
            return self.value(self._view.resolved(alternatives[0]), depth, steps + 1)
        kind = _kind(self._view, schema)
        if kind == "object" or (kind is None and self._properties(schema)):
            return self._object(schema, depth, steps)
        if kind == "array":
            return self._array(schema, depth, steps)
        facts = self._view.facts(schema)
        return self._text(facts) if kind in ("string", None) else _plain(kind, facts)

    def _text(self, facts: Mapping[str, Any]) -> str:
        if facts.get("format") in _TEXTS:
            return _TEXTS[facts["format"]]
        length = max(1, int(facts.get("minLength", 1)))
        like = self._like(facts, length)
        if like is not None:
            self._characters -= len(like)
            return like
        if length > self._characters:
            return ""
        self._characters -= length
        return "s" * length

    def _like(self, facts: Mapping[str, Any], shortest: int) -> str | None:
        pattern = facts.get("pattern")
        if not isinstance(pattern, str) or self._patterns == 0:
            return None
        self._patterns -= 1
        return text_like(pattern, shortest, facts.get("maxLength"))

    def _object(self, schema: Mapping[str, Any], depth: int, steps: int) -> dict[str, Any]:
        if depth >= _DEEPEST:
            return {}
        properties = self._properties(schema)
        return {
            name: self.value(properties.get(name, {}), depth + 1, steps + 1)
            for name in self._view.required_of(schema)[:_MOST_VALUES]
            if properties.get(name, {}).get(self._left_out) is not True
        }

    def _properties(self, schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        if id(schema) not in self._declared:
            self._declared[id(schema)] = schema, self._view.properties(schema)
        return self._declared[id(schema)][1]

    def _array(self, schema: Mapping[str, Any], depth: int, steps: int) -> list[Any]:
        count = int(self._view.facts(schema).get("minItems", 0))
        if depth >= _DEEPEST or not 0 < count <= _MOST_VALUES:
            return []
        values, characters = self._values, self._characters
        item = self.value(self._view.resolved(schema.get("items", True)), depth + 1, steps + 1)
        self._values -= (count - 1) * (values - self._values)
        self._characters -= (count - 1) * (characters - self._characters)
        return [item] * count if self._values >= 0 and self._characters >= 0 else []


def _kind(view: SchemaView, schema: Mapping[str, Any]) -> str | None:
    """Return the type to make: of several the first that is more than `null`."""
    kinds = view.types_of(schema)
    return next((kind for kind in kinds if kind != "null"), "null" if kinds else None)


def _given(schema: Mapping[str, Any]) -> list[Any]:
    """Return what the document itself gives as a value, if anything."""
    named = [schema[keyword] for keyword in ("const", "example", "default") if keyword in schema]
    return [*named, *schema.get("examples", ())[:1], *schema.get("enum", ())[:1]]


def _plain(kind: str, facts: Mapping[str, Any]) -> float | bool | None:
    if kind in ("integer", "number"):
        return _number(facts)
    return True if kind == "boolean" else None


def _number(facts: Mapping[str, Any]) -> float:
    # In OpenAPI 3.0 an exclusive bound is a boolean beside the other bound, in 3.1 a number by itself.
    lows = [facts["minimum"] + (facts.get("exclusiveMinimum") is True)] if "minimum" in facts else []
    highs = [facts["maximum"] - (facts.get("exclusiveMaximum") is True)] if "maximum" in facts else []
    if not isinstance(facts.get("exclusiveMinimum", True), bool):
        lows.append(facts["exclusiveMinimum"] + 1)
    if not isinstance(facts.get("exclusiveMaximum", True), bool):
        highs.append(facts["exclusiveMaximum"] - 1)
    number: float = max(lows) if lows else min(highs, default=1)
    step = facts.get("multipleOf")
    return _multiple(number, step, down=not lows and bool(highs)) if step else number


def _multiple(number: float, step: float, *, down: bool) -> float:
    """Return the multiple of `step` that is nearest to `number` on one side, in decimal arithmetic."""
    exact = Fraction(str(step))
    steps = Fraction(str(number)) / exact
    multiple = (math.floor(steps) if down else math.ceil(steps)) * exact
    return int(multiple) if multiple.denominator == 1 else float(multiple)

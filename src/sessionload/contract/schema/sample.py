"""Makes a small value that a schema allows: the document's own example, else the smallest value of the type.

The value depends on the schema alone. It need not be valid (a schema can require itself, or more than there
is room for), so callers still ask the schema. Time and memory are bounded whatever the schema says: what
would take more room is left out.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.exact_numbers import exact, is_number
from sessionload.contract.schema.pattern_sample import text_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from sessionload.contract.document.schema_view import SchemaView

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
_MOST_TRIES = 32
_LARGEST_DOUBLE = 1 << 1000
_LOWEST = ("minimum", "exclusiveMinimum")
_HIGHEST = ("maximum", "exclusiveMaximum")
_CHOICES = frozenset(("allOf", "oneOf", "anyOf", "if", "then", "else"))
_MOST_VALUES = 2_000
_LARGEST = 1 << 20
_MOST_PATTERNS = 50
"""So many regular expressions are tried to find a text of each."""
_COST_OF_A_PATTERN = _MOST_VALUES // _MOST_PATTERNS


def example_value(
    view: SchemaView,
    schema: Mapping[str, Any],
    *,
    answer: bool = False,
    allowed: Callable[[Any], bool] | None = None,
) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value for `schema`; one without a `type`, `enum` or example gets a text.

    What only the other side may set is left out: that of a request, or of an `answer`. Where alternatives
    leave a choice, the first value is returned that is `allowed`; if none of those that are tried is, the
    first one of all.
    """
    first, spent = None, 0
    for choices in range(_MOST_TRIES):
        sampler = _Sampler(view, "writeOnly" if answer else "readOnly", choices)
        value = sampler.value(schema, 0, 0)
        if choices == 0:
            first = value
        if allowed is None or (sampler.choices == 0 and allowed(value)):
            return value
        spent += sampler.spent
        if sampler.choices or spent > _MOST_VALUES:
            break
    return first


class _Sampler:
    """Makes one value, of at most `_MOST_VALUES` values and `_LARGEST` characters of texts and examples."""

    def __init__(self, view: SchemaView, left_out: str, choices: int) -> None:
        self._left_out = left_out
        self._view = view
        self._values = _MOST_VALUES
        self._characters = _LARGEST
        self._patterns = _MOST_PATTERNS
        self.choices = choices
        """Which of the alternatives to take: a digit for each choice; what is left if there were fewer."""
        self._declared: dict[int, tuple[object, Mapping[str, Mapping[str, Any]]]] = {}
        """The properties that a schema declares, by its identity, which it keeps while it stands here."""

    @property
    def spent(self) -> int:
        """How many values were made; a text for a pattern takes as long as many others."""
        return _MOST_VALUES - self._values + _COST_OF_A_PATTERN * (_MOST_PATTERNS - self._patterns)

    def value(self, schema: Mapping[str, Any], depth: int, steps: int) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value that is `depth` deep in the sample, `steps` schemas away from the first."""
        self._values -= 1
        if self._values < 0 or self._characters < 0 or steps > _MOST_STEPS:
            return None
        given = _given(schema)
        if given:
            return self._taken(given[0])
        chosen = self._with_a_choice(schema)
        if chosen is not None:
            return self.value(chosen, depth, steps + 1)
        return self._of_kind(schema, depth, steps)

    def _of_kind(self, schema: Mapping[str, Any], depth: int, steps: int) -> Any:  # noqa: ANN401 - any JSON value
        kind = _kind(self._view, schema)
        if kind == "object" or (kind is None and self._is_about_objects(schema)):
            return self._object(schema, depth, steps)
        facts = self._view.facts(schema)
        if given := _given(facts):
            return self._taken(given[0])
        if kind == "array":
            return self._array(facts, depth, steps)
        return self._text(facts) if kind in ("string", None) else _plain(kind, facts)

    def _taken(self, given: Any) -> Any:  # noqa: ANN401 - any JSON value
        self._characters -= len(json.dumps(given))
        return given if self._characters >= 0 else None

    def _with_a_choice(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what a schema says together with one of each of its alternatives, if it has any."""
        parts = list(self._view.parts(schema))
        chosen = [self._choice(options) for part in parts for options in _alternatives(part)]
        plain = [{key: part[key] for key in part if key not in _CHOICES} for part in parts]
        return {"allOf": [*plain, *chosen]} if chosen else None

    def _choice(self, options: Sequence[object]) -> object:
        self.choices, place = divmod(self.choices, len(options))
        return options[place]

    def _is_about_objects(self, schema: Mapping[str, Any]) -> bool:
        return bool(self._properties(schema) or self._view.required_of(schema))

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
        made = {
            name: self.value(properties.get(name, {}), depth + 1, steps + 1)
            for name in self._view.required_of(schema)[:_MOST_VALUES]
            if properties.get(name, {}).get(self._left_out) is not True
        }
        for part in self._view.parts(schema):
            for given in _given(part)[:1]:
                if isinstance(given, dict):
                    made |= self._taken(given) or {}
        return made

    def _properties(self, schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        if id(schema) not in self._declared:
            self._declared[id(schema)] = schema, self._view.properties(schema)
        return self._declared[id(schema)][1]

    def _array(self, facts: Mapping[str, Any], depth: int, steps: int) -> list[Any]:
        count = int(facts.get("minItems", 0))
        if depth >= _DEEPEST or not 0 < count <= _MOST_VALUES:
            return []
        first = [
            self.value(self._view.resolved(node), depth + 1, steps + 1)
            for node in facts.get("prefixItems", ())[:count]
        ]
        count -= len(first)
        values, characters = self._values, self._characters
        schema = self._view.resolved(facts.get("items", True))
        item = self.value(schema, depth + 1, steps + 1)
        self._values -= (count - 1) * (values - self._values)
        self._characters -= (count - 1) * (characters - self._characters)
        if self._values < 0 or self._characters < 0:
            return []
        unique = facts.get("uniqueItems") is True
        return first + (_different(item, self._view.facts(schema), count) if unique else [item] * count)


def _kind(view: SchemaView, schema: Mapping[str, Any]) -> str | None:
    """Return the type to make: of several the first that is more than `null`."""
    kinds = view.types_of(schema)
    return next((kind for kind in kinds if kind != "null"), "null" if kinds else None)


def _given(schema: Mapping[str, Any]) -> list[Any]:
    """Return what the document itself gives as a value, if anything."""
    named = [schema[keyword] for keyword in ("const", "example", "default") if keyword in schema]
    return [*named, *schema.get("examples", ())[:1], *schema.get("enum", ())[:1]]


def _alternatives(part: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """Yield the alternatives between which a schema leaves the choice."""
    yield from (part[keyword] for keyword in ("oneOf", "anyOf") if keyword in part)
    if "if" in part:
        yield {}, {"allOf": [part["if"], part.get("then", True)]}, part.get("else", True)


def _different(item: Any, facts: Mapping[str, Any], count: int) -> list[Any]:  # noqa: ANN401 - any JSON value
    """Return so many values like `item`, each another one where that is easy."""
    listed = facts.get("enum", ())
    if len(listed) >= count:
        return list(listed[:count])
    if is_number(item):
        step = exact(facts.get("multipleOf", 1)) * (-1 if _grows_down(facts) else 1)
        return [_written(exact(item) + number * step) for number in range(count)]
    if isinstance(item, str) and "format" not in facts:
        return [item, *(item[: -len(str(number))] + str(number) for number in range(1, count))]
    return [item] * count


def _grows_down(facts: Mapping[str, Any]) -> bool:
    low = "minimum" in facts or not isinstance(facts.get("exclusiveMinimum", True), bool)
    return not low and ("maximum" in facts or not isinstance(facts.get("exclusiveMaximum", True), bool))


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
    if lows and highs and number > min(highs) and not step:
        return _between(facts)
    return _multiple(number, step, down=not lows) if step else number


def _between(facts: Mapping[str, Any]) -> float:
    """Return the middle of the two bounds of a number, which are less than one apart."""
    limits = {key: exact(facts[key]) for key in _LOWEST + _HIGHEST if is_number(facts.get(key))}
    low = max(limits[key] for key in _LOWEST if key in limits)
    high = min(limits[key] for key in _HIGHEST if key in limits)
    return _written((low + high) / 2)


def _multiple(number: float, step: float, *, down: bool) -> float:
    """Return the multiple of `step` that is nearest to `number` on one side, in decimal arithmetic."""
    steps = exact(number) / exact(step)
    return _written((math.floor(steps) if down else math.ceil(steps)) * exact(step))


def _written(number: Fraction) -> float:
    """Return a number as JSON has it; one that no double can hold loses its fraction."""
    return int(number) if number.denominator == 1 or abs(number) > _LARGEST_DOUBLE else float(number)

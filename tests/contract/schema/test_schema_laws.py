"""Laws of judging by a schema, for all values: decimal steps, JSON equality, what a pattern means."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from schema_cases import cause_of, rule_of

from sessionload.contract.json_data.exact_numbers import is_multiple
from sessionload.contract.json_data.json_equality import are_all_different
from sessionload.contract.schema.ecma_pattern import EcmaPattern

_PLAIN = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, 0.5])
JSON_VALUES = st.recursive(
    _PLAIN | st.text("ab", max_size=2),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text("ab", max_size=1), parts, max_size=2),
    max_leaves=6,
)
LITERAL = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.integers(-(10**8), 10**8), st.integers(1, 10**6), st.integers(0, 6))
def test_a_multiple_of_a_decimal_step_is_one_however_it_is_written(
    count: int, digits: int, places: int
) -> None:
    """With no more than 15 digits, which a float keeps."""
    step = Decimal(digits).scaleb(-places)
    written = json.loads(str(count * step)), json.loads(str(step))
    assert is_multiple(*written)
    assert is_multiple(-written[0], written[1])


@given(
    st.decimals("-1e6", "1e6", places=3, allow_nan=False),
    st.decimals("0.001", "1e3", places=3, allow_nan=False),
)
def test_what_is_a_multiple_is_what_fractions_say(number: Decimal, step: Decimal) -> None:
    said = is_multiple(json.loads(str(number)), json.loads(str(step)))
    assert said == ((Fraction(number) / Fraction(step)).denominator == 1)


def _are_equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare as JSON Schema does, one pair at a time: numbers by value, and no number is `true`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_are_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_are_equal(one[name], other[name]) for name in one)
    return bool(one == other)


@given(st.lists(JSON_VALUES, max_size=5))
def test_all_are_different_unless_two_are_equal(values: list[object]) -> None:
    equal = any(_are_equal(one, other) for place, one in enumerate(values) for other in values[place + 1 :])
    assert are_all_different(values) is not equal


@given(JSON_VALUES, JSON_VALUES)
def test_a_constant_allows_what_is_equal_to_it(one: object, other: object) -> None:
    expected = "ok" if _are_equal(one, other) else "body/const"
    assert cause_of(rule_of({"const": one}), other) == expected


@given(LITERAL, LITERAL, LITERAL)
def test_an_escaped_text_is_found_where_it_stands(before: str, text: str, after: str) -> None:
    escaped = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)
    assert EcmaPattern(escaped).matches(before + text + after)
    assert EcmaPattern(f"^{escaped}$").matches(text)
    assert not EcmaPattern(f"^{escaped}$").matches(f"{text}\n")

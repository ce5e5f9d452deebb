"""Patterns of user IDs that follow from what a document says of one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.request.id_patterns import id_patterns, literal
from sessionload.workload.user_id_pattern import read_pattern


@pytest.mark.parametrize(
    ("facts", "pattern"),
    [
        ({}, "user-{run}-{n:08d}"),
        ({"pattern": "^cus_[a-f0-9]{24}$"}, "cus_{n:024x}"),
        ({"pattern": "^ab?[0-9]+$"}, "a{n}"),
        ({"pattern": "[0-9]{6}"}, "{n:06d}"),
        ({"example": "A-0042-7"}, "A-{n:04d}-7"),
        ({"examples": ["{x}12"]}, "{{x}}{n:02d}"),
    ],
)
def test_the_beginning_and_the_digits_are_taken_over(facts: dict[str, Any], pattern: str) -> None:
    assert pattern in list(id_patterns(facts))


@given(st.text(max_size=60), st.text(max_size=60) | st.none())
def test_each_is_a_pattern_with_ids_of_their_own(example: str, pattern: str | None) -> None:
    for found in id_patterns({"example": example, "pattern": pattern}):
        assert read_pattern(found, "r").fields & {"n", "uuid"}


def test_an_example_without_digits_or_of_another_type_gives_none() -> None:
    plain = list(id_patterns({}))
    assert list(id_patterns({"example": "anna", "examples": [7]})) == plain
    assert list(id_patterns({"example": "x" * 201})) == plain


@given(st.text())
def test_a_literal_stands_for_itself(text: str) -> None:
    assert read_pattern(literal(text), "r").compile(0)(1) == text
    assert re.fullmatch(r"(?:\{\{|\}\}|[^{}])*", literal(text), re.DOTALL)

"""A text that a plain regular expression allows is found; for any other there is none, soon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.schema.ecma_pattern import EcmaPattern
from sessionload.contract.schema.pattern_sample import text_like


@pytest.mark.parametrize(
    ("pattern", "shortest", "longest", "text"),
    [
        ("^[0-9]{4}$", 1, None, "0000"),
        ("^cus_[a-f0-9]{6}$", 1, None, "cus_000000"),
        ("^[A-Z]{3}$", 1, 3, "AAA"),
        ("^ab*[a-z]$", 1, None, "as"),
        ("[a-z]+", 5, 8, "sssss"),
        ("^p[0-9]+$", 1, 1, None),
        ("^[0-9]{3}-[0-9]{3}$", 1, None, None),
        ("^(a+)+\\1b$", 1, None, None),
        ("(", 1, None, None),
        ("^$", 1, None, None),
    ],
)
def test_a_text_is_found_where_the_expression_is_plain(
    pattern: str, shortest: int, longest: int | None, text: str | None
) -> None:
    assert text_like(pattern, shortest, longest) == text


@given(st.text(max_size=12), st.integers(0, 9), st.integers(0, 9) | st.none())
def test_what_is_found_fits(pattern: str, shortest: int, longest: int | None) -> None:
    text = text_like(pattern, shortest, longest)
    if text is not None:
        assert EcmaPattern(pattern).matches(text)
        assert shortest <= len(text)
        assert longest is None or len(text) <= longest

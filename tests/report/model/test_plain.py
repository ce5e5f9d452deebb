"""Text of other people, made fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.model.plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcode, 会", "plain text, ünïcode, 会"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b"),
        ("\u202egnp", "\\u202egnp"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ud800", "\\ud800"),
        ("\ufffe", "\\ufffe"),
        ("\U000e0001", "\\U000e0001"),
        ("", ""),
    ],
)
def test_unsafe_characters_are_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_long_text_is_cut_with_a_mark() -> None:
    assert plain("abcdef", 3) == "abc…"
    assert plain("abc", 3) == "abc"


@given(st.text(st.characters()))
def test_what_is_plain_can_be_written_and_obeyed_by_no_terminal(text: str) -> None:
    shown = plain(text)
    shown.encode()
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}

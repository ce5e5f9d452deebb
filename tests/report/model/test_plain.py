"""Text of other people, made fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.model.plain import fill, plain, width


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


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("会話", 4), ("e\u0301", 1), ("", 0)])
def test_width_is_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("ab cdefgh", 3, ["ab", "cde", "fgh"]),
        ("会話会話", 5, ["会話", "会話"]),
        ("会", 2, ["会"]),
        ("", 5, [""]),
    ],
)
def test_text_is_broken_between_words_or_where_it_must(text: str, columns: int, lines: list[str]) -> None:
    assert fill(text, columns) == lines


def test_lines_are_indented() -> None:
    assert fill("one two three", 8, first="- ", rest="  ") == ["- one", "  two", "  three"]


@given(st.text(st.characters(codec="utf-8")), st.integers(4, 40))
def test_no_line_is_wider_and_no_word_is_lost(text: str, columns: int) -> None:
    lines = fill(plain(text), columns, first="> ", rest="  ")
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(line[2:].split()) for line in lines) == "".join(plain(text).split())

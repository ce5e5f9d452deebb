"""Plain text in the columns of a terminal: lines and tables that keep to a width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.model.plain import plain
from sessionload.report.model.text_layout import cut, fill, padded, table, width


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


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("会話", 4, "会話"),
        ("会話会", 4, "会…"),
        ("e\u0301x", 2, "e\u0301x"),
    ],
)
def test_a_text_that_is_too_long_is_cut_with_a_mark(text: str, columns: int, shown: str) -> None:
    assert cut(text, columns) == shown
    assert width(padded(cut(text, columns), columns)) == columns


ROWS = (("", "target", "measured"), ("MET", "p95 < 2s", "63.4 ms"), ("MISSED", "会話 == 0", "1"))


def test_cells_begin_at_the_left_or_end_at_the_right() -> None:
    assert list(table(ROWS, 80, left={0, 1})) == [
        "          target     measured",
        "  MET     p95 < 2s    63.4 ms",
        "  MISSED  会話 == 0         1",
    ]


def test_a_note_stands_below_its_row_from_the_second_column_on() -> None:
    lines = list(table(ROWS, 30, left={0, 1}, notes=("", "in the window from 3 s to 4 s", "")))
    assert lines == [
        "          target     measured",
        "  MET     p95 < 2s    63.4 ms",
        "          in the window from 3",
        "          s to 4 s",
        "  MISSED  会話 == 0         1",
    ]


def test_the_widest_cells_are_broken_between_words_where_there_is_no_room() -> None:
    rows = (("ok", "12", "a valid session of a user"), ("timeout", "3", "too late"))
    assert list(table(rows, 32, left={0, 2})) == [
        "  ok       12  a valid session",
        "               of a user",
        "  timeout   3  too late",
    ]


def test_a_number_that_is_broken_still_ends_at_the_right() -> None:
    rows = (("error_rate", "-0.14 to +0.14 points", "no"),)
    assert list(table(rows, 32)) == [
        "  error_rate  -0.14 to +0.14  no",
        "                      points",
    ]


def test_words_are_cut_only_where_breaking_between_them_is_not_enough() -> None:
    rows = (("a", "x" * 30, "two words"),)
    assert list(table(rows, 24)) == [
        "  a  xxxxxxxxx       two",
        "     xxxxxxxxx     words",
        "     xxxxxxxxx",
        "           xxx",
    ]


def test_a_column_without_text_takes_no_room() -> None:
    rows = (("", "metric", "", "base"), ("", "p50", "", "37 ms"))
    assert list(table(rows, 80, left={0, 1}, notes=("", "of both"))) == [
        "  metric   base",
        "  p50     37 ms",
        "  of both",
    ]


def test_a_table_without_rows_has_no_lines() -> None:
    assert list(table([], 80)) == []


@given(
    st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=60)] * 4), min_size=1, max_size=5),
    st.integers(44, 120),
)
def test_a_table_keeps_to_its_width_and_loses_no_character(rows: list[tuple[str, ...]], columns: int) -> None:
    shown = [tuple(map(plain, row)) for row in rows]
    lines = list(table(shown, columns))
    assert all(width(line) <= columns for line in lines)
    characters = sorted("".join("".join(lines).split()))
    assert characters == sorted("".join("".join(cell for row in shown for cell in row).split()))


def test_a_table_without_room_keeps_its_narrowest_columns() -> None:
    assert list(table([("a", "one two")], 3)) == ["  a  one two"]

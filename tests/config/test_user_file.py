"""User IDs from the lines of a file, and what is wrong with a file, named by its line."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.user_file import UserFile, user_ids_of
from sessionload.errors import InputError, Place

LONG = "x" * 131_073
ID = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


def ids_in(text: str, column: str | None = None, separator: str = ",") -> list[str]:
    file = UserFile("users.csv", column, Place("scenario.yaml", 4, 7), separator)
    return list(user_ids_of(StringIO(text, newline=None if column is None else ""), file))


def refusal(text: str, column: str | None = "id", separator: str = ",") -> InputError:
    with pytest.raises(InputError) as caught:
        ids_in(text, column, separator)
    assert caught.value.hint
    assert caught.value.place is not None
    assert caught.value.place.file == "users.csv"
    return caught.value


@given(st.lists(ID, min_size=1), st.sampled_from(",;|\t"))
def test_what_a_csv_writer_writes_is_read_as_it_was(user_ids: list[str], separator: str) -> None:
    written = StringIO(newline="")
    writer = csv.writer(written, delimiter=separator)
    writer.writerows([("plan", "id"), *(("a, b; c", user_id) for user_id in user_ids)])
    assert ids_in(written.getvalue(), "id", separator) == user_ids


def test_lines_are_ids_whatever_is_in_them() -> None:
    assert ids_in('a,"b\r\n c d \n') == ['a,"b', " c d "]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('id\nann\n"bob\ncy\ndan\n', 3, "a quote is opened in this line and never closed"),
        ('id\nann\n"bob', 3, "a quote is opened in this line and never closed"),
        ('note,id\n"two\nlines","bob\ncy\n', 3, "a quote is opened in this line and never closed"),
        ('note,id\n"a ""b""\nc","bob\ncy\n', 3, "a quote is opened in this line and never closed"),
        ('"id\nann\n', 1, "a quote is opened in this line and never closed"),
        (f'id\nann\n"bob\n{LONG}\n', 3, "a quote is opened in this line and not closed within 131,072"),
        (f"id\nann\n{LONG}\n", 3, "a field in this line has more than 131,072 characters"),
        (f'id,note\nann,"two\nlines"\nbob,{LONG}\n', 4, "a field in this line has more than 131,072"),
        (f'id,note\nann,"two\nlines"\n"bob",{LONG}\n', 4, "a field in this line has more than 131,072"),
        ('id\n"a"b\n', 2, "this is not CSV"),
        ('id,note\n1,"two\nlines"x\n', 3, "this is not CSV"),
    ],
)
def test_broken_csv_is_refused_with_the_line_to_look_at(text: str, line: int, reason: str) -> None:
    error = refusal(text)
    assert error.code == "bad-csv"
    assert reason in error.message
    assert error.place == Place("users.csv", line)
    assert "bob" not in str(error)


def test_a_field_of_131072_characters_is_read() -> None:
    assert ids_in(f"id\n{LONG[1:]}\n", "id") == [LONG[1:]]


@pytest.mark.parametrize(
    ("header", "separator", "hint"),
    [
        ("plan;id", ",", "add separator: ';'"),
        ("plan\tid", ",", 'add separator: "\\t"'),
        ("plan|id", ";", "add separator: '|'"),
        ("plan,id", ";", "add separator: ','"),
        ("plan;ids", ",", "known here: plan;ids"),
        ("plan,ids", ",", "did you mean 'ids'?"),
    ],
)
def test_another_separator_is_proposed_where_it_would_help(header: str, separator: str, hint: str) -> None:
    error = refusal(f"{header}\nfree;ann\n", "id", separator)
    assert (error.code, error.hint) == ("no-such-column", hint)


@pytest.mark.parametrize(
    ("text", "column", "code", "line"),
    [
        ("", None, "no-user-ids", 1),
        ("id\n", "id", "no-user-ids", 1),
        ("ann\n\n", None, "empty-user-id", 2),
        ("plan,id\nfree,ann\nfree\n", "id", "empty-user-id", 3),
    ],
)
def test_a_file_without_an_id_where_one_must_be_is_refused(
    text: str, column: str | None, code: str, line: int
) -> None:
    error = refusal(text, column)
    assert (error.code, error.place) == (code, Place("users.csv", line))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("id\nann\nbob\n", "add column: id;"),
        ("email,plan\nann@x.example,free\n", "add column: email;"),
        ('"User ID";plan\nann;free\n', "add column: User ID;"),
        ("plan\tuser_id\nfree\tann\n", "add column: user_id;"),
        ("User-Name", "add column: User-Name;"),
    ],
)
def test_a_first_line_that_reads_like_a_header_is_a_question(text: str, hint: str) -> None:
    error = refusal(text, None)
    assert (error.code, error.place) == ("csv-header", Place("users.csv", 1))
    assert hint in error.hint
    assert error.message.endswith("it is taken for a user ID")


@pytest.mark.parametrize(
    "text", ["ann\nid\n", "id-7\nid-8\n", "user 1,x\n", "plan,tier\nfree,a\n", "ann,bob\n", "id,5\n"]
)
def test_a_first_line_that_could_be_an_id_is_one(text: str) -> None:
    assert ids_in(text) == text.splitlines()

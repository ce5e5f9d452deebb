"""Errors carry their parts, and say them in one order."""

from __future__ import annotations

import pytest

from sessionload.errors import (
    InputError,
    Place,
    PreflightError,
    ResultError,
    SessionloadError,
    ValueProblem,
    nearest,
    quoted,
)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("launch.yaml"), "launch.yaml"),
        (Place("launch.yaml", 12), "launch.yaml:12"),
        (Place("launch.yaml", 12, 3), "launch.yaml:12:3"),
        (Place("command line", column=7), "command line:7"),
    ],
)
def test_a_place_shows_what_is_known_of_it(place: Place, text: str) -> None:
    assert str(place) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("no-run", "there is no run here"), "there is no run here [no-run]"),
        (
            InputError("no-run", "there is no run here", hint="name its folder"),
            "there is no run here; name its folder [no-run]",
        ),
        (
            InputError("bad-unit", "'30' has no unit", place=Place("a.yaml", 3, 9)),
            "a.yaml:3:9: '30' has no unit [bad-unit]",
        ),
        (
            InputError("bad-unit", "'30' has no unit", place=Place("a.yaml", 3), hint="write 30s"),
            "a.yaml:3: '30' has no unit; write 30s [bad-unit]",
        ),
    ],
)
def test_an_error_is_place_then_message_then_hint_then_code(error: SessionloadError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [(SessionloadError, 2), (InputError, 2), (PreflightError, 4), (ResultError, 5)],
)
def test_the_class_of_an_error_fixes_the_exit_code(kind: type[SessionloadError], exit_code: int) -> None:
    error = kind("code", "message", place=Place("file"), hint="hint")
    assert error.exit_code == exit_code
    assert (error.code, error.message, error.place, error.hint) == ("code", "message", Place("file"), "hint")
    assert error.args == ("message",)


def test_a_problem_with_a_value_keeps_message_and_cure_apart() -> None:
    problem = ValueProblem("'p95: write me' is not a metric", "did you mean 'p95'?")
    assert (problem.message, problem.cure) == ("'p95: write me' is not a metric", "did you mean 'p95'?")
    assert str(problem) == "'p95: write me' is not a metric; did you mean 'p95'?"
    assert str(ValueProblem("it needs 0 < p50 <= p99")) == "it needs 0 < p50 <= p99"
    assert isinstance(problem, ValueError)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("p95", "'p95'"), ("a\nb", r"'a\nb'"), ("it's", '"it\'s"'), ("9" * 41, f"'{'9' * 40}'...")],
)
def test_a_text_of_somebody_is_quoted_on_one_line_and_cut(text: str, shown: str) -> None:
    assert quoted(text) == shown


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("durration", "did you mean 'duration'?"),
        ("rate", "did you mean 'rate'?"),
        ("RATE", "did you mean 'rate'?"),
        ("", "known here: duration, name, rate"),
        ("xylophone", "known here: duration, name, rate"),
    ],
)
def test_the_nearest_word_is_named_or_else_all_of_them(word: str, hint: str) -> None:
    assert nearest(word, ["rate", "name", "duration"]) == hint

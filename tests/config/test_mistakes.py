"""The mistakes of a file are told at once, in its order, each with its line underlined, and no key in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.environment import Environment
from sessionload.config.excerpt import excerpt
from sessionload.config.mistakes import Mistakes
from sessionload.config.read import lines_shown, read_document
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place, SeveralInputError

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """\
name: two words
environment: staging   # not VF.DM.0123456789abcdef.canary
users:
  id: "user-{run}-{n}"
  unique: maybe
load:
  arrivals: poison
  stages:
    - {name: warm-up, rate: 20, duration: 30s}
    - {name: peak, ramp_to: 200/s, duration: 10, warm_up: true}
    - {name: peak, duration: 10m}
  timeout: 10
  vus: 100
targets:
  - p95 < 400
  - {expr: errors < 1%, window: 30s}
seed: -1
"""


def mistakes_of(text: str) -> tuple[InputError, ...]:
    document = parse(text.encode(), "x.yaml")
    with pytest.raises(InputError) as caught, lines_shown(document):
        Scenario.check(document)
    return caught.value.each


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    told = mistakes_of(WRONG)
    assert [(error.code, error.place.line if error.place else 0) for error in told] == [
        ("bad-name", 1),
        ("bad-type", 5),
        ("bad-choice", 7),
        ("bad-rate", 9),
        ("bad-duration", 10),
        ("unknown-key", 10),
        ("bad-duration", 12),
        ("unknown-key", 13),
        ("bad-target", 15),
        ("bad-target", 16),
        ("out-of-range", 17),
    ]
    assert all(error.excerpt for error in told)


def test_ten_are_shown_and_the_others_counted() -> None:
    document = parse(WRONG.encode(), "x.yaml")
    with pytest.raises(SeveralInputError) as caught, lines_shown(document):
        Scenario.check(document)
    text = caught.value.told
    assert text.count("error: ") == 10
    assert text.endswith("\n11 mistakes, of which 1 are not shown")
    assert "\n" not in str(caught.value)
    assert (caught.value.code, caught.value.place) == ("bad-name", Place("x.yaml", 1, 7))
    assert (
        "error: x.yaml:9:29: load.stages[0].rate: '20' has no unit; did you mean 20/s? [bad-rate]\n"
        "  9 |     - {name: warm-up, rate: 20, duration: 30s}\n"
        "    |                             ^^\n"
    ) in text


def test_a_single_mistake_is_itself() -> None:
    text = """\
name: x
seed: 1
users: {id: "{n}"}
load: {stages: [{rate: 5/s, duration: 1s}]}
targets: [p95]
"""
    (error,) = mistakes_of(text)
    assert not isinstance(error, SeveralInputError)
    assert error.told.startswith("error: x.yaml:5:11: ")
    assert error.told.endswith("  5 | targets: [p95]\n    |           ^^^")


def test_a_slip_of_a_key_is_one_mistake() -> None:
    text = WRONG.replace("load:", "laod:").replace("targets:", "target:")
    codes = [error.code for error in mistakes_of(text)]
    assert codes == ["bad-name", "bad-type", "unknown-key", "unknown-key", "out-of-range"]


def test_what_follows_from_a_mistake_is_no_further_one() -> None:
    """The second stage goes on from a stage whose rate nobody knows; no window is held against it."""
    text = """\
name: x
users: {id: "{n}"}
load: {stages: [{rate: 5, duration: 1s}, {duration: 1s}]}
targets: [{expr: p95 < 1s, window: 1h}]
"""
    assert [error.code for error in mistakes_of(text)] == ["bad-rate"]


def test_the_mistakes_of_all_environments_are_told() -> None:
    text = "a b: {embedded: true}\nstaging: {ur: https://runtime.example, max_rate: ${MOST}}\n".replace(
        "${MOST}", '"${MOST}"'
    )
    document = parse(text.encode(), "e.yaml")
    with pytest.raises(InputError) as caught, lines_shown(document, careful=True):
        Environment.check(document, "staging", {})
    assert [error.code for error in caught.value.each] == ["bad-name", "unknown-key", "bad-reference"]
    assert "runtime.example" not in caught.value.told
    assert '  2 | staging: {ur: ·····:·················, max_rate: "${MOST}"}' in caught.value.told


@pytest.mark.parametrize(
    "line",
    [
        "api_key: hunter2hunter2",
        "api_key: sk-live-AbCdEf0123456789",
        "headers: {X-Key: correcthorse, Y: 0123456789}",
        "project: 5f1b2c3d4e5f6a7b8c9d0e1f",
        "url: https://user:secret@runtime.example",
    ],
)
def test_no_value_of_an_environment_is_shown(line: str) -> None:
    shown = excerpt(line, Place("e.yaml", 1, 1), careful=True)
    for word in ("hunter", "live", "AbCd", "0123456789", "correct", "5f1b", "secret", "example"):
        assert word not in shown


@pytest.mark.parametrize("code", ["literal-key", "bad-key"])
def test_a_line_with_a_key_is_never_shown(code: str, tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("staging: {api_key: word}\n")
    document = read_document(path)
    with pytest.raises(InputError) as caught, lines_shown(document):
        raise InputError(code, "a key", place=Place(str(path), 1, 20))
    assert not caught.value.excerpt
    assert not excerpt("x: VF.DM.0123456789abcdef.canary", Place("x", 1, 1))


def test_a_file_that_is_no_yaml_shows_its_line_too(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\nid: {n: a: b}\n")
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert caught.value.excerpt.splitlines()[0].startswith("  ")


def test_a_mistake_elsewhere_has_no_line() -> None:
    document = parse(b"name: x", "x.yaml")
    for place in (None, Place("--set seed"), Place("other.yaml", 1, 1), Place("x.yaml", 7, 1)):
        with pytest.raises(InputError) as caught, lines_shown(document):
            raise InputError("bad-type", "no", place=place)
        assert not caught.value.excerpt


@pytest.mark.parametrize(
    ("line", "column", "marked"),
    [
        ('id: "a: b" # c', 5, '"a: b"'),
        ("id: 'open", 5, "'open"),
        ("a: {b: 1, c: 2}", 4, "{b: 1, c: 2}"),
        ("a: {b: 1", 4, "{"),
        ("a: [b, c]", 4, "[b, c]"),
        ("a: {b: p95 < 4ms, c: 2}", 8, "p95 < 4ms"),
        ("- p95 < 4ms  # why", 3, "p95 < 4ms"),
        ("key: value", 1, "key"),
        ("- a", 9, ""),
    ],
)
def test_what_is_wrong_is_underlined(line: str, column: int, marked: str) -> None:
    _, marks = excerpt(line, Place("x", 1, column)).splitlines()
    assert marks == "    | " + " " * (column - 1) + "^" * max(1, len(marked))


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "a: [" + "one, " * 40 + "rate: 20]"
    text, marks = excerpt(line, Place("x", 1, line.index("20") + 1)).splitlines()
    assert len(text) < 90
    assert text[marks.index("^") : marks.index("^") + 2] == "20"


@given(st.text(st.characters(codec="utf-8"), max_size=120), st.integers(1, 130))
def test_any_line_can_be_shown(line: str, column: int) -> None:
    shown = excerpt(line, Place("x", 1, column))
    assert shown == "" or shown.count("\n") == 1


def test_only_mistakes_in_the_input_are_caught() -> None:
    mistakes = Mistakes()
    mistakes.end()
    with pytest.raises(ZeroDivisionError), mistakes:
        _ = 1 / 0

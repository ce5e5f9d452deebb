"""Words of other tools are answered by one line that says what to write here, and that can be written."""

from __future__ import annotations

import re

import pytest

from sessionload.config.environment import Environment
from sessionload.config.node import Node
from sessionload.config.other_tools import WORDS, Word, lesson_of, parse_written_target
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, ValueProblem
from sessionload.verdict.targets import parse_target

SCENARIO = """\
name: from-elsewhere
users: {id: "user-{run}-{n}"}
load: {stages: [{rate: 20/s, duration: 30s}]}
targets: [p95 < 400ms]
"""
KEYS = [row for row in WORDS if not row.metric]
METRICS = [row for row in WORDS if row.metric]


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        Scenario.check(parse(text.encode(), "x.yaml"))
    return caught.value


@pytest.mark.parametrize("row", KEYS, ids=lambda row: f"{row.tool}-{row.word}")
def test_a_key_of_another_tool_gets_its_lesson(row: Word) -> None:
    inside = refused(SCENARIO.replace("{rate:", f"{{{row.word}: 5, rate:"))
    assert inside.code == "unknown-key"
    assert inside.hint == row.lesson
    assert len(row.lesson) < 180
    at_the_top = refused(SCENARIO.replace("users:", f"{row.word}: 5\nusers:", 1))
    if row.word == "users":
        assert at_the_top.code == "yaml-duplicate-key"
    elif row.inside:
        assert at_the_top.hint == "did you mean 'targets'?"
    else:
        assert at_the_top.hint == row.lesson


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.word)
def test_a_metric_of_another_tool_gets_its_lesson(row: Word) -> None:
    error = refused(SCENARIO.replace("p95 < 400ms", f"{row.word} < 1%"))
    assert (error.code, error.hint) == ("bad-target", row.lesson)
    with pytest.raises(ValueProblem, match=re.escape(row.lesson)):
        parse_written_target(f"answered.{row.word} < 1%")


def test_a_target_of_ours_is_parsed_and_its_own_mistakes_keep_their_cure() -> None:
    assert parse_written_target("p95 < 400ms") == parse_target("p95 < 400ms")
    with pytest.raises(ValueProblem, match="did you mean 400ms"):
        parse_written_target("p95 < 400")


@pytest.mark.parametrize("written", ["arrival_rate", "arrivalRate", "arrival-rate", "ArrivalRate"])
def test_a_word_is_known_in_any_spelling(written: str) -> None:
    assert lesson_of(written, "load.stages[0]").startswith("Artillery's arrivalRate is")


def test_a_number_of_users_is_told_that_it_is_no_input() -> None:
    error = refused(SCENARIO.replace('{id: "user-{run}-{n}"}', "100"))
    assert error.code == "bad-type"
    assert "people: 50, every: 3s" in error.hint


def test_an_environment_too_knows_the_words() -> None:
    text = "staging: {base_url: 'https://runtime.example', project: p}"
    with pytest.raises(InputError) as caught:
        Environment.check(parse(text.encode(), "e.yaml"), "staging", {})
    assert caught.value.hint.endswith("url: https://general-runtime.voiceflow.com")


def test_what_is_no_such_word_has_no_lesson() -> None:
    assert not lesson_of("unheard", "the file")
    node = Node.top(parse(b"stages: 1", "x.yaml"))
    with pytest.raises(InputError) as caught:
        node.mapping(("stage",))
    assert caught.value.hint == "did you mean 'stage'?"


def test_about_thirty_words_of_five_tools_are_known_and_none_twice() -> None:
    words = [row.word for row in WORDS]
    assert len(words) == len(set(words)) >= 30
    assert {row.tool for row in WORDS} >= {"k6", "Locust", "Artillery", "Gatling", "JMeter"}


@pytest.mark.parametrize(
    "written", sorted({part for row in WORDS for part in re.findall(r"\{rate: [^}]+\}", row.here)})
)
def test_a_stage_that_a_lesson_shows_is_one(written: str) -> None:
    checked = Scenario.check(
        parse(SCENARIO.replace("{rate: 20/s, duration: 30s}", written).encode(), "x.yaml")
    )
    assert checked.schedule.planned()


@pytest.mark.parametrize(
    "written", sorted({part for row in WORDS for part in re.findall(r"\w+ (?:<|==|>=) [\w%]+", row.here)})
)
def test_a_target_that_a_lesson_shows_is_one(written: str) -> None:
    assert parse_target(written).expr == written

"""The turns of a scenario: values, defaults, guards, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.guard import guard, most_turns, still_to_confirm
from sessionload.config.scenario import Scenario
from sessionload.config.turns import parse_think
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, ValueProblem
from sessionload.units import NS

HEAD = """\
name: talks
users: {id: "user-{n}", RETURNING}
load: {stages: [{name: peak, rate: 20/s, duration: 30s}]}
targets: [TARGETS]
"""
FULL = 'turns: {share: 12.5%, say: [launch, "hello"], mode: whole, think: 1s..2s, timeout: 5s, max_open: 9}'
SHORT = "turns: {share: 10%, say: [launch, hello, bye]}"


def scenario(turns: str, targets: str = "p95 < 400ms", returning: str = "unique: true") -> Scenario:
    text = HEAD.replace("TARGETS", targets).replace("RETURNING", returning) + turns + "\n"
    return Scenario.check(parse(text.encode(), "x.yaml"))


def test_a_scenario_is_taken_at_its_word() -> None:
    turns = scenario(FULL).turns
    assert turns is not None
    assert (turns.share, turns.say, turns.mode) == (Fraction(1, 8), ("launch", "hello"), "whole")
    assert (turns.think_ns, turns.timeout_ns, turns.max_open) == ((NS, 2 * NS), 5 * NS, 9)
    assert not turns.streams


def test_a_short_one_has_the_usual_values() -> None:
    """20/s x 10 % conversations, each of at most 3 x 30 s and 2 x 8 s."""
    turns = scenario(SHORT).turns
    assert turns is not None
    assert (turns.mode, turns.think_ns, turns.timeout_ns) == ("stream", (2 * NS, 8 * NS), 30 * NS)
    assert turns.max_open == 2 * (90 + 16)


@pytest.mark.parametrize("written", [FULL, SHORT, ""])
def test_what_is_resolved_says_the_same_again(written: str) -> None:
    first = scenario(written)
    again = Scenario.check(Document(first.resolved, "again", {}))
    assert again.turns == first.turns
    assert again.resolved == first.resolved
    assert ("turns" in first.resolved) == bool(written)


def test_thinking_is_one_time_or_two() -> None:
    assert parse_think("5s") == (5 * NS, 5 * NS)
    assert parse_think("0s .. 5m") == (0, 300 * NS)
    for text, message in (("8s..2s", "before it begins"), ("1s..6m", "longer than 5m"), ("2..8", "unit")):
        with pytest.raises(ValueProblem, match=message):
            parse_think(text)


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ("turns: 10%", "bad-type"),
        ("turns: {say: [launch]}", "missing-key"),
        ("turns: {share: 10%}", "missing-key"),
        ("turns: {share: 0%, say: [launch]}", "out-of-range"),
        ("turns: {share: 0.125%, say: [launch]}", "bad-share"),
        ("turns: {share: 10%, say: []}", "out-of-range"),
        ("turns: {share: 10%, say: [7]}", "bad-type"),
        ("turns: {share: 10%, say: launch}", "bad-type"),
        ("turns: {share: 10%, say: [launch], mode: chunks}", "bad-choice"),
        ("turns: {share: 10%, say: [launch], think: soon}", "bad-duration"),
        ("turns: {share: 10%, say: [launch], timeout: 6m}", "out-of-range"),
        ("turns: {share: 10%, say: [launch], max_open: 0}", "out-of-range"),
        ("turns: {share: 10%, say: [launch], says: 1}", "unknown-key"),
    ],
)
def test_what_cannot_be_is_refused(turns: str, code: str) -> None:
    with pytest.raises(InputError) as error:
        scenario(turns)
    assert error.value.code == code


def test_mistakes_of_load_and_turns_are_told_together() -> None:
    text = HEAD.replace("20/s", "20").replace("RETURNING", "unique: true").replace("TARGETS", "p95 < 1s")
    with pytest.raises(InputError) as error:
        Scenario.check(parse(f"{text}turns: {{share: 0%, say: [launch]}}".encode(), "x.yaml"))
    assert [each.code for each in error.value.each] == ["bad-rate", "out-of-range"]
    with pytest.raises(InputError) as error:
        Scenario.check(parse(f"{text}{SHORT}".encode(), "x.yaml"))
    assert error.value.code == "bad-rate"


@pytest.mark.parametrize(
    ("turns", "target", "message"),
    [
        ("", "turn.p95 < 1s", "no arrival of this scenario takes any"),
        (FULL, "turn.first_event.p95 < 1s", "answered as a whole"),
        (FULL, "turn.end_event.p95 < 1s", "answered as a whole"),
    ],
)
def test_a_target_without_any_sample_is_refused(turns: str, target: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        scenario(turns, target)


def test_targets_on_turns_are_taken_where_there_are_some() -> None:
    targets = "p95 < 1s, turn.first_event.p95 < 1s, turn.error_rate < 1%, turn.dead_keys == 0"
    assert len(scenario(SHORT, targets).targets) == 4


def environment(**more: object) -> Environment:
    return Environment.check(Document({"here": {"embedded": True, **more}}, "e.yaml", {}), "here", {})


def code_of(
    written: Scenario, here: Environment, confirmed: str | None = None, *, with_interact: bool = False
) -> str:
    try:
        guard(written, here, confirmed, with_interact=with_interact)
    except InputError as error:
        return error.code
    return ""


def test_max_turns_bounds_a_run() -> None:
    """600 arrivals, of which 60 take 3 turns."""
    assert most_turns(scenario(SHORT)) == 180
    assert most_turns(scenario("")) == 0
    assert code_of(scenario(SHORT), environment(max_turns=180)) == ""
    assert code_of(scenario(SHORT), environment(max_turns=179)) == "too-many-turns"
    assert code_of(scenario(""), environment(max_turns=1)) == ""


def test_who_returns_may_take_a_turn_with_an_earlier_key() -> None:
    returning = scenario(SHORT, returning="returning: {share: 20%, pool: 5}")
    assert most_turns(returning) == 240


def test_a_protected_environment_wants_turns_confirmed_too() -> None:
    protected = environment(protected=True)
    assert code_of(scenario(SHORT), protected) == "not-confirmed"
    assert code_of(scenario(SHORT), protected, "here") == "turns-not-confirmed"
    assert code_of(scenario(SHORT), protected, "here", with_interact=True) == ""
    assert code_of(scenario(""), protected, "here") == ""
    assert code_of(scenario(""), protected, "here", with_interact=True) == "option-without-meaning"


def test_a_plan_needs_no_confirmation_and_a_wrong_one_is_refused() -> None:
    protected = environment(protected=True)
    guard(scenario(SHORT), protected, sends=False)
    with pytest.raises(InputError, match="protected"):
        guard(scenario(SHORT), protected, "there", sends=False)
    assert still_to_confirm(scenario(SHORT), protected) == "--confirm here --with-interact"
    assert still_to_confirm(scenario(""), protected) == "--confirm here"
    assert still_to_confirm(scenario(SHORT), environment()) == ""
    assert code_of(scenario(SHORT), environment(), with_interact=True) == ""

"""Turns as a person runs them: the real command, the real stub, and nothing of a session key on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from world import SCENARIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]

TURNS = 'turns: {{share: 50%, say: [launch, "hello", "hours?"], think: 10ms..20ms, timeout: 10s}}\n'
TARGETS = "turn.error_rate <= 0%"


def test_a_third_turn_of_two_seconds_whose_first_event_takes_300_ms(world: World, agrees: Agrees) -> None:
    """Ten of twenty arrivals converse; the bounds allow 50 ms, and what a busy machine takes."""
    stub = world.stub("turn_gaps 300ms,1700ms on 3")
    scenario = world.scenario("40/s", "500ms", target=TARGETS, text=SCENARIO + TURNS)
    ended = world.run("run", scenario)
    assert ended.code == 0, ended.err
    turns = ended.result["turns"]
    assert (turns["planned"], turns["conversations"], turns["sent"], turns["lost"]) == (30, 10, 30, 0)
    assert turns["outcomes"]["ok"] == stub.ledger()["turns"] == 30
    third = turns["by_turn"][2]
    assert third["latency_ms"]["first_event"]["p50"] == pytest.approx(300, abs=50)
    assert third["latency_ms"]["response"]["p50"] == pytest.approx(2_000, abs=50)
    assert sum(opened - closed for _, opened, closed in turns["open"]) == 0
    agrees(stub, ended.result)
    again = world.run("report", str(ended.folder))
    assert again.code == 0, again.err


@pytest.mark.long
def test_a_protected_environment_wants_both_confirmations(world: World) -> None:
    world.stub()
    scenario = world.scenario("4/s", "500ms", target=TARGETS, text=SCENARIO + TURNS)
    guarded = ("run", scenario, "--environment", "guarded")
    for options, code in (
        ((), "not-confirmed"),
        (("--with-interact",), "not-confirmed"),
        (("--confirm", "guarded"), "turns-not-confirmed"),
    ):
        ended = world.run(*guarded, *options)
        assert ended.code == 2
        assert code in ended.err
    assert world.run(*guarded, "--confirm", "guarded", "--with-interact").code == 0


@pytest.mark.long
def test_workers_of_a_run_converse_too(world: World, agrees: Agrees) -> None:
    stub = world.stub()
    scenario = world.scenario("40/s", "2s", target=TARGETS, text=SCENARIO + TURNS)
    ended = world.run("run", scenario, "--workers", "2")
    assert ended.code == 0, ended.err
    turns = ended.result["turns"]
    assert turns["outcomes"]["ok"] == turns["planned"] == stub.ledger()["turns"] == 120
    agrees(stub, ended.result)


@pytest.mark.long
@pytest.mark.minutes
def test_ten_thousand_starts_of_which_a_tenth_take_three_turns(world: World, agrees: Agrees) -> None:
    """20 conversations begin in a second, each with two times of thinking of 2 s to 8 s: 200 at once."""
    stub = world.stub()
    text = SCENARIO + TURNS.replace("50%", "10%").replace("10ms..20ms", "2s..8s")
    started = world.start("run", world.scenario("200/s", "50s", target=TARGETS, text=text))
    ended = world.end(started, within=180)
    assert ended.code == 0, ended.err
    turns = ended.result["turns"]
    assert ended.result["arrivals"]["sent"] == 10_000
    assert (turns["planned"], turns["conversations"], turns["sent"]) == (3_000, 1_000, 3_000)
    assert turns["outcomes"]["ok"] == stub.ledger()["turns"] == 3_000
    assert [row["outcomes"]["ok"] for row in turns["by_turn"]] == [1_000] * 3
    level, levels = 0, {}
    for second, opened, closed in turns["open"]:
        level += opened - closed
        levels[second] = level
    assert level == 0
    middle = [levels[second] for second in range(20, 49)]
    assert abs(sum(middle) / len(middle) - 200) < 20
    agrees(stub, ended.result)

"""The grammar of faults of turns, and which turns they mean."""

from __future__ import annotations

import pytest

from sessionload.errors import ValueProblem
from sessionload.stub.faults import FaultScript, ScriptedFault
from sessionload.stub.turn_faults import ScriptedTurnFault, TurnAction, TurnFault, turn_action


def actions(*lines: str, turns: int = 4) -> list[TurnAction]:
    script = FaultScript.parse(lines)
    assert not script.faults
    return [turn_action(script.turns, number) for number in range(1, turns + 1)]


@pytest.mark.parametrize("kind", sorted(set(TurnFault) - {"slow_turn", "turn_gaps", "turn_status"}))
def test_most_need_nothing_but_a_time(kind: str) -> None:
    fault = ScriptedFault.parse(f"{kind} on 3")
    assert isinstance(fault, ScriptedTurnFault)
    assert (fault.kind, fault.argument, fault.gaps) == (kind, "", ())


def test_turns_are_known_by_their_number_in_their_session() -> None:
    kinds = [action.kind for action in actions("no_end on 3", "dead_key every 2")]
    assert kinds == [None, TurnFault.DEAD_KEY, TurnFault.NO_END, TurnFault.DEAD_KEY]
    assert [action.kind for action in actions("cut_turn always", turns=2)] == [TurnFault.CUT_TURN] * 2


def test_what_takes_time_joins_with_another_fault() -> None:
    assert actions("slow_turn 2s on 3", "turn_gaps 300ms, 1s always", "no_end on 3", "slow_turn 9s always")[
        2
    ] == (TurnAction(TurnFault.NO_END, "", 2.0, (0.3, 1.0)))
    assert actions("turn_gaps 1ms on 1", "turn_gaps 2ms always", turns=2) == [
        TurnAction(gaps=(0.001,)),
        TurnAction(gaps=(0.002,)),
    ]


def test_the_first_of_several_applies() -> None:
    assert actions("turn_status 503 on 1", "dead_key always", turns=2) == [
        TurnAction(TurnFault.TURN_STATUS, "503"),
        TurnAction(TurnFault.DEAD_KEY),
    ]


def test_faults_of_both_kinds_stand_in_one_script() -> None:
    script = FaultScript.parse(["status 503 every 10", "no_end always", "grants_empty always"])
    assert (len(script.faults), len(script.turns), len(script.defects)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no_end", "does not say when"),
        ("no_end if granted", "known by its number"),
        ("no_end from 1s for 2s", "known by its number"),
        ("no_end 5 on 2", "takes nothing before its time"),
        ("slow_turn on 2", "does not say how long"),
        ("slow_turn soon on 2", "soon"),
        ("turn_gaps always", "does not say how long"),
        ("turn_gaps " + "1ms," * 100 + "1ms always", "does not say how long"),
        ("turn_status on 2", "no status of three digits"),
        ("turn_status 100 on 2", "no status of three digits"),
        ("dead_keys always", "not a fault"),
    ],
)
def test_what_cannot_be_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValueProblem, match=message):
        ScriptedFault.parse(line)

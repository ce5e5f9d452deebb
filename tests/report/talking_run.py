"""A run whose users converse: each tenth arrival takes three turns, the third of which takes 2 s.

A first event comes after 300 ms and a little. Of some conversations the second turn ends early or finds a
dead key; one has no turn that was sent, and one arrival got no key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sessionload.metrics.exchange import Failure
from sessionload.metrics.turn_exchange import TurnExchange, TurnOutcome
from sessionload.metrics.turn_recorder import TurnRecorder
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.verdict import judge
from sessionload.workload.schedule import Schedule

if TYPE_CHECKING:
    from sessionload.verdict.result import Result
    from sessionload.verdict.targets import Target

MS = 1_000_000
SAID = ("launch", "hello | <b>you</b>", "what are your hours?")
TURNS = {
    "share": "10%",
    "say": list(SAID),
    "mode": "stream",
    "think": "2s..5s",
    "timeout": "30s",
    "max_open": 80,
}
BROKEN = {
    TurnOutcome.ENDED_EARLY: Failure(
        "turn/ended_early", "the stream was over before its end event", "data: {"
    ),
    TurnOutcome.DEAD_KEY: Failure("turn/dead_key", "401 to a key that no later start had ended"),
}


def _turns(recorder: TurnRecorder, number: int, stage: int, due_ns: int) -> None:
    recorder.counts.conversations += 1
    recorder.opened(due_ns)
    for turn, took in enumerate((400 * MS, 500 * MS, 2 * NS), 1):
        outcome = TurnOutcome.OK
        if turn == 2 and number % 300 == 150:
            outcome = TurnOutcome.ENDED_EARLY
        if turn == 2 and number == 1200:
            outcome = TurnOutcome.DEAD_KEY
        is_good = outcome is TurnOutcome.OK
        recorder.counts.sent += 1
        recorder.done(
            stage,
            TurnExchange(
                number,
                turn,
                due_ns,
                due_ns + 50_000,
                due_ns + took,
                outcome,
                status=200 if outcome is not TurnOutcome.DEAD_KEY else 401,
                failure=BROKEN.get(outcome),
                first_event_ns=due_ns + 300 * MS + number % 70 * MS if is_good else None,
                end_event_ns=due_ns + took if is_good else None,
            ),
        )
        due_ns += took
        if not is_good:
            for left in range(turn + 1, 4):
                recorder.skipped(stage, due_ns, left)
            break
        due_ns += (2 + number // 10 % 4) * NS
    recorder.closed(due_ns)


def talking(quiet: Result, *targets: Target, **asked: Any) -> Result:  # noqa: ANN401
    """Return the run `quiet` with turns, judged by `targets` too; `asked` changes its `turns`."""
    recorder = TurnRecorder()
    for number, due_ns, stage in Schedule(quiet.stages).stripe():
        if number % 10 == 0:
            start_ns = due_ns + 60 * MS
            if number == 1510:
                recorder.counts.keyless += 1
            elif number == 1500:
                recorder.counts.conversations += 1
                for turn in (1, 2, 3):
                    recorder.unsent(stage, start_ns, turn)
            else:
                _turns(recorder, number, stage, start_ns)
    recorder.counts.connections_opened = 4
    recorder.counts.earlier_keys_tried = 12
    measurement = replace(quiet.measurement, turns=recorder.flush().packed())
    known = {target.expr for target in targets}
    every = (
        *targets,
        *(target for target in quiet.targets if target.expr not in known),
    )
    evidence = Evidence(measurement, quiet.stages, quiet.planned, 0, targets=every, script=len(SAID))
    return replace(
        quiet,
        scenario={
            **quiet.scenario,
            "turns": {**TURNS, **asked},
            "targets": [target.expr for target in every],
        },
        measurement=measurement,
        verdict=judge(evidence),
        planned_turns=3 * -(-quiet.planned // 10),
    )

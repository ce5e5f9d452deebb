"""Turns in a verdict and a result: targets, doubts, the section, and that it is read as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from sessionload.errors import InputError
from sessionload.metrics.exchange import Failure
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.turn_exchange import TurnExchange, TurnOutcome
from sessionload.metrics.turn_recorder import TurnRecorder
from sessionload.units import NS
from sessionload.verdict.evidence import Limits
from sessionload.verdict.finalize import finalize_result, judged_result
from sessionload.verdict.merge import merge_results
from sessionload.verdict.result import Result, before_the_run
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

MS = 1_000_000
STAGES = (
    Stage("warm-up", Fraction(1), Fraction(1), 2 * NS, warmup=True),
    Stage("peak", Fraction(1), Fraction(1), 8 * NS),
)


def header(*targets: str, turns: bool = True, run_id: str = "r1") -> RunHeader:
    scenario: dict[str, Any] = {"name": "talks", "targets": list(targets), "users": {"id": "{n}"}}
    if turns:
        scenario["turns"] = {"say": ["launch", "hello", "bye"], "max_open": 5}
    return RunHeader(
        run=Run(run_id, "2026-01-02T03:04:05Z", 0.0, 7, "0.1.0"),
        scenario=scenario,
        environment={"name": "stub", "url": "embedded stub", "project": "none", "environment": "main"},
        contract={
            "file": "x.yaml",
            "operation": "startSession",
            "sha256": "0a" * 32,
            "method": "POST",
            "path": "/x",
            "header": "authorization",
        },
        stages=STAGES,
        planned=10,
        planned_by_second=dict.fromkeys(range(10), 1),
        planned_by_stage=(2, 8),
        planned_turns=30 if turns else 0,
    )


class Talk:
    """Ten arrivals, each of which converses: three turns of 20 ms, but where it is said otherwise."""

    def __init__(self, arrivals: Recorder) -> None:
        self.arrivals = arrivals
        self.recorder = TurnRecorder()
        arrivals.sent(2, second=0, stage=0)
        arrivals.sent(8, second=2, stage=1)

    def turn(
        self,
        number: int,
        took_ms: int = 20,
        outcome: TurnOutcome = TurnOutcome.OK,
        *,
        lag_ms: int = 0,
        stage: int = 1,
        failure: Failure | None = None,
        first_ms: int | None = 5,
    ) -> None:
        due_ns = 3 * NS
        self.recorder.counts.sent += 1
        exchange = TurnExchange(
            number,
            number,
            due_ns,
            due_ns + lag_ms * MS,
            due_ns + took_ms * MS,
            outcome,
            status=200,
            failure=failure,
            first_event_ns=None if first_ms is None else due_ns + first_ms * MS,
            end_event_ns=due_ns + took_ms * MS,
        )
        self.recorder.done(stage, exchange)

    def conversation(self, *, stage: int = 1) -> None:
        self.recorder.counts.conversations += 1
        self.recorder.opened(3 * NS)
        for number in (1, 2, 3):
            self.turn(number, stage=stage)
        self.recorder.closed(4 * NS)

    def measured(self) -> Measurement:
        self.arrivals.measurement.turns = self.recorder.flush().packed()
        return self.arrivals.measurement

    def judged(self, *targets: str, **more: Any) -> Result:  # noqa: ANN401
        of = header(*targets)
        return judged_result(of, of.run, self.measured(), lost=0, **more)


@pytest.fixture
def talk(run: Recorder) -> Talk:
    return Talk(run)


def state_of(result: Result, expr: str) -> State:
    return next(target.state for target in result.verdict.targets if target.expr == expr)


def again(result: Result) -> Result:
    return Result.from_json(json.loads(json.dumps(result.to_json())))


def test_targets_are_judged_over_the_turns_of_measured_stages(talk: Talk) -> None:
    talk.conversation()
    talk.recorder.counts.conversations += 1
    talk.turn(1, 5_000, stage=0)  # of a warm-up arrival
    talk.turn(2, 5_000, stage=0)
    talk.turn(3, 5_000, stage=0)
    result = talk.judged(
        "turn.p95 < 21ms", "turn.max < 19ms", "turn.first_event.p95 < 6ms", "turn.error_rate <= 0%"
    )
    assert state_of(result, "turn.p95 < 21ms") is State.MET
    assert state_of(result, "turn.max < 19ms") is State.MISSED
    assert state_of(result, "turn.first_event.p95 < 6ms") is State.MET
    assert state_of(result, "turn.error_rate <= 0%") is State.MET
    always = next(
        target for target in result.verdict.targets if target.expr == "turn.contract_violations == 0"
    )
    assert (always.state, always.samples, always.note) == (State.MET, 3, "always judged")


def test_turns_that_did_not_end_well_rank_last(talk: Talk) -> None:
    talk.conversation()
    talk.recorder.counts.conversations += 1
    talk.turn(1, 1, TurnOutcome.DEAD_KEY)
    talk.recorder.skipped(1, 3 * NS, 2)
    talk.recorder.unsent(1, 3 * NS, 3)
    result = talk.judged(
        "turn.p95 < 1s",
        "turn.error_rate < 41%",
        "turn.dead_keys == 1",
        "turn.unsent == 1",
        "turn.timeouts == 0",
    )
    assert state_of(result, "turn.p95 < 1s") is State.MISSED
    assert state_of(result, "turn.error_rate < 41%") is State.MET  # 2 of the 5 that became due
    assert state_of(result, "turn.dead_keys == 1") is State.MET
    assert state_of(result, "turn.unsent == 1") is State.MET
    assert state_of(result, "turn.timeouts == 0") is State.MET


def test_a_target_over_no_turn_is_void(talk: Talk) -> None:
    result = talk.judged("turn.p95 < 1s")
    assert state_of(result, "turn.p95 < 1s") is State.VOID
    assert state_of(result, "turn.contract_violations == 0") is State.VOID


def test_a_run_without_turns_has_no_word_of_them(run: Recorder) -> None:
    run.sent(10, second=3, stage=1)
    of = header("p95 < 1s", turns=False)
    result = judged_result(of, of.run, run.measurement, lost=0)
    assert result.turns is None
    assert "turns" not in result.to_json()
    assert [target.expr for target in result.verdict.targets] == ["p95 < 1s", "contract_violations == 0"]


@pytest.mark.parametrize(
    ("target", "took_ms", "outcome", "lag_ms", "state"),
    [
        ("turn.p95 < 30ms", 40, TurnOutcome.OK, 15, State.VOID),
        ("turn.p95 < 30ms", 60, TurnOutcome.OK, 15, State.MISSED),
        ("turn.p95 < 30ms", 40, TurnOutcome.OK, 0, State.MISSED),
        ("turn.p95 > 50ms", 40, TurnOutcome.OK, 15, State.MISSED),
        ("turn.p95 < 30ms", 1, TurnOutcome.TIMEOUT, 15, State.MISSED),
        ("turn.error_rate < 1%", 1, TurnOutcome.TIMEOUT, 15, State.VOID),
        ("turn.timeouts == 0", 1, TurnOutcome.TIMEOUT, 15, State.VOID),
        ("turn.timeouts == 0", 1, TurnOutcome.TIMEOUT, 5, State.MISSED),
        ("turn.dead_keys == 0", 1, TurnOutcome.DEAD_KEY, 15, State.MISSED),
    ],
)
def test_our_own_lag_is_never_the_servers_miss(
    talk: Talk, target: str, took_ms: int, outcome: TurnOutcome, lag_ms: int, state: State
) -> None:
    """A turn that took 40 ms after a lag of 15 ms may have taken 25 ms; a pause may cause a timeout."""
    talk.recorder.counts.conversations += 1
    for number in (1, 2, 3):
        talk.turn(number, took_ms, outcome, lag_ms=lag_ms)
    assert state_of(talk.judged(target), target) is state


def test_the_section_is_read_as_it_was_written(talk: Talk) -> None:
    talk.conversation()
    talk.conversation(stage=0)
    talk.recorder.counts.conversations += 1
    talk.recorder.counts.earlier_keys_tried = 2
    talk.recorder.counts.keyless = 1
    talk.turn(
        1,
        30,
        TurnOutcome.ENDED_EARLY,
        failure=Failure("turn/ended_early", "it ended early", "x"),
        first_ms=None,
    )
    talk.recorder.skipped(1, 3 * NS, 2)
    talk.recorder.unsent(1, 3 * NS, 3)
    result = talk.judged("turn.p95 < 1s")
    data = result.to_json()["turns"]
    assert (data["planned"], data["conversations"], data["keyless"]) == (30, 3, 1)
    assert (data["sent"], data["unsent"], data["skipped"], data["lost"]) == (7, 1, 1, 0)
    assert data["earlier_keys"] == {"tried": 2, "accepted": 0}
    assert data["outcomes"]["ok"] == 6
    assert data["outcomes"]["ended_early"] == 1
    assert [(row["turn"], row["sent"], row["unsent"], row["skipped"]) for row in data["by_turn"]] == [
        (1, 2, 0, 0),
        (2, 1, 0, 1),
        (3, 1, 1, 0),
    ]
    assert data["latency_ms"]["first_event"]["count"] == 3
    assert data["open"] == [[3, 2, 0], [4, 0, 2]]
    read = again(result)
    assert read.to_json() == result.to_json()
    section = read.turns
    assert section is not None
    assert section.closes
    assert section.open_by_second() == {3: 2, 4: 0}
    assert {second: part.sent for second, part in section.by_second().items()} == {3: 7}
    assert (
        "conversations 3 x turns 3 = sent 7 + unsent 1 + skipped 1 + lost 0; sent 7 = ok 6"
        in section.sentence
    )


def test_the_section_fits_the_schema(talk: Talk) -> None:
    talk.conversation()
    talk.turn(1, 30, TurnOutcome.ENDED_EARLY, failure=Failure("turn/ended_early", "it ended early", "x"))
    text = resources.files("sessionload.verdict").joinpath("result.schema.json").read_text(encoding="utf-8")
    data = json.loads(json.dumps(talk.judged("turn.p95 < 1s").to_json()))
    assert [error.message for error in Draft202012Validator(json.loads(text)).iter_errors(data)] == []


def test_the_header_of_a_run_knows_what_is_planned() -> None:
    read = again(before_the_run(header()))
    assert read.planned_turns == 30
    assert read.turns is not None
    assert read.turns.closes


def tampered(result: Result, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    data = json.loads(json.dumps(result.to_json()))
    data["turns"] |= changes
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unsent": 5}, "totals of its turns"),
        ({"lost": 5}, "totals of its turns"),
        ({"outcomes": {"ok": 5}}, "outcomes of its turns"),
        ({"slices": []}, "of its turns"),
        ({"sent": -1}, "turns.sent"),
    ],
)
def test_a_section_that_contradicts_itself_is_refused(
    talk: Talk, changes: dict[str, Any], message: str
) -> None:
    talk.conversation()
    with pytest.raises(InputError, match=message):
        Result.from_json(tampered(talk.judged("turn.p95 < 1s"), **changes))


def test_turns_that_the_scenario_has_not_are_refused(talk: Talk) -> None:
    talk.conversation()
    result = talk.judged("p95 < 1s")
    data = tampered(result)
    del data["scenario"]["turns"]
    with pytest.raises(InputError, match="turns that its scenario has not"):
        Result.from_json(data)
    for name, value, message in (("stage", 2, "scenario has not"), ("turn", 4, "not in its script")):
        data = tampered(result)
        data["turns"]["slices"][0][name] = value
        with pytest.raises(InputError, match=message):
            Result.from_json(data)


def reasons(result: Result) -> str:
    return "; ".join(result.verdict.reasons)


def test_turns_that_are_lost_make_a_run_void(talk: Talk) -> None:
    talk.conversation()
    talk.recorder.counts.conversations += 1
    result = talk.judged("turn.p95 < 1s")
    assert "3 turns are lost: the generator ended before" in reasons(result)
    assert result.turns is not None
    assert result.turns.lost == 3
    tolerant = replace(header(), scenario={**header().scenario, "load": {"max_lost": "60%"}})
    assert tolerant.limits == Limits(lost_share=Fraction(3, 5))
    assert "lost" not in reasons(judged_result(tolerant, tolerant.run, talk.arrivals.measurement, lost=0))


def test_one_turn_that_is_lost_above_what_is_tolerated(talk: Talk) -> None:
    talk.recorder.counts.conversations += 1
    talk.turn(1)
    talk.turn(2)
    little = replace(header(), scenario={**header().scenario, "load": {"max_lost": "1%"}})
    assert "1 turn is lost, more than max_lost 1 %" in reasons(
        judged_result(little, little.run, talk.measured(), lost=0)
    )


def test_turns_that_do_not_add_up_make_a_run_void(talk: Talk) -> None:
    talk.conversation()
    talk.recorder.counts.sent += 1
    assert "turns do not add up: conversations 1 x turns 3 = sent 3" in reasons(talk.judged())
    talk.conversation()
    talk.turn(1)
    result = talk.judged()
    assert "3 ≠ sent 4" in reasons(result)


@pytest.mark.parametrize(("cut", "words"), [(1, "1 turn was cut"), (2, "2 turns were cut")])
def test_turns_that_were_cut_make_a_run_void(talk: Talk, cut: int, words: str) -> None:
    talk.recorder.counts.conversations += cut
    for _ in range(cut):
        talk.turn(1, outcome=TurnOutcome.ABORTED)
        talk.recorder.skipped(1, NS, 2)
        talk.recorder.skipped(1, NS, 3)
    assert words in reasons(talk.judged())


def test_late_turns_make_a_run_void(talk: Talk) -> None:
    talk.recorder.counts.conversations += 1
    for number in (1, 2, 3):
        talk.turn(number, 50, lag_ms=20)
    assert "generator lag p99 of turns 20 ms is above max_lag 10 ms" in reasons(talk.judged())


@pytest.mark.parametrize(("count", "words"), [(1, "(once)"), (3, "(3 times)")])
def test_a_fault_of_the_generator_makes_a_run_void(talk: Talk, count: int, words: str) -> None:
    talk.recorder.counts.conversations += count
    for _ in range(count):
        talk.turn(
            1, outcome=TurnOutcome.CONNECTION_ERROR, failure=Failure("generator/ports", "no port is left")
        )
        talk.recorder.skipped(1, NS, 2)
        talk.recorder.skipped(1, NS, 3)
    assert f"no port is left in turns {words}" in reasons(talk.judged())


def test_what_was_under_way_when_a_generator_died_is_lost(talk: Talk) -> None:
    """Its turns were counted when they were sent, and nobody knows how they ended."""
    talk.conversation()
    talk.recorder.counts.conversations += 1
    talk.recorder.counts.sent += 1
    result = finalize_result(header(), RunTotals(talk.measured()))
    assert result.turns is not None
    assert (result.turns.lost, result.turns.closes) == (3, True)
    quiet = finalize_result(header(turns=False), RunTotals(Measurement()))
    assert quiet.turns is None


def test_runs_that_were_one_load_are_merged(talk: Talk) -> None:
    talk.conversation()
    one = talk.judged("turn.p95 < 1s")
    other = replace(one, run=replace(one.run, id="r2"))
    merged = merge_results({"a": one, "b": other}, run_id="m", version="0.1.0")
    assert merged.turns is not None
    assert (merged.turns.planned, merged.turns.expected, merged.turns.closes) == (60, 6, True)
    said = replace(other, scenario={**other.scenario, "turns": {"say": ["launch"]}})
    with pytest.raises(InputError, match="say in turns"):
        merge_results({"a": one, "b": said}, run_id="m", version="0.1.0")


def test_an_earlier_key_that_was_accepted_is_a_violation(talk: Talk) -> None:
    talk.conversation()
    talk.recorder.counts.earlier_keys_tried = 4
    talk.recorder.counts.earlier_keys_accepted = 1
    result = talk.judged("turn.contract_violations < 20%", "turn.error_rate <= 0%")
    shown = {
        target.expr: (target.state, target.measured, target.samples) for target in result.verdict.targets
    }
    assert shown["turn.contract_violations < 20%"] == (State.MET, "14.29 %", 7)
    assert shown["turn.error_rate <= 0%"][0] is State.MET


def test_a_metric_of_turns_says_so() -> None:
    metric = parse_target("turn.first_event.p99.9 <= 1s").metric
    assert (metric.of_turns, metric.view, metric.share) == (True, "turn.first_event", Fraction(999, 1000))
    assert parse_target("turn.p95 < 1s").metric.view == "turn.response"
    assert not parse_target("p95 < 1s").metric.of_turns

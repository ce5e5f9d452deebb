"""Arrivals that are lost: where they were due, and what they make of a verdict."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.slices import Slice
from sessionload.metrics.stage_sums import over
from sessionload.metrics.worker_events import WorkDealt, WorkerLoss, WorkerSeen
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.lost_arrivals import schedule_of
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.workload.recording import Recording
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.verdict.conftest import Recorder

    from sessionload.metrics.measurement import Measurement

MS = 1_000_000
WHY = "the generator ended before it could account for them"
STAGES = (
    Stage("first", Fraction(10), Fraction(10), 5 * NS // 2),
    Stage("second", Fraction(20), Fraction(20), 5 * NS // 2),
)


def header(arrivals: str = "even", max_lost: str = "0%", seed: int = 3) -> RunHeader:
    schedule = Schedule(STAGES, arrivals=arrivals, seed=seed)
    return RunHeader(
        run=Run("r", "2026-01-02T03:04:05Z", 0.0, seed, "0.1.0"),
        scenario={
            "load": {"arrivals": arrivals, "max_lost": max_lost},
            "targets": ["p50 < 400ms", "error_rate < 50%"],
        },
        environment={"name": "stub", "url": "http://127.0.0.1:1", "project": "p", "environment": "main"},
        contract={
            "file": "openapi.yaml",
            "operation": "startSession",
            "sha256": "ab" * 32,
            "method": "POST",
            "path": "/session",
            "header": "authorization",
        },
        stages=STAGES,
        planned=schedule.planned(),
        planned_by_second=schedule.planned_by_second(),
    )


def deltas(of: RunHeader, kept: Iterable[int], *, workers: int = 2) -> RunTotals:
    """Totals of workers that report the arrivals in `kept`; worker 0 ends well, the others are lost."""
    schedule = schedule_of(of)
    assert schedule is not None
    totals = RunTotals()
    totals.workers = workers
    wanted = set(kept)
    for worker in range(workers):
        recorder = MeasurementRecorder()
        for arrival in schedule.stripe(worker, workers):
            if arrival.index in wanted:
                sent_ns = arrival.due_ns
                recorder.record_sent(sent_ns)
                done = Exchange(arrival.index, sent_ns, sent_ns, sent_ns + MS, Outcome.OK, 0, 201)
                recorder.record_done(arrival.stage, done)
        measured = recorder.raw().packed()
        totals.add(Delta(worker, 0, 5 * NS, 0, 0, 5 * NS, measured, last=worker == 0))
        if worker:
            totals.add(WorkerLoss(worker, 3 * NS, 4 * NS))
    return totals


def test_gamma_arrivals_and_bursts_are_planned_again_from_a_result() -> None:
    of = header("poisson")
    stages = (*STAGES, Stage.burst("doors", 30, 100 * MS))
    planned = Schedule(stages, arrivals="gamma", seed=3, shape=Fraction("0.3"))
    load = {"arrivals": {"gamma": 0.3}}
    again = schedule_of(replace(of, scenario={"load": load}, stages=stages, planned=planned.planned()))
    assert again is not None
    assert list(again.stripe()) == list(planned.stripe())
    assert schedule_of(replace(of, scenario={"load": {"arrivals": {"gamma": "many"}}})) is None


@pytest.mark.parametrize("warmup_ns", [0, NS // 2])
@pytest.mark.parametrize("by_stage", [True, False])
def test_recorded_arrivals_are_lost_in_the_second_in_which_they_came(warmup_ns: int, by_stage: bool) -> None:  # noqa: FBT001
    came = array("q", [0, NS // 4, NS // 2, NS // 2, 3 * NS])
    schedule = Recording("came.csv", came, warmup_ns=warmup_ns)
    if warmup_ns and not by_stage:
        return  # every result says how many are planned in each stage
    of = replace(
        header(),
        scenario={"load": {"arrivals": {"file": "came.csv"}}},
        stages=schedule.stages,
        planned=schedule.planned(),
        planned_by_second=schedule.planned_by_second(),
        planned_by_stage=schedule.planned_by_stage() if by_stage else None,
    )
    totals = RunTotals()
    totals.workers = 2
    measured = MeasurementRecorder().raw().packed()
    totals.add(Delta(0, 0, 5 * NS, 0, 0, 5 * NS, measured, last=True))
    totals.add(WorkerLoss(1, NS, 2 * NS))
    result = finalize_result(of, totals)
    assert result.lost == 5
    lost = {place: part.lost for place, part in totals.measurement.slices.items()}
    here = {(0, 0): 2, (1, 0): 2, (1, 3): 1} if warmup_ns else {(0, 0): 4, (0, 3): 1}
    assert lost == here
    again = Result.from_json(result.to_json())
    assert again.stages == schedule.stages


def test_a_stage_of_a_recording_in_which_nobody_came_has_lost_nobody() -> None:
    """All came after the warm-up."""
    of = replace(
        header(),
        scenario={"load": {"arrivals": {"file": "came.csv"}}},
        stages=Recording("came.csv", array("q", [2 * NS, 3 * NS]), warmup_ns=NS).stages,
        planned=2,
        planned_by_second={2: 1, 3: 1},
        planned_by_stage=(0, 2),
    )
    totals = RunTotals()
    totals.workers = 2
    totals.add(Delta(0, 0, 5 * NS, 0, 0, 5 * NS, MeasurementRecorder().raw().packed(), last=True))
    totals.add(WorkerLoss(1, NS, 2 * NS))
    lost = {place: part.lost for place, part in finalize_result(of, totals).measurement.slices.items()}
    assert lost == {(1, 2): 1, (1, 3): 1}


@given(st.sets(st.integers(0, 75)), st.sampled_from(["even", "poisson"]), st.integers(0, 5))
def test_what_is_missing_is_lost_in_the_second_in_which_it_was_due(
    missing: set[int], arrivals: str, seed: int
) -> None:
    of = header(arrivals, seed=seed)
    schedule = schedule_of(of)
    assert schedule is not None
    gone = [arrival for arrival in schedule.stripe() if arrival.index in missing]
    totals = deltas(of, set(range(of.planned)) - missing)
    result = finalize_result(of, totals)
    assert (result.lost, result.placed_lost) == (len(gone), len(gone))
    assert result.accounting.closes
    lost = {place: part.lost for place, part in result.measurement.slices.items() if part.lost}
    assert sum(lost.values()) == len(gone)
    for arrival in gone:
        assert lost[arrival.stage, arrival.due_ns // NS] > 0
    assert result.measured.response.never == len(gone)
    assert finalize_result(of, totals) == result
    assert Result.from_json(result.to_json()).placed_lost == len(gone)


def test_what_a_worker_left_out_while_its_lease_had_lapsed_is_lost() -> None:
    """Both workers have sent their last delta, and two arrivals are nobody's."""
    of = header()
    totals = deltas(of, set(range(of.planned)) - {30, 31})
    for worker, delta in list(totals.latest.items()):
        totals.add(WorkerSeen(worker, "local", 0, 0))
        totals.add(WorkDealt(0, [(0, 0, 2), (1, 1, 2)]))
        if not delta.last:
            ended = Delta(worker, 1, 5 * NS, 0, 0, 5 * NS, MeasurementRecorder().raw().packed(), last=True)
            totals.add(ended)
    assert totals.complete()
    result = finalize_result(of, totals)
    assert (result.lost, result.placed_lost) == (2, 2)
    assert result.accounting.closes
    assert result.verdict.state is State.VOID


def test_what_was_due_after_a_killed_run_settled_is_in_no_slice() -> None:
    of = header()
    totals = RunTotals()
    recorder = MeasurementRecorder()
    recorder.record_sent(0)
    recorder.record_done(0, Exchange(0, 0, 0, MS, Outcome.OK, 0, 201))
    totals.add(Delta(0, 0, 2 * NS, 0, 0, 2 * NS, recorder.raw().packed()))
    result = finalize_result(of, totals, interrupted="killed")
    assert (result.lost, result.placed_lost) == (74, 19)
    assert (result.verdict.state, result.accounting.closes) == (State.VOID, True)


@pytest.mark.parametrize(
    ("max_lost", "state", "reasons"),
    [
        ("0%", State.VOID, ("1 arrival is lost: " + WHY,)),
        (
            "1.3%",
            State.VOID,
            ("1 arrival is lost, more than max_lost 1.3 %: " + WHY,),
        ),
        ("1.4%", State.MET, ()),
    ],
)
def test_a_run_may_lose_what_its_scenario_allows(
    max_lost: str, state: State, reasons: tuple[str, ...]
) -> None:
    of = header(max_lost=max_lost)
    result = finalize_result(of, deltas(of, set(range(75)) - {31}))
    assert (result.verdict.state, result.verdict.reasons) == (state, reasons)


def test_arrivals_that_are_lost_nobody_knows_when_are_never_allowed() -> None:
    of = header(max_lost="50%")
    merged = replace(of, planned=80)
    assert schedule_of(merged) is None
    result = finalize_result(merged, deltas(of, range(75)))
    assert (result.lost, result.placed_lost, result.verdict.state) == (5, 0, State.VOID)
    assert result.verdict.reasons == ("5 arrivals are lost, and nobody knows when they were due",)


@pytest.mark.parametrize("load", [{"arrivals": "tidal"}, {"arrivals": 7}, {"arrivals": None}])
def test_a_plan_that_cannot_be_read_places_nothing(load: dict[str, object]) -> None:
    of = header()
    assert schedule_of(replace(of, scenario={"load": load})) is None
    assert schedule_of(replace(of, scenario={})) is not None


def judged(run: Recorder, expr: str, window_s: int = 0) -> JudgedTarget:
    target = parse_target(expr, window_ns=window_s * NS or None)
    stages = (Stage("only", Fraction(10), Fraction(10), 10 * NS),)
    lost = over(run.measurement).lost
    limits = Limits(lost_share=Fraction(1, 2))
    evidence = Evidence(run.measurement, stages, run.planned + lost, lost, targets=(target,), limits=limits)
    return judge(evidence).targets[0]


def lose(measurement: Measurement, count: int, second: int = 0) -> None:
    measurement.add_slices([((0, second), Slice(lost=count))])


@pytest.mark.parametrize(
    ("expr", "state", "measured"),
    [
        ("p50 < 400ms", State.MET, "20 ms"),
        ("p95 < 400ms", State.VOID, "never"),
        ("p95 < 10ms", State.MISSED, "never"),
        ("max < 400ms", State.VOID, "never"),
        ("mean < 400ms", State.VOID, "never"),
        ("mean > 400ms", State.VOID, "never"),
        ("min > 400ms", State.MISSED, "20 ms"),
        ("p95 > 400ms", State.VOID, "never"),
        ("p50 > 400ms", State.MISSED, "20 ms"),
        ("answered.p95 < 400ms", State.MET, "20 ms"),
        ("error_rate < 5%", State.VOID, "10 %"),
        ("error_rate > 20%", State.MISSED, "10 %"),
        ("achieved_rate > 95%", State.VOID, "90 %"),
        ("achieved_rate < 50%", State.MISSED, "90 %"),
        ("timeouts == 0", State.MET, "0"),
        ("timeouts < 1%", State.MET, "0 %"),
    ],
)
def test_lost_arrivals_keep_no_bound_and_are_no_miss_of_the_server(
    run: Recorder, expr: str, state: State, measured: str
) -> None:
    """90 of 100 take 20 ms, and nobody knows what became of the others."""
    run.sent(90)
    lose(run.measurement, 10)
    target = judged(run, expr)
    assert (target.state, target.measured) == (state, measured)
    if state is State.VOID:
        assert target.note == "missed only with the 10 lost arrivals"


def test_a_response_that_nobody_had_may_have_been_anything(run: Recorder) -> None:
    lose(run.measurement, 3)
    target = judged(run, "min > 1ms")
    assert (target.state, target.note) == (State.VOID, "missed only with the 3 lost arrivals")


def test_with_lag_too_both_are_named(run: Recorder) -> None:
    run.sent(80)
    run.sent(10, lag_ms=500)
    lose(run.measurement, 1)
    target = judged(run, "p95 < 400ms")
    assert target.state is State.VOID
    assert target.note == (
        "missed only with the arrival that was lost and the generator's own lag of up to 500 ms at 0 s"
    )


def test_a_window_with_lost_arrivals_says_so(run: Recorder) -> None:
    for second in range(10):
        run.sent(10, second=second)
    lose(run.measurement, 2, second=4)
    target = judged(run, "p95 < 400ms", window_s=1)
    assert (target.state, target.window) == (State.VOID, "4 s to 5 s")
    assert target.note == "worst of 10 windows of 1 s; missed only with the 2 lost arrivals"

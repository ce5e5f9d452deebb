"""Met, missed or void, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.findings import Finding
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, Verdict, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

STAGES = (Stage("only", Fraction(10), Fraction(10), 10 * NS),)
ALWAYS = "contract_violations == 0"


def evidence(run: Recorder, *targets: str, stages: tuple[Stage, ...] = STAGES) -> Evidence:
    return Evidence(
        measurement=run.measurement,
        stages=stages,
        planned=run.planned,
        lost=0,
        targets=tuple(parse_target(expr) for expr in targets),
    )


def states(verdict: Verdict) -> dict[str, State]:
    return {target.expr: target.state for target in verdict.targets}


def test_a_run_that_keeps_its_targets_is_met(run: Recorder) -> None:
    run.sent(100)
    verdict = judge(evidence(run, "p95 < 400ms", "error_rate < 0.1%"))
    assert verdict == Verdict(
        State.MET,
        (
            JudgedTarget("p95 < 400ms", State.MET, "20 ms", "400ms", "380 ms below", 100),
            JudgedTarget("error_rate < 0.1%", State.MET, "0 %", "0.1%", "0.1 points below", 100),
            JudgedTarget(ALWAYS, State.MET, "0", "0", "exactly", 100, "always judged"),
        ),
        (),
    )


def test_one_missed_target_makes_a_run_missed(run: Recorder) -> None:
    run.sent(95)
    run.sent(5, service_ms=900)
    verdict = judge(evidence(run, "p95 < 400ms", "max < 400ms"))
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()
    assert states(verdict) == {"p95 < 400ms": State.MET, "max < 400ms": State.MISSED, ALWAYS: State.MET}
    assert verdict.targets[1] == JudgedTarget(
        "max < 400ms", State.MISSED, "900 ms", "400ms", "500 ms above", 100
    )


def test_a_broken_contract_makes_a_run_missed_though_no_target_names_it(run: Recorder) -> None:
    run.sent(99)
    run.sent(1, Outcome.CONTRACT_VIOLATION)
    verdict = judge(evidence(run, "p95 < 400ms"))
    assert verdict.state is State.MISSED
    assert verdict.targets[-1] == JudgedTarget(
        ALWAYS, State.MISSED, "1", "0", "1 above", 100, "always judged"
    )


def test_a_target_that_names_the_contract_stands_in_for_the_one_that_is_always_judged(run: Recorder) -> None:
    run.sent(99)
    run.sent(1, Outcome.CONTRACT_VIOLATION)
    verdict = judge(evidence(run, "contract_violations < 2%"))
    assert verdict.state is State.MET
    assert states(verdict) == {"contract_violations < 2%": State.MET}


def test_fast_failures_do_not_flatter_a_percentile(run: Recorder) -> None:
    """10 of 100 fail in 1 ms: rank 95 is among those that never had a session."""
    run.sent(90)
    run.sent(10, Outcome.SERVER_ERROR, service_ms=1)
    verdict = judge(evidence(run, "p95 < 400ms", "answered.p95 < 400ms", "p90 < 400ms"))
    assert verdict.targets[0] == JudgedTarget("p95 < 400ms", State.MISSED, "never", "400ms", "", 100)
    assert states(verdict)["answered.p95 < 400ms"] is State.MET
    assert states(verdict)["p90 < 400ms"] is State.MET


def test_unsent_arrivals_are_never_and_no_doubt_about_the_generator(run: Recorder) -> None:
    run.sent(90)
    run.unsent(10)
    verdict = judge(evidence(run, "p95 < 400ms", "unsent == 0", "achieved_rate >= 99%"))
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()
    assert [target.measured for target in verdict.targets[:3]] == ["never", "10", "90 %"]
    assert [target.margin for target in verdict.targets[:3]] == ["", "10 above", "9 points below"]


def test_queueing_and_a_slow_server_are_no_doubt_about_the_generator(run: Recorder) -> None:
    run.sent(100, queued_ms=60_000, service_ms=9_000)
    verdict = judge(evidence(run, "p50 < 1s"))
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()
    assert verdict.targets[0].measured == "69 s"


def test_warm_up_is_not_judged(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(50, Outcome.CONTRACT_VIOLATION, second=3, stage=0, service_ms=5000, lag_ms=500)
    run.sent(100, second=12, stage=1)
    verdict = judge(evidence(run, "p99 < 400ms", "error_rate == 0%", stages=stages))
    assert verdict.state is State.MET
    assert {target.samples for target in verdict.targets} == {100}


@pytest.mark.parametrize(
    ("expr", "outcome"),
    [
        ("service.p99 < 1s", Outcome.TIMEOUT),
        ("answered.max < 1s", Outcome.CONNECTION_ERROR),
        ("contract_violations == 0", Outcome.TIMEOUT),
        ("contract_violations == 0", Outcome.SERVER_ERROR),
        ("throttled == 0", Outcome.TIMEOUT),
    ],
)
def test_a_target_without_samples_is_void_and_so_is_the_run(
    run: Recorder, expr: str, outcome: Outcome
) -> None:
    run.sent(10, outcome)
    verdict = judge(evidence(run, "contract_violations <= 100%", expr))
    assert verdict.targets[1] == JudgedTarget(
        expr, State.VOID, "no samples", expr.rsplit(" ", 1)[-1], "", 0, "no samples"
    )
    assert verdict.state is State.VOID
    assert f"'{expr}' cannot be judged: no samples" in verdict.reasons


def test_the_target_that_is_always_judged_is_void_without_an_answer(run: Recorder) -> None:
    run.sent(10, Outcome.TIMEOUT)
    verdict = judge(evidence(run))
    assert verdict.state is State.VOID
    assert verdict.targets[0].note == "no samples; always judged"


def test_a_missed_target_weighs_more_than_a_void_one(run: Recorder) -> None:
    run.sent(10, Outcome.TIMEOUT)
    verdict = judge(evidence(run, "service.p99 < 1s", "error_rate < 1%"))
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()
    assert set(states(verdict).values()) == {State.VOID, State.MISSED}


def doubtful(run: Recorder, **changes: object) -> Verdict:
    """The verdict on ten good arrivals with one thing wrong."""
    run.sent(10)
    return judge(replace(evidence(run, "p95 < 400ms"), **changes))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"lost": 2, "planned": 12},
            "2 arrivals are lost: the generator ended before it could account for them",
        ),
        (
            {"lost": 1, "planned": 11},
            "1 arrival is lost: the generator ended before it could account for them",
        ),
        (
            {"planned": 1011},
            "arrivals do not add up: planned 1,011 ≠ sent 10 + unsent 0 + lost 0",
        ),
        ({"interrupted": "SIGINT"}, "the run was interrupted (SIGINT): what it measured is not the plan"),
        (
            {"aborted_by": "p50 < 1ms"},
            "the run was ended by 'p50 < 1ms', which is no abort target of it",
        ),
        (
            {"aborted_by": "p95 < 400ms"},
            "the run was ended by 'p95 < 400ms', which is no abort target of it",
        ),
    ],
)
def test_what_makes_a_run_void(run: Recorder, changes: dict[str, object], reason: str) -> None:
    verdict = doubtful(run, **changes)
    assert verdict.state is State.VOID
    assert verdict.reasons == (reason,)
    assert states(verdict)["p95 < 400ms"] is State.MET


def test_exchanges_that_began_and_have_no_outcome_make_a_run_void(run: Recorder) -> None:
    run.measurement.sent += 1
    run.planned += 1
    verdict = doubtful(run)
    assert verdict.state is State.VOID
    assert verdict.reasons == ("outcomes do not add up: sent 11 ≠ ok 10",)


@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        (1, "1 exchange was cut: the drain ended before they did"),
        (2000, "2,000 exchanges were cut: the drain ended before they did"),
    ],
)
def test_exchanges_that_were_cut_make_a_run_void(run: Recorder, cut: int, reason: str) -> None:
    run.sent(cut, Outcome.ABORTED)
    assert doubtful(run).reasons == (reason,)


def test_exchanges_cut_by_an_interruption_are_part_of_it(run: Recorder) -> None:
    run.sent(1, Outcome.ABORTED)
    verdict = doubtful(run, interrupted="SIGTERM")
    assert verdict.reasons == ("the run was interrupted (SIGTERM): what it measured is not the plan",)


@pytest.mark.parametrize("lag_ms", [0, 9])
def test_a_little_lag_is_no_reason(run: Recorder, lag_ms: int) -> None:
    run.sent(100, lag_ms=lag_ms)
    assert judge(evidence(run)).state is State.MET


def test_lag_makes_a_run_void(run: Recorder) -> None:
    """2 of 100 lag: rank 99 is one of them."""
    run.sent(98)
    run.sent(2, lag_ms=37)
    verdict = judge(evidence(run, "p99 < 400ms"))
    assert verdict.state is State.VOID
    assert verdict.reasons == (
        ("generator lag p99 37 ms is above max_lag 10 ms; use a quieter machine or a lower rate"),
    )


def test_lag_of_one_in_a_hundred_is_no_reason(run: Recorder) -> None:
    run.sent(99)
    run.sent(1, lag_ms=37)
    assert judge(evidence(run)).state is State.MET


def test_a_busy_generator_makes_a_run_void(run: Recorder) -> None:
    run.sent(10)
    run.measurement.generator = GeneratorHealth(cpu_ns=95, wall_ns=100)
    verdict = judge(evidence(run))
    assert verdict.state is State.VOID
    assert verdict.reasons == (
        "generator processor time 95 % of a core is above max_cpu 90 %; use a faster machine or a lower rate",
    )


def test_connections_that_failed_for_want_of_our_own_means_make_a_run_void(run: Recorder) -> None:
    run.sent(10)
    message = "the generator has no local port left for a connection"
    finding = Finding("generator/ports", Outcome.CONNECTION_ERROR, message, "", 3, 7, 0, 0)
    run.measurement.findings[finding.cause] = finding
    verdict = judge(evidence(run))
    assert verdict.state is State.VOID
    assert verdict.reasons == (f"{message} (3 times): the cause is on the generator's side",)


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        (Limits(lag_p99_ns=37_000_000, cpu_share=Fraction(95, 100)), State.MET),
        (Limits(lag_p99_ns=36_000_000, cpu_share=Fraction(95, 100)), State.VOID),
        (Limits(lag_p99_ns=37_000_000, cpu_share=Fraction(94, 100)), State.VOID),
    ],
)
def test_limits_are_kept_at_their_value_and_broken_above_it(
    run: Recorder, limits: Limits, state: State
) -> None:
    run.sent(10, lag_ms=37)
    run.measurement.generator = GeneratorHealth(cpu_ns=95, wall_ns=100)
    assert judge(replace(evidence(run), limits=limits)).state is state


def test_a_run_without_measured_arrivals_is_void(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(50, second=3, stage=0)
    verdict = judge(evidence(run, "p99 < 400ms", "error_rate < 1%", stages=stages))
    assert verdict.state is State.VOID
    assert verdict.reasons == ("there are no measured arrivals: nothing was due outside warm-up stages",)
    assert set(states(verdict).values()) == {State.VOID}


def test_a_run_of_which_nothing_was_sent_is_missed_and_not_met(run: Recorder) -> None:
    run.unsent(50)
    assert judge(evidence(run, "p99 < 400ms")).state is State.MISSED


def test_nothing_at_all_is_void() -> None:
    assert judge(Evidence(Measurement(), STAGES, planned=0, lost=0)).state is State.VOID


def test_every_reason_is_given(run: Recorder) -> None:
    run.sent(1, Outcome.ABORTED, lag_ms=50)
    run.measurement.generator = GeneratorHealth(cpu_ns=100, wall_ns=100)
    run.measurement.sent += 1
    verdict = judge(replace(evidence(run), lost=3))
    assert [re.split("[:;]", reason)[0] for reason in verdict.reasons] == [
        "3 arrivals are lost",
        "arrivals do not add up",
        "outcomes do not add up",
        "1 exchange was cut",
        "generator lag p99 50 ms is above max_lag 10 ms",
        "generator processor time 100 % of a core is above max_cpu 90 %",
    ]


ABORT_TARGET = parse_target("error_rate <= 90%", window_ns=NS, abort=True)


def ended_by(run: Recorder, *targets: Target) -> Verdict:
    """The verdict on a run that the first of these targets ended."""
    return judge(replace(evidence(run), aborted_by=targets[0].expr, targets=targets))


def test_a_run_that_a_target_ended_is_missed_by_it_whatever_the_rest_says(run: Recorder) -> None:
    """The row shows the window that ended the run, and not the worse one that was never sent."""
    run.sent(100)
    run.sent(4, second=3)
    run.sent(96, Outcome.SERVER_ERROR, second=3)
    run.unsent(100, second=5)
    verdict = ended_by(run, ABORT_TARGET, parse_target("p50 < 400ms"), parse_target("throttled == 0"))
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()
    assert verdict.targets[0] == JudgedTarget(
        ABORT_TARGET.expr,
        State.MISSED,
        "96 %",
        "90%",
        "6 points above",
        100,
        "ended the run before its plan was done",
        "3 s to 4 s",
    )
    assert verdict.targets[1].note == "over the whole plan, with what was never sent"


def test_what_was_never_sent_did_not_end_a_run(run: Recorder) -> None:
    run.sent(100)
    run.unsent(100, second=1)
    verdict = ended_by(run, ABORT_TARGET)
    assert (verdict.state, verdict.targets[0].state) == (State.VOID, State.VOID)
    assert verdict.reasons == (
        "the run was ended by 'error_rate <= 90%': no window before the end of the run misses it",
    )


def test_a_run_that_the_generators_own_lag_ended_is_void_and_names_the_second(run: Recorder) -> None:
    run.sent(100)
    run.sent(4, second=3)
    run.sent(96, Outcome.TIMEOUT, second=3, lag_ms=300)
    run.sent(100, second=4)
    run.unsent(100, second=5)
    verdict = judge(
        replace(evidence(run), aborted_by=ABORT_TARGET.expr, targets=(ABORT_TARGET,), limits=Limits(10**9))
    )
    assert verdict.state is State.MISSED  # a lag of 300 ms is no pause to who allows a second
    verdict = ended_by(run, ABORT_TARGET)
    assert (verdict.state, verdict.targets[0].state) == (State.VOID, State.VOID)
    assert verdict.targets[0].window == "3 s to 4 s"
    assert verdict.reasons[-1] == (
        "the run was ended by 'error_rate <= 90%': missed only with the generator's own lag of up to"
        " 300 ms at 3 s"
    )


def test_a_count_that_ended_a_run_is_over_all_of_it(run: Recorder) -> None:
    count = parse_target("server_errors < 5", abort=True)
    run.sent(9, Outcome.SERVER_ERROR)
    assert ended_by(run, count).targets[0].note == "ended the run before its plan was done"
    assert ended_by(run, parse_target("server_errors < 50", abort=True)).targets[0].state is State.MET


def test_a_run_that_was_ended_and_interrupted_is_void(run: Recorder) -> None:
    run.sent(100)
    abort_target = parse_target("timeouts == 0", abort=True)
    made = replace(evidence(run), aborted_by=abort_target.expr, targets=(abort_target,), interrupted="SIGINT")
    assert judge(made).state is State.VOID


@pytest.mark.parametrize(
    ("burst_lag_ms", "steady_lag_ms", "helps"), [(40, 0, True), (40, 40, False), (0, 40, False)]
)
def test_the_lag_of_many_at_once_is_said_to_be_that(
    burst_lag_ms: int, steady_lag_ms: int, *, helps: bool
) -> None:
    stages = (
        Stage("before", Fraction(10), Fraction(10), 10 * NS),
        Stage("doors", Fraction(1000), Fraction(1000), NS // 5),
    )
    recorder = MeasurementRecorder()
    for stage, count, lag_ms in ((0, 100, steady_lag_ms), (1, 200, burst_lag_ms)):
        for _ in range(count):
            due_ns = stage * 10 * NS
            sent_ns = due_ns + lag_ms * 1_000_000
            recorder.record_sent(sent_ns)
            recorder.record_done(stage, Exchange(0, due_ns, sent_ns, sent_ns + 1_000_000, Outcome.OK, 0, 201))
    verdict = judge(
        Evidence(recorder.raw().packed(), stages, 300, lost=0, targets=(parse_target("p95 < 1s"),))
    )
    (reason,) = verdict.reasons
    assert reason.startswith("generator lag p99 40 ms is above max_lag 10 ms; ")
    assert ("raise load.max_lag" in reason) == helps
    if helps:
        assert "the lag of so many at once (200 arrivals in 200 ms in stage doors)" in reason

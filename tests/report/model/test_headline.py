"""The run in one sentence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import JudgedTarget, State, Verdict
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.result import Result


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        (
            "met",
            (
                "MET: 2,300 measured arrivals at up to 50/s over 50 s: p50 36.6 ms of 400 ms,"
                " 0 % without a session, none broke the contract"
            ),
        ),
        (
            "missed",
            (
                "MISSED: 23 of 2,300 measured arrivals (1 %) broke the contract;"
                " service.p99 was 2.6 s, 1.6 s above the bound of 1 s; 1 further target missed"
            ),
        ),
        (
            "void",
            (
                "VOID: 3 arrivals are lost: the generator ended before it could account for them"
                " (1 further reason)"
            ),
        ),
        (
            "interrupted",
            "VOID: interrupted (SIGINT) after 25.4 s of 60 s; 650 of 2,400 arrivals (27.08 %) were sent",
        ),
        (
            "aborted",
            (
                "MISSED: stopped after 35.3 s of 60 s: error_rate was 6.2 % in the window from 18 s to 23 s,"
                " 1.2 points above the bound of 5%; 3 further targets missed"
            ),
        ),
        (
            "never",
            "MISSED: p99 was never (bound 1 s): 12.61 % of 2,300 measured arrivals had no valid session",
        ),
        (
            "late",
            ("VOID: generator lag p99 540 ms is above max_lag 10 ms; use a quieter machine or a lower rate"),
        ),
        ("queued", "MISSED: error_rate was 2.17 %, 1.17 points above the bound of 1%"),
        ("empty", "VOID: there are no measured arrivals: nothing was due outside warm-up stages"),
    ],
)
def test_the_headline_says_the_verdict_and_why(known: dict[str, Result], name: str, headline: str) -> None:
    assert build_report_model(known[name]).headline == headline


def _judged(result: Result, *targets: JudgedTarget) -> Result:
    missed = any(target.state is State.MISSED for target in targets)
    return replace(result, verdict=Verdict(State.MISSED if missed else State.MET, targets))


def test_a_load_that_was_not_all_sent_was_only_offered(known: dict[str, Result]) -> None:
    result = _judged(known["queued"], JudgedTarget("error_rate < 3%", State.MET, "2.17 %", "3%", "", 2300))
    assert build_report_model(result).headline == (
        "MET: 2,300 measured arrivals at up to 50/s over 50 s: 2.17 % without a session"
        " (2.5 % of 2,000 in stage =cmd|'<b>peak</b>), 50 never sent, none broke the contract"
    )


def test_a_stage_that_went_worse_than_the_whole_is_named(result_with: Callable[..., Result]) -> None:
    """The figures of all arrivals must not read as if they were those of the stage with the highest rate."""
    stages = (
        Stage("hold", Fraction(200), Fraction(200), 20 * NS),
        Stage("spike", Fraction(220), Fraction(220), 1 * NS),
    )
    recorder = MeasurementRecorder()
    for number, due_ns, stage in Schedule(stages).stripe():
        recorder.record_sent(due_ns)
        outcome = Outcome.TIMEOUT if stage else Outcome.OK
        done_ns = due_ns + (10_000 if stage else 20) * 1_000_000
        recorder.record_done(stage, Exchange(number, due_ns, due_ns, done_ns, outcome, 0, None, None))
    result = result_with(
        recorder.raw().packed(), stages=stages, targets=(parse_target("p90 < 400ms"),), seconds=31.0
    )
    assert build_report_model(result).headline == (
        "MET: 4,220 measured arrivals at up to 220/s over 21 s: p90 20 ms of 400 ms,"
        " 5.21 % without a session (100 % of 220 in stage spike), none broke the contract"
    )


def test_a_share_that_is_the_same_in_every_stage_names_none(result_with: Callable[..., Result]) -> None:
    stages = (Stage("hold", Fraction(10), Fraction(10), 10 * NS),)
    recorder = MeasurementRecorder()
    for number, due_ns, stage in Schedule(stages).stripe():
        recorder.record_sent(due_ns)
        outcome = Outcome.OK if number else Outcome.TIMEOUT
        recorder.record_done(stage, Exchange(number, due_ns, due_ns, due_ns + NS, outcome, 0, None, None))
    result = result_with(
        recorder.raw().packed(), stages=stages, targets=(parse_target("p90 < 4s"),), seconds=10.0
    )
    assert "1 % without a session, none" in build_report_model(result).headline


def test_a_run_at_one_rate_names_that_rate(known: dict[str, Result]) -> None:
    warm = replace(known["met"].stages[0], warmup=True)
    ramp = replace(known["met"].stages[1], warmup=True)
    result = replace(known["met"], stages=(warm, ramp, known["met"].stages[2]))
    assert build_report_model(result).headline.startswith(
        "MET: 2,000 measured arrivals at 50/s over 40 s: p50"
    )


def test_a_window_is_no_figure_of_the_whole(known: dict[str, Result]) -> None:
    window = JudgedTarget("p95 < 400ms", State.MET, "71.2 ms", "400ms", "", 50, window="12 s to 13 s")
    whole = JudgedTarget("p99 < 400ms", State.MET, "80.5 ms", "400ms", "", 2300)
    first = build_report_model(_judged(known["met"], window)).headline
    second = build_report_model(_judged(known["met"], window, whole)).headline
    assert ": p95 71.2 ms of 400 ms in the worst window, 0 % without" in first
    assert ": p99 80.5 ms of 400 ms, 0 % without" in second


@pytest.mark.parametrize(
    ("targets", "aborted_by", "headline"),
    [
        (
            [JudgedTarget("contract_violations < 1%", State.MISSED, "1 %", "1%", "at the bound", 2300)],
            None,
            "MISSED: 23 of 2,300 measured arrivals (1 %) broke the contract (bound < 1%)",
        ),
        (
            [JudgedTarget("contract_violations < 9", State.MISSED, "23", "9", "14 above", 2300)],
            "contract_violations < 9",
            (
                "MISSED: 23 of 2,300 measured arrivals (1 %) broke the contract (bound < 9);"
                " stopped after 60.2 s of 60 s by 'contract_violations < 9'"
            ),
        ),
        (
            [
                JudgedTarget("p50 < 10ms", State.MISSED, "36 ms", "10ms", "26 ms above", 2300),
                JudgedTarget("contract_violations == 0", State.MISSED, "23", "0", "23 above", 2300),
                JudgedTarget("timeouts < 5", State.MISSED, "7", "5", "2 above", 2300),
            ],
            "timeouts < 5",
            (
                "MISSED: 23 of 2,300 measured arrivals (1 %) broke the contract;"
                " stopped after 60.2 s of 60 s: timeouts was 7, 2 above the bound of 5;"
                " 1 further target missed"
            ),
        ),
    ],
)
def test_a_violation_leads(
    known: dict[str, Result], targets: list[JudgedTarget], aborted_by: str | None, headline: str
) -> None:
    missed = known["missed"]
    result = _judged(replace(missed, run=replace(missed.run, aborted_by=aborted_by)), *targets)
    assert build_report_model(result).headline == headline


def test_a_bound_that_is_just_reached_is_named_with_its_comparison(known: dict[str, Result]) -> None:
    target = JudgedTarget("p95 < 400ms", State.MISSED, "400 ms", "400ms", "at the bound", 2300)
    assert (
        build_report_model(_judged(known["met"], target)).headline == "MISSED: p95 was 400 ms, not < 400 ms"
    )


def test_a_run_whose_abort_window_cannot_be_found_again_shows_the_window_of_its_verdict(
    known: dict[str, Result],
) -> None:
    headline = build_report_model(replace(known["aborted"], scenario={})).headline
    assert "error_rate was 6.2 % in the window from 18 s to 23 s, 1.2 points above" in headline


def test_a_share_beside_a_window_that_is_never_says_that_it_is_of_all_arrivals(
    known: dict[str, Result],
) -> None:
    target = JudgedTarget("p99 < 1s", State.MISSED, "never", "1s", "", 50, window="12 s to 13 s")
    assert build_report_model(_judged(known["never"], target)).headline == (
        "MISSED: p99 was never in the window from 12 s to 13 s (bound 1 s):"
        " 12.61 % of all 2,300 measured arrivals had no valid session"
    )


def test_a_target_on_what_changes_over_time_says_what_was_found(known: dict[str, Result]) -> None:
    target = JudgedTarget("drift.p95 < 5%/h", State.MISSED, "+20 %/h", "5%/h", "", 2300, "95 % interval")
    assert build_report_model(_judged(known["met"], target)).headline == (
        "MISSED: 'drift.p95 < 5%/h': +20 %/h (95 % interval)"
    )


def test_one_further_target_is_one(known: dict[str, Result]) -> None:
    target = JudgedTarget("p95 < 300ms", State.MISSED, "400 ms", "300ms", "100 ms above", 2300)
    assert build_report_model(_judged(known["met"], target, target)).headline == (
        "MISSED: p95 was 400 ms, 100 ms above the bound of 300 ms; 1 further target missed"
    )


def test_a_void_run_says_what_broke_the_contract_all_the_same(known: dict[str, Result]) -> None:
    verdict = Verdict(State.VOID, (), ("the generator was late",))
    headline = build_report_model(replace(known["missed"], verdict=verdict)).headline
    assert headline == "VOID: the generator was late; 23 arrivals broke the contract"


def test_a_target_of_a_stage_is_named_with_it(known: dict[str, Result]) -> None:
    kept = JudgedTarget("p95 < 400ms", State.MET, "71 ms", "400ms", "", 300, stages=("ramp",))
    assert ": p95 71 ms of 400 ms in stage ramp, 0 % without" in (
        build_report_model(_judged(known["met"], kept)).headline
    )
    whole = replace(kept, measured="72 ms", stages=())
    assert ": p95 72 ms of 400 ms, 0 % without" in (
        build_report_model(_judged(known["met"], kept, whole)).headline
    )
    missed = replace(
        kept, state=State.MISSED, measured="500 ms", margin="100 ms above", window="12 s to 13 s"
    )
    assert build_report_model(_judged(known["met"], missed)).headline == (
        "MISSED: p95 was 500 ms in stage ramp in the window from 12 s to 13 s,"
        " 100 ms above the bound of 400 ms"
    )
    never = replace(kept, state=State.MISSED, measured="never", stages=("ramp", "peak"))
    assert build_report_model(_judged(known["never"], never)).headline == (
        "MISSED: p95 was never in stages ramp and peak (bound 400 ms):"
        " 12.61 % of all 2,300 measured arrivals had no valid session"
    )

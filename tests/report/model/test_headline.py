"""The run in one sentence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.report.model.build import build_report_model
from sessionload.verdict.verdict import JudgedTarget, State, Verdict

if TYPE_CHECKING:
    from sessionload.verdict.result import Result


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("met", "MET: held 50/s for 40 s: p50 36.6 ms of 400 ms, 0 of 2,300 responses broke the contract"),
        ("missed", "MISSED: service.p99 was 2.6 s, 1.6 s above the bound of 1 s; 2 further targets missed"),
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
        ("never", "MISSED: p99 was never (bound 1 s): 12.61 % of arrivals had no valid session"),
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
        "MET: offered 50/s for 40 s: 0 of 2,250 responses broke the contract"
    )


def test_a_run_without_a_constant_peak_was_held_up_to_its_peak(known: dict[str, Result]) -> None:
    stages = tuple(replace(stage, start_rate=Fraction(1)) for stage in known["met"].stages)
    headline = build_report_model(replace(known["met"], stages=stages)).headline
    assert headline.startswith("MET: held up to 50/s over 50 s: p50")


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
        " 12.61 % of all measured arrivals had no valid session"
    )


def test_one_further_target_is_one(known: dict[str, Result]) -> None:
    target = JudgedTarget("p95 < 300ms", State.MISSED, "400 ms", "300ms", "100 ms above", 2300)
    assert build_report_model(_judged(known["met"], target, target)).headline == (
        "MISSED: p95 was 400 ms, 100 ms above the bound of 300 ms; 1 further target missed"
    )

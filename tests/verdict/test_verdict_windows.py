"""A target with a window holds when it holds in each of them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

MS = 1_000_000


def windowed(expr: str, seconds: int, *, abort: bool = False) -> Target:
    return parse_target(expr, window_ns=seconds * NS, abort=abort)


def judged(run: Recorder, stages: tuple[Stage, ...], target: Target) -> JudgedTarget:
    return judge(Evidence(run.measurement, stages, run.planned, lost=0, targets=(target,))).targets[0]


def steady(run: Recorder, *, broken: range = range(0), outcome: Outcome = Outcome.SERVER_ERROR) -> None:
    """10 arrivals a second over the 30 s of `stages`; in the seconds of `broken` 5 of them end badly."""
    for second in range(30):
        bad = 5 if second in broken else 0
        run.sent(10 - bad, second=second, stage=int(second >= 10))
        run.sent(bad, outcome, second=second, stage=int(second >= 10))


def test_a_window_finds_what_the_whole_run_hides(run: Recorder, stages: tuple[Stage, ...]) -> None:
    """10 of 200 are bad: 5 %. They are in 2 s: of any 5 s with both, 10 of 50 are."""
    steady(run, broken=range(20, 22))
    assert judged(run, stages, parse_target("error_rate <= 5%")).state is State.MET
    assert judged(run, stages, windowed("error_rate <= 5%", 5)) == JudgedTarget(
        "error_rate <= 5%",
        State.MISSED,
        "20 %",
        "5%",
        "15 points above",
        50,
        "worst of 16 windows of 5 s",
        "17 s to 22 s",
    )


def test_the_worst_window_is_shown_of_a_target_that_holds_too(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    steady(run, broken=range(20, 21))
    found = judged(run, stages, windowed("error_rate <= 50%", 5))
    assert (found.state, found.measured, found.window) == (State.MET, "10 %", "16 s to 21 s")


def test_windows_do_not_reach_into_the_warm_up(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(10))
    found = judged(run, stages, windowed("error_rate == 0%", 5))
    assert (found.state, found.note) == (State.MET, "worst of 16 windows of 5 s")


def test_a_window_as_long_as_the_measured_time_is_one_window(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    steady(run)
    found = judged(run, stages, windowed("p95 < 1s", 20))
    assert (found.state, found.samples, found.window) == (State.MET, 200, "10 s to 30 s")


def test_without_a_full_window_there_is_no_evidence(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run)
    found = judged(run, stages, windowed("p95 < 1s", 21))
    assert (found.state, found.measured) == (State.VOID, "no samples")
    assert found.note == "no full window of 21 s in 20 s measured"


def test_windows_without_arrivals_are_passed_over(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(1, second=12, stage=1)
    found = judged(run, stages, windowed("error_rate == 0%", 2))
    assert (found.state, found.note) == (State.MET, "worst of 2 windows of 2 s")


def test_a_target_of_which_no_window_has_samples_is_void(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(30))
    run.measurement.slices = {
        key: part for key, part in run.measurement.slices.items() if key[0] == 0
    }  # nothing measured
    found = judged(run, stages, windowed("error_rate == 0%", 2))
    assert (found.state, found.note) == (State.VOID, "no window of 2 s has samples")


def test_a_window_of_a_percentile_is_the_percentile_of_its_arrivals(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    for second in range(10, 30):
        run.sent(10, second=second, stage=1, service_ms=second)
    found = judged(run, stages, windowed("p50 < 1s", 3))
    assert (found.measured, found.window) == ("28 ms", "27 s to 30 s")


def test_a_window_that_is_never_is_the_worst(run: Recorder, stages: tuple[Stage, ...]) -> None:
    for second in range(10, 30):
        run.sent(
            10, Outcome.TIMEOUT if second == 15 else Outcome.OK, second=second, stage=1, service_ms=second
        )
    found = judged(run, stages, windowed("p50 < 1s", 1))
    assert (found.state, found.measured, found.margin) == (State.MISSED, "never", "")
    assert found.window == "15 s to 16 s"


def test_the_worst_window_of_a_lower_bound_is_the_lowest(run: Recorder, stages: tuple[Stage, ...]) -> None:
    for second in range(10, 30):
        run.sent(8, second=second, stage=1)
        run.unsent(2 if second in {17, 18} else 0, second=second, stage=1)
    found = judged(run, stages, windowed("achieved_rate >= 99%", 2))
    assert (found.state, found.measured, found.window) == (State.MISSED, "80 %", "17 s to 19 s")


PIECES = (
    Stage("warm-up", Fraction(4), Fraction(4), 1500 * MS, warmup=True),
    Stage("peak", Fraction(4), Fraction(4), 4 * NS),
)
"""Measured from 1.5 s to 5.5 s: the seconds 2, 3 and 4 as a whole, and a half of 1 and of 5."""


@pytest.mark.parametrize("half", [1, 5])
def test_a_piece_of_a_second_is_no_window(run: Recorder, half: int) -> None:
    """Half of a second in which every arrival fails would be a window of a second without a session."""
    for second in range(1, 6):
        run.sent(2, Outcome.SERVER_ERROR if second == half else Outcome.OK, second=second, stage=1)
    found = judged(run, PIECES, windowed("error_rate == 0%", 1))
    assert (found.state, found.note) == (State.MET, "worst of 3 windows of 1 s")
    assert judged(run, PIECES, parse_target("error_rate == 0%")).state is State.MISSED


def test_a_window_lies_wholly_in_the_measured_stages(run: Recorder) -> None:
    for second in range(1, 6):
        run.sent(1, second=second, stage=1)
    found = judged(run, PIECES, windowed("error_rate == 0%", 3))
    assert (found.state, found.samples, found.window) == (State.MET, 3, "2 s to 5 s")
    assert found.note == "worst of 1 window of 3 s"
    assert (
        judged(run, PIECES, windowed("error_rate == 0%", 4)).note == "no full window of 4 s in 4 s measured"
    )


def test_two_stages_in_one_second_are_one_second(run: Recorder) -> None:
    stages = (
        Stage("one", Fraction(4), Fraction(4), NS // 2),
        Stage("two", Fraction(4), Fraction(4), NS // 2),
    )
    run.sent(1, second=0, stage=0)
    run.sent(2, second=0, stage=1)
    assert judged(run, stages, windowed("error_rate == 0%", 1)).samples == 3

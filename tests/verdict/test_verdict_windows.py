"""A target with a window holds when it holds in each of them; a live one stops the run when it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import Evidence, JudgedTarget, State, first_aborting_target, judge
from sessionload.workload.schedule import Stage

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


def test_warm_up_between_measured_stages_is_time_and_not_evidence(run: Recorder) -> None:
    """Measured 0 s to 4 s and 8 s to 12 s: windows of 8 s slide over all 12 s."""
    stages = (
        Stage("one", Fraction(1), Fraction(1), 4 * NS),
        Stage("pause", Fraction(1), Fraction(1), 4 * NS, warmup=True),
        Stage("two", Fraction(1), Fraction(1), 4 * NS),
    )
    for second in range(12):
        stage = second // 4
        run.sent(1, Outcome.SERVER_ERROR if stage == 1 else Outcome.OK, second=second, stage=stage)
    found = judged(run, stages, windowed("error_rate == 0%", 8))
    assert (found.state, found.note, found.samples) == (State.MET, "worst of 5 windows of 8 s", 4)


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


def test_seconds_that_are_measured_in_part_belong_to_the_time(run: Recorder) -> None:
    """Measured from 1.5 s to 3.5 s: the seconds 1, 2 and 3."""
    stages = (
        Stage("warm-up", Fraction(4), Fraction(4), 1500 * MS, warmup=True),
        Stage("peak", Fraction(4), Fraction(4), 2 * NS),
    )
    for second in (1, 2, 3):
        run.sent(1, second=second, stage=1)
    found = judged(run, stages, windowed("error_rate == 0%", 3))
    assert (found.state, found.samples, found.window) == (State.MET, 3, "1 s to 4 s")


def test_two_stages_in_one_second_are_one_second(run: Recorder) -> None:
    stages = (
        Stage("one", Fraction(4), Fraction(4), NS // 2),
        Stage("two", Fraction(4), Fraction(4), NS // 2),
    )
    run.sent(1, second=0, stage=0)
    run.sent(2, second=0, stage=1)
    assert judged(run, stages, windowed("error_rate == 0%", 1)).samples == 3


STOP = windowed("error_rate < 5%", 5, abort=True)
COUNT = parse_target("server_errors < 8", abort=True)


@pytest.mark.parametrize(
    ("now", "trips"),
    [(14, False), (15, False), (20, False), (21, True), (22, True), (26, True), (27, False), (31, False)],
)
def test_the_last_full_window_stops_a_run(
    run: Recorder, stages: tuple[Stage, ...], now: int, *, trips: bool
) -> None:
    """Bad are the seconds 20 and 21, so the windows that end at 21 s to 26 s."""
    steady(run, broken=range(20, 22))
    assert first_aborting_target(run.measurement, stages, [STOP], now) == (STOP if trips else None)


def test_a_window_that_reaches_into_the_warm_up_stops_nothing(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    steady(run, broken=range(30))
    assert first_aborting_target(run.measurement, stages, [STOP], 14) is None
    assert first_aborting_target(run.measurement, stages, [STOP], 15) == STOP


def test_a_window_without_samples_stops_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(10, Outcome.SERVER_ERROR, second=29, stage=1)
    assert first_aborting_target(run.measurement, stages, [STOP], 20) is None


def test_a_count_without_a_window_is_over_everything_so_far(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(50, Outcome.SERVER_ERROR, second=5, stage=0)
    run.sent(7, Outcome.SERVER_ERROR, second=11, stage=1)
    assert first_aborting_target(run.measurement, stages, [COUNT], 12) is None
    run.sent(1, Outcome.SERVER_ERROR, second=25, stage=1)
    assert first_aborting_target(run.measurement, stages, [COUNT], 12) == COUNT


def test_a_percentile_over_a_window_stops_a_run(run: Recorder, stages: tuple[Stage, ...]) -> None:
    target = windowed("p95 < 1s", 2, abort=True)
    run.sent(10, second=11, stage=1)
    run.sent(10, second=12, stage=1, service_ms=3000)
    assert first_aborting_target(run.measurement, stages, [target], 12) is None
    assert first_aborting_target(run.measurement, stages, [target], 13) == target


def test_targets_that_do_not_abort_stop_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(30))
    watched = [
        parse_target("error_rate < 1%"),
        windowed("error_rate < 1%", 5),
        parse_target("server_errors < 1"),
    ]
    assert first_aborting_target(run.measurement, stages, watched, 20) is None


def test_the_first_of_several_is_named(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(30))
    assert (
        first_aborting_target(run.measurement, stages, [parse_target("p95 < 1s"), COUNT, STOP], 20) == COUNT
    )
    assert first_aborting_target(run.measurement, stages, [STOP, COUNT], 20) == STOP
    assert first_aborting_target(run.measurement, stages, [], 20) is None

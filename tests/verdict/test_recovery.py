"""Recovery: from when on a percentile stays within its limit after a stage."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.judge_over_time import judge_over_time
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.verdict.without_lag import LagBySecond
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

TARGET = "recovery.p95 < 400ms within 30s after spike"


def staged(after_s: int = 40, spike_ms: int = 10_000) -> tuple[Stage, ...]:
    return (
        Stage("calm", Fraction(10), Fraction(10), 10 * NS),
        Stage("spike", Fraction(50), Fraction(50), spike_ms * 1_000_000),
        Stage("after", Fraction(10), Fraction(10), after_s * NS),
    )


def seconds_of(run: Recorder, slow: range, *, stages: int = 40, lag_ms: int = 0) -> None:
    """10 arrivals a second: slow ones take a second, others 20 ms."""
    for second in range(20 + stages):
        service_ms = 1000 if second in slow else 20
        late = lag_ms if second in slow else 0
        stage = 0 if second < 10 else 1 if second < 20 else 2
        run.sent(10, second=second, stage=stage, service_ms=20 if late else service_ms, lag_ms=late)


def judged(run: Recorder, stages: tuple[Stage, ...], expr: str = TARGET) -> JudgedTarget:
    evidence = Evidence(run.measurement, stages, run.planned, lost=0, targets=(parse_target(expr),))
    return judge(evidence).targets[0]


def test_it_is_the_first_instant_from_which_no_window_is_slow(run: Recorder) -> None:
    """Slow until second 28: the last window with a slow second begins at 27."""
    seconds_of(run, range(10, 28))
    found = judged(run, staged())
    assert found == JudgedTarget(
        TARGET,
        State.MET,
        "8 s",
        "30s",
        "22 s below",
        300,
        "p95 < 400ms in windows of 5 s from 28 s of the run on",
    )


def test_what_was_never_slow_took_no_time(run: Recorder) -> None:
    seconds_of(run, range(0))
    found = judged(run, staged())
    assert (found.state, found.note) == (State.MET, "p95 < 400ms in windows of 5 s all the time after spike")


def test_what_is_slow_again_has_not_recovered(run: Recorder) -> None:
    """It was well from second 22 on, and slow once more just before the 30 s are over."""
    seconds_of(run, range(48, 49))
    found = judged(run, staged())
    assert (found.state, found.measured, found.margin) == (State.MISSED, "never", "")
    assert found.note == "not p95 < 400ms in windows of 5 s by 30s after spike"


def test_what_is_slow_after_the_time_does_not_count(run: Recorder) -> None:
    seconds_of(run, range(50, 60))
    assert judged(run, staged()).state is State.MET


def test_failures_are_not_recovered_from(run: Recorder) -> None:
    for second in range(20, 60):
        run.sent(10, Outcome.SERVER_ERROR, second=second, stage=2)
    assert judged(run, staged()).state is State.MISSED


def test_what_only_the_generator_made_late_is_no_evidence(run: Recorder) -> None:
    seconds_of(run, range(20, 60), lag_ms=900)
    found = judged(run, staged())
    assert (found.state, found.note) == (
        State.VOID,
        "not p95 < 400ms in windows of 5 s, but only with the generator's own lag",
    )


def test_without_arrivals_there_is_no_evidence(run: Recorder) -> None:
    run.sent(10, second=1)
    found = judged(run, staged())
    assert (found.state, found.measured) == (State.VOID, "no samples")
    assert found.note == "no window of 5 s after spike has samples"


@pytest.mark.parametrize(
    ("stages", "note"),
    [(staged(12), "only 12 s of load after spike"), (staged()[:2], "only 0 s of load after spike")],
)
def test_without_load_for_long_enough_there_is_no_evidence(
    run: Recorder, stages: tuple[Stage, ...], note: str
) -> None:
    seconds_of(run, range(0), stages=(len(stages) > 2 and 12) or 0)
    found = judged(run, stages)
    assert (found.state, found.note) == (State.VOID, note)


def test_a_stage_that_there_is_not_has_no_evidence(run: Recorder) -> None:
    """A result that somebody has edited."""
    seconds_of(run, range(0))
    found = judged(run, staged(), "recovery.p95 < 400ms within 30s after elsewhere")
    assert (found.state, found.note) == (State.VOID, "only 0 s of load after elsewhere")


def test_a_stage_that_ends_in_a_second_is_looked_at_from_the_next_whole_one(run: Recorder) -> None:
    seconds_of(run, range(10, 25))
    assert judged(run, staged(spike_ms=10_500)).measured == "4.5 s"


def test_the_stage_before_the_last_window_that_is_passed_over(run: Recorder) -> None:
    """Windows without samples are passed over: slow, then nobody, and nothing to recover by."""
    for second in range(20, 25):
        run.sent(10, second=second, stage=2, service_ms=1000)
    assert judged(run, staged()).state is State.MISSED


def test_a_run_that_ended_before_the_time_was_over_has_not_shown_it(run: Recorder) -> None:
    seconds_of(run, range(0), stages=20)
    target = parse_target(TARGET)
    evidence = Evidence(
        run.measurement, staged(), run.planned, lost=0, targets=(target,), measured_until_s=40.5
    )
    found = judge(evidence).targets[0]
    assert (found.state, found.note) == (
        State.VOID,
        "measured until 40.5 s only, before 30s after spike",
    )


def test_other_targets_are_none_of_this(run: Recorder) -> None:
    evidence = Evidence(run.measurement, staged(), run.planned, lost=0)
    with pytest.raises(TypeError, match="p95 < 400ms is no target on a change"):
        judge_over_time(parse_target("p95 < 400ms"), evidence, {}, LagBySecond(1))

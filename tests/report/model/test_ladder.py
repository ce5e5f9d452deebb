"""Where a ladder stopped, and the last good step before."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.slices import Slice
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.verdict.targets import parse_target
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.result import Result

MS = 1_000_000
TIMEOUTS = parse_target("timeouts == 0", abort=True)
WINDOW = parse_target("p90 < 400ms", window_ns=2 * NS, abort=True)


def ladder(*rates: int, names: tuple[str, ...] = ()) -> tuple[Stage, ...]:
    """Steps of five seconds; a rate of 0 is a ramp from 1/s to 2/s."""
    return tuple(
        Stage(
            names[number] if names else f"step {number + 1}",
            Fraction(rate or 1),
            Fraction(rate or 2),
            5 * NS,
        )
        for number, rate in enumerate(rates)
    )


def run(
    result_with: Callable[..., Result],
    stages: tuple[Stage, ...],
    *,
    slow: set[int],
    until_s: int,
    timeouts_s: int = -1,
) -> Result:
    """A run that ends early: arrivals due in `slow` take 900 ms, others 30 ms; in `timeouts_s` none ends."""
    recorder = MeasurementRecorder()
    for index, due_ns, stage in Schedule(stages).stripe():
        if due_ns >= until_s * NS:
            recorder.record_unsent(stage, due_ns)
            continue
        took_ns = 900 * MS if due_ns // NS in slow else 30 * MS
        recorder.record_sent(due_ns)
        outcome = Outcome.TIMEOUT if due_ns // NS == timeouts_s else Outcome.OK
        recorder.record_done(stage, Exchange(index, due_ns, due_ns, due_ns + took_ns, outcome))
    return result_with(
        recorder.raw().packed(),
        stages=stages,
        targets=(WINDOW, TIMEOUTS, parse_target("p50 < 400ms"), parse_target("p99 < 2s", stages=("step 1",))),
        aborted_by=WINDOW.name if timeouts_s < 0 else TIMEOUTS.name,
        seconds=float(until_s),
    )


@pytest.mark.parametrize(
    ("slow", "until_s", "where"),
    [
        ({12, 13}, 15, "it gave way in step 3 (30/s), and the last good step was step 2 (20/s)"),
        ({3, 4}, 6, "it gave way in step 1 (10/s), and no step before it was good"),
        (
            {5, 6, 7, 8, 9, 10, 11},
            13,
            "it gave way in step 2 (20/s), and the last good step was step 1 (10/s)",
        ),
        ({7, 8}, 16, "it gave way in step 2 (20/s), and the last good step was step 1 (10/s)"),
    ],
)
def test_the_step_its_rate_and_the_last_good_one_are_named(
    result_with: Callable[..., Result], slow: set[int], until_s: int, where: str
) -> None:
    headline = build_report_model(
        run(result_with, ladder(10, 20, 30, 40), slow=slow, until_s=until_s)
    ).headline
    assert f"; {where}" in headline
    assert headline.startswith(f"MISSED: stopped after {until_s} s of 20 s: p90 was 900 ms in the window")


def test_a_step_that_kept_no_target_is_not_good(result_with: Callable[..., Result]) -> None:
    """Step 2 was slow all the time, but what ended the run is another target, which has no window."""
    stages = ladder(10, 20, 30, names=("hold 10/s", "hold 20/s", "hold 30/s"))
    result = run(result_with, stages, slow=set(range(5, 12)), until_s=12, timeouts_s=11)
    headline = build_report_model(result).headline
    assert "it gave way in hold 30/s, and the last good step was hold 10/s" in headline


@pytest.mark.parametrize("rates", [(10,), (10, 20, 20), (30, 20), (0, 10)])
def test_what_is_no_ladder_has_no_steps(result_with: Callable[..., Result], rates: tuple[int, ...]) -> None:
    result = run(result_with, ladder(*rates), slow={2, 3}, until_s=4)
    assert "gave way" not in build_report_model(result).headline


def test_a_ladder_that_was_not_stopped_says_nothing(result_with: Callable[..., Result]) -> None:
    result = run(result_with, ladder(10, 20), slow={2, 3}, until_s=10)
    whole = replace(result, run=replace(result.run, aborted_by=None))
    assert "gave way" not in build_report_model(whole).headline


def test_a_step_that_lost_arrivals_is_not_good(result_with: Callable[..., Result]) -> None:
    result = run(result_with, ladder(10, 20, 30), slow={11, 12}, until_s=14)
    assert "the last good step was step 2 (20/s)" in build_report_model(result).headline
    result.measurement.add_slices([((1, 7), Slice(lost=1))])
    assert "the last good step was step 1 (10/s)" in build_report_model(result).headline

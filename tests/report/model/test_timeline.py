"""The run by second: due time for what was due, clock time for what happened."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.sums import total
from sessionload.report.model.time_axis import step_for
from sessionload.report.model.timeline import AFTER, Timeline, above, quantile, spans, walk

if TYPE_CHECKING:
    from sessionload.report.model.timeline import ChartStep
    from sessionload.verdict.result import Result

NS = 1_000_000_000


def steps_of(result: Result, length_s: int = 1) -> list[ChartStep]:
    return [step for step, _ in walk(result, length_s)]


def test_every_second_of_the_schedule_is_there_and_the_drain_after_it(known: dict[str, Result]) -> None:
    steps = steps_of(known["missed"])
    assert [step.start_s for step in steps] == list(range(len(steps)))
    assert [step.stage for step in steps[9:11]] == ["warm-up", "ramp"]
    assert [step.warmup for step in steps[9:11]] == [True, False]
    assert steps[60].stage == AFTER
    assert (steps[60].planned, steps[60].sent, steps[60].done) == (0, 0, 2)


def test_totals_of_the_seconds_are_the_totals_of_the_run(known: dict[str, Result]) -> None:
    for result in known.values():
        steps = steps_of(result)
        assert sum(step.sent for step in steps) == result.accounting.sent
        assert sum(step.unsent for step in steps) == result.accounting.unsent
        assert sum(step.done for step in steps) == sum(result.accounting.outcomes.values())
        assert sum(step.ok for step in steps) == result.accounting.outcomes["ok"]  # type: ignore[index]
        assert sum(step.planned for step in steps) == result.planned


def test_a_stall_is_charged_to_the_seconds_that_suffered_it(known: dict[str, Result]) -> None:
    steps = steps_of(known["missed"])
    medians = {step.start_s: (step.p50_ns or 0) / NS for step in steps}
    # Due in the middle of second 35, 36, 37; done when the stall ends at 38 s.
    assert [round(medians[second]) for second in (34, 35, 36, 37, 38)] == [0, 3, 2, 1, 0]
    assert [round(medians[second], 1) for second in (35, 36, 37)] == [2.5, 1.5, 0.5]
    assert [steps[second].done for second in (36, 37)] == [0, 1]
    assert steps[38].done > 150


def test_a_percentile_that_is_never_is_not_one_without_samples(known: dict[str, Result]) -> None:
    steps = steps_of(known["never"])
    assert (steps[30].p50_ns, steps[30].samples) == (None, 50)
    assert (steps[60].p50_ns, steps[60].samples) == (None, 0)
    assert steps[25].p50_ns is not None
    assert steps[25].p95_ns is None


def test_steps_are_merged_not_averaged(known: dict[str, Result]) -> None:
    steps = steps_of(known["missed"], 10)
    assert [step.start_s for step in steps] == [0, 10, 20, 30, 40, 50, 60]
    assert [step.length_s for step in steps] == [10] * 6 + [1]
    assert sum(step.sent for step in steps) == known["missed"].accounting.sent
    slices = known["missed"].measurement.slices
    merged = total(part for (_, second), part in slices.items() if 30 <= second < 40).response
    assert steps[3].samples == merged.count == 500
    assert steps[3].p95_ns is not None
    # Of 500, 25 are above p95: 7 without a session, and 18 due in the first 0.36 s of the stall.
    assert abs(steps[3].p95_ns - (3 - 0.36 + 0.04) * NS) < 0.03 * NS


def test_a_run_without_anything_has_the_seconds_of_its_schedule(known: dict[str, Result]) -> None:
    steps = steps_of(known["empty"])
    assert len(steps) == 60
    assert not any(step.planned or step.samples or step.done for step in steps)


def test_a_schedule_that_ends_within_a_second_has_that_second(known: dict[str, Result]) -> None:
    result = known["empty"]
    last = replace(result.stages[-1], duration_ns=result.stages[-1].duration_ns + 1)
    assert len(steps_of(replace(result, stages=(*result.stages[:-1], last)))) == 61


@pytest.mark.parametrize(
    ("seconds", "most", "step"),
    [(1, 600, 1), (600, 600, 1), (601, 600, 2), (3600, 600, 10), (86_400, 600, 300), (7200, 1, 7200)],
)
def test_a_step_is_one_that_a_clock_has(seconds: int, most: int, step: int) -> None:
    assert step_for(seconds, most) == step


@given(st.integers(1, 10_000_000), st.integers(1, 1000))
def test_steps_are_enough_and_few(seconds: int, most: int) -> None:
    assert -(-seconds // step_for(seconds, most)) <= most


def test_stages_are_spans_of_seconds(known: dict[str, Result]) -> None:
    stages = spans(known["met"])
    assert [(span.start, span.end) for span in stages] == [(0, 10), (10, 20), (20, 60)]
    assert [span.label for span in stages] == ["warm-up", "ramp", "=cmd|'<b>peak</b>"]
    assert replace(stages[0], name="first").label == "first (warm-up)"


@pytest.mark.parametrize(
    ("values", "limit", "count"), [((), 5, 0), ((1, 2, 3), 3, 0), ((1, 2, 3), 2, 1), ((7, 8, 9), 1, 3)]
)
def test_above_counts_what_is_larger(values: tuple[int, ...], limit: int, count: int) -> None:
    assert above(histogram(values), limit) == count


def test_the_seconds_are_the_steps_of_a_second(known: dict[str, Result]) -> None:
    seconds, steps = Timeline(known["missed"]), steps_of(known["missed"])
    assert len(seconds) == len(steps) == 61
    assert seconds[36].p95_ns == steps[36].p95_ns
    assert [second.start_s for second in seconds[58:]] == [58, 59, 60]
    assert seconds == Timeline(known["missed"])
    assert seconds != Timeline(known["met"])
    assert seconds != steps


def test_a_copy_for_another_process_has_the_seconds_and_not_the_result(known: dict[str, Result]) -> None:
    timeline = Timeline(known["missed"])
    pickled = pickle.dumps(timeline)
    assert b"sessionload.verdict.result" not in pickled
    copy = pickle.loads(pickled)  # noqa: S301 -- made above
    assert list(copy) == list(timeline)
    assert len(copy) == len(timeline) == len(Timeline(known["missed"]))


def test_a_step_knows_what_its_arrivals_came_to(known: dict[str, Result]) -> None:
    step = steps_of(known["missed"])[37]
    assert dict(step.outcomes) == {
        Outcome.OK: 48,
        Outcome.CONTRACT_VIOLATION: 1,
        Outcome.CONNECTION_ERROR: 1,
    }
    assert dict(step.statuses) == {201: 49}
    assert step.queued == 0
    assert step.answered_p99_ns is not None
    assert step.service_p99_ns is not None
    assert step.lag_p99_ns == quantile(known["missed"].measurement.slices[2, 37].lag, Fraction(99, 100))


def test_queued_and_late_arrivals_are_told_apart(known: dict[str, Result]) -> None:
    queued, late = steps_of(known["queued"])[30], steps_of(known["late"])[30]
    assert (queued.queued > 10, queued.late) == (True, 0)
    assert (late.queued, late.late) == (0, 50)
    assert (late.lag_p99_ns or 0) > 0.9 * NS > (queued.lag_p99_ns or 0)
    assert (late.answered_p99_ns or 0) - (late.service_p99_ns or 0) > 0.9 * NS


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile(histogram(), Fraction(1, 2)) is None
    assert quantile(histogram([7]), Fraction(1, 2)) == 7

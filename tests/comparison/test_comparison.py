"""Two results compared: differences are found, swapped sides say the opposite, no evidence is no pass."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from recorded import histogram

from sessionload.comparison.compare import Comparison, Conclusion, compare
from sessionload.comparison.difference import LEAST_POINTS, Difference, DifferenceStatus
from sessionload.comparison.metrics import METRICS, Duration, Share
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.verdict import State, Verdict
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MS = 1_000_000
FIVE = Fraction(5, 100)
Rows = list[list[int]]
"""Nanoseconds by second."""


def draw(seconds: int, each: int, *, seed: int, factor: float = 1.0, sigma: float = 0.5) -> Rows:
    """Lognormal response times around 40 ms."""
    normal = np.random.Generator(np.random.PCG64(seed)).normal(size=(seconds, each))
    rows: Rows = (np.exp(normal * sigma) * 40 * MS * factor).astype(int).tolist()
    return rows


def run_of(
    rows: Rows,
    *,
    failed: Sequence[int] = (),
    unsent: int = 0,
    first: int = 0,
    stages: tuple[Stage, ...] = (),
    name: str = "run",
    **changes: Any,  # noqa: ANN401 - whatever a result has
) -> Result:
    """The result of a run with these response times, and so many failures, from second `first` on."""
    measurement = Measurement()
    number = len(stages) - 1 if stages else 0
    for second, row in enumerate(rows):
        errors = failed[second] if second < len(failed) else 0
        outcomes = {Outcome.OK: len(row), Outcome.TIMEOUT: errors}
        durations = histogram(row)
        part = Slice(
            {kind: count for kind, count in outcomes.items() if count},
            unsent=unsent if not second else 0,
            valid=durations,
            served=durations,
        )
        measurement.slices[number, first + second] = part
        measurement.sent += part.sent
    stages = stages or (Stage("peak", Fraction(100), Fraction(100), len(rows) * NS),)
    result = Result(
        run=Run(name, "2026-01-02T03:04:05Z", float(len(rows)), 7, "0.1.0"),
        scenario={"name": "launch", "load": {"arrivals": "even", "connections": "reuse"}},
        environment={"name": "stub", "url": "http://a"},
        contract={"file": "openapi.yaml", "operation": "startSession", "sha256": "ab" * 32},
        stages=stages,
        planned=measurement.sent + unsent,
        lost=0,
        measurement=measurement,
        verdict=Verdict(State.MET, ()),
        planned_by_second={},
    )
    return replace(result, **changes)


def compared(base: Result, candidate: Result, tolerance: Fraction = FIVE, seed: int = 0) -> Comparison:
    return compare(base, candidate, tolerance=tolerance, seed=seed, replicates=500)


def of(comparison: Comparison, name: str) -> Difference:
    return next(one for one in comparison.differences if one.metric.name == name)


def statuses(comparison: Comparison) -> dict[str, DifferenceStatus]:
    return {one.metric.name: one.status for one in comparison.differences}


BASE = run_of(draw(60, 100, seed=1), name="base")


# Known answers


def test_a_run_differs_from_itself_in_nothing() -> None:
    found = compared(BASE, BASE)
    assert found.conclusion is Conclusion.NOT_SLOWER
    assert found.notes == ("both sides are the same run",)
    assert {one.metric for one in found.differences} == set(METRICS)
    assert all(one.change == 0 for one in found.differences)
    assert of(found, "p95").interval == (0, 0, 0)
    assert found.blocks is not None
    assert found.blocks.stages == (60,)


def test_twice_as_long_is_slower_by_about_a_hundred_percent() -> None:
    found = compared(BASE, run_of([[2 * ns for ns in row] for row in draw(60, 100, seed=2)], name="slow"))
    assert found.conclusion is Conclusion.SLOWER
    for name in ("p50", "p75", "p90", "p95", "p99", "service.p50"):
        one = of(found, name)
        assert one.interval is not None
        assert one.interval.low < 1 < one.interval.high
        assert one.change == pytest.approx(1, abs=0.2)
    assert of(found, "p95").status is DifferenceStatus.SLOWER
    assert of(found, "service.p95").status is DifferenceStatus.SHOWN
    assert found.deciding is not None
    assert found.deciding.interval is not None
    assert found.deciding.interval.low == max(
        one.interval.low for one in found.of_status(DifferenceStatus.SLOWER) if one.interval
    )


def test_every_second_twice_as_long_is_exactly_that() -> None:
    """The sides are resampled by the same draws, so what is in both of them cancels."""
    base = run_of([[number * MS + 5] * 40 for number in range(1, 61)])
    found = compared(base, run_of([[2 * (number * MS + 5)] * 40 for number in range(1, 61)]))
    assert found.conclusion is Conclusion.SLOWER
    for name in ("p50", "p95"):
        interval = of(found, name).interval
        assert interval is not None
        assert interval == pytest.approx((1, 1, 1), abs=0.002)


def test_a_ramp_that_both_sides_have_widens_no_interval() -> None:
    level = np.geomspace(1, 30, 100)

    def ramp(seed: int) -> Result:
        return run_of(
            [
                [int(ns * factor) for ns in row]
                for row, factor in zip(draw(100, 40, seed=seed, sigma=0.2), level, strict=True)
            ]
        )

    found = compared(ramp(1), ramp(2))
    for name in ("p50", "p75", "p90"):
        interval = of(found, name).interval
        assert interval is not None
        assert interval.high - interval.low < 0.25


def test_half_as_long_is_not_slower() -> None:
    found = compared(BASE, run_of(draw(60, 100, seed=2, factor=0.5)))
    assert found.conclusion is Conclusion.NOT_SLOWER
    assert of(found, "p50").status is DifferenceStatus.WITHIN
    assert of(found, "p50").interval == pytest.approx((-0.5, -0.52, -0.48), abs=0.02)
    assert found.deciding is not None
    assert found.deciding.metric.name == "p99"


def test_what_is_near_the_tolerance_cannot_be_said_and_takes_more_arrivals() -> None:
    found = compared(BASE, run_of(draw(60, 100, seed=3, factor=1.03)))
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert found.reasons == ()
    hardest = found.deciding
    assert hardest is not None
    assert hardest.status is DifferenceStatus.OPEN
    assert hardest.times == max(one.times for one in found.differences) > 1


def test_a_run_as_many_times_as_long_as_advised_is_long_enough() -> None:
    """An interval narrows with the root of the arrivals: with so many times as many it ends at the limit."""
    one = of(compared(BASE, run_of(draw(60, 100, seed=2))), "p99")
    assert one.status is DifferenceStatus.OPEN
    assert one.interval is not None
    value, high = math.log1p(one.interval.value), math.log1p(one.interval.high)
    assert value + (high - value) / math.sqrt(one.times) == pytest.approx(math.log1p(one.limit))


# Properties


@pytest.mark.parametrize(("factor", "seed"), [(1.0, 2), (1.03, 3), (1.1, 4), (2.0, 5)])
def test_swapped_sides_say_the_opposite(factor: float, seed: int) -> None:
    candidate = run_of(draw(60, 100, seed=seed, factor=factor), failed=[seed] * 30)
    there, back = compared(BASE, candidate), compared(candidate, BASE)
    for one, other in zip(there.differences, back.differences, strict=True):
        assert (one.base, one.candidate) == (other.candidate, other.base)
        if one.interval and other.interval:
            low, high = (-other.interval.high, -other.interval.low)
            if one.metric.view:
                low, high = 1 / (1 + other.interval.high) - 1, 1 / (1 + other.interval.low) - 1
            assert (one.interval.low, one.interval.high) == pytest.approx((low, high), abs=1e-9)
    opposite = {
        DifferenceStatus.SLOWER: DifferenceStatus.WITHIN,
        DifferenceStatus.SHOWN: DifferenceStatus.SHOWN,
    }
    for name, status in statuses(there).items():
        assert statuses(back)[name] is opposite.get(status, statuses(back)[name])


def test_the_same_seed_says_the_same() -> None:
    candidate = run_of(draw(60, 100, seed=2))
    assert compared(BASE, candidate, seed=5) == compared(BASE, candidate, seed=5)
    one, other = (of(compared(BASE, candidate, seed=seed), "p95").interval for seed in (5, 6))
    assert one is not None
    assert one != other
    assert one == pytest.approx(other, abs=0.02)


def test_seconds_in_which_nothing_was_due_are_there_whether_or_not_they_have_a_slice() -> None:
    rows = [row if number % 3 else [] for number, row in enumerate(draw(60, 100, seed=2))]
    with_slices, without = run_of(rows), run_of(rows)
    for key, part in list(without.measurement.slices.items()):
        if not part.sent:
            del without.measurement.slices[key]
    assert len(without.measurement.slices) == 40
    assert compared(BASE, with_slices) == compared(BASE, without)


def test_a_longer_warm_up_moves_nothing() -> None:
    """Seconds are paired by their place in their stage, and an arrival at its very end is in its last."""
    warm = Stage("warm-up", Fraction(9), Fraction(9), 10 * NS, warmup=True)
    peak = Stage("peak", Fraction(100), Fraction(100), 60 * NS)
    rows = draw(60, 100, seed=2)
    moved = run_of(rows, first=10, stages=(warm, peak))
    moved.measurement.slices[0, 3] = Slice(valid=histogram([NS]), outcomes={Outcome.OK: 1})
    late = moved.measurement.slices.pop((1, 69))
    moved.measurement.slices[1, 70] = late
    found, plain = compared(BASE, moved), compared(BASE, run_of(rows))
    assert found.differences == plain.differences
    assert found.notes == ("not the same warm-up: nothing → 9/s for 10 s",)


# Never, few and rare


def test_errors_make_a_candidate_slower_and_a_percentile_that_is_never_is_not_judged() -> None:
    found = compared(BASE, run_of(draw(60, 100, seed=2), failed=[2] * 60))
    assert found.conclusion is Conclusion.SLOWER
    assert of(found, "p99").candidate == Duration(None, 6120, 0)
    assert (of(found, "p99").change, of(found, "p99").interval) == (None, None)
    assert of(found, "p99").why == "it is never on one side; the error rate is judged in its place"
    assert found.deciding is of(found, "error_rate")
    assert of(found, "error_rate").candidate == Share(120, 6120)
    assert of(found, "service.p99").interval is not None


def test_what_is_never_on_both_sides_is_no_difference() -> None:
    failing = [2] * 60
    found = compared(
        run_of(draw(60, 100, seed=1), failed=failing), run_of(draw(60, 100, seed=2), failed=failing)
    )
    assert of(found, "p99").why == "it is never on both sides; the error rate is judged in its place"
    assert of(found, "error_rate").status is DifferenceStatus.WITHIN


def test_a_percentile_near_the_failures_is_not_judged() -> None:
    """Failures in one burst are in some resampled runs and not in others, and p90 is never in some."""
    found = compared(run_of(draw(60, 100, seed=1), failed=[500]), run_of(draw(60, 100, seed=2), failed=[500]))
    assert of(found, "p90").base.ns is not None  # type: ignore[union-attr]
    assert (
        of(found, "p90").why
        == "it is near the arrivals without a session; the error rate is judged in its place"
    )
    assert of(found, "p50").status is not DifferenceStatus.SHOWN


def test_a_percentile_that_is_hardly_ever_never_is_judged() -> None:
    """It takes five times the one second of failures, which is one resampled run in 300."""
    failed = [65 if number == 40 else 0 for number in range(300)]
    base, candidate = (run_of(draw(300, 20, seed=seed), failed=failed) for seed in (1, 2))
    assert of(compared(base, candidate), "p95").interval is not None


@pytest.mark.parametrize(("samples", "judged"), [(1900, False), (2000, True)])
def test_a_percentile_needs_twenty_samples_beyond_it(samples: int, *, judged: bool) -> None:
    base, candidate = (run_of(draw(50, samples // 50, seed=seed)) for seed in (1, 2))
    one = of(compared(base, candidate), "p99")
    assert isinstance(one.base, Duration)
    assert one.base.beyond == samples // 100
    assert (one.interval is not None) is judged
    assert one.why == ("" if judged else "fewer than 20 samples are beyond it")


@pytest.mark.parametrize(
    ("every", "status", "answer"),
    [(1, DifferenceStatus.SLOWER, Conclusion.SLOWER), (20, DifferenceStatus.OPEN, Conclusion.NOT_SLOWER)],
)
def test_p99_9_accuses_and_is_not_asked_for(every: int, status: DifferenceStatus, answer: Conclusion) -> None:
    """One in 300 is ten times as long; where six come at once and seldom, that is just about p99.9."""
    rows = draw(100, 300, seed=2, sigma=0.05)
    for row in rows[::every]:
        row[: every // 4 + 1] = [10 * ns for ns in row[: every // 4 + 1]]
    found = compared(run_of(draw(100, 300, seed=1, sigma=0.05)), run_of(rows))
    assert of(found, "p99.9").status is status
    assert of(found, "p99").status is DifferenceStatus.WITHIN
    assert found.conclusion is answer


def test_what_was_seen_on_neither_side_is_not_judged_and_may_be_there_all_the_same() -> None:
    """Agresti and Caffo: one of either kind more on each side, 1 x 6001 / 6002^3 and twice that."""
    found = compared(BASE, run_of(draw(60, 100, seed=2)))
    for name in ("error_rate", "contract_violations"):
        one = of(found, name)
        assert (one.status, one.why) == (DifferenceStatus.SHOWN, "none were seen on either side")
        assert one.interval is not None
        assert 1.96 < one.interval.high / math.sqrt(2 * 6001 / 6002**3) < 4
        assert one.interval.low == -one.interval.high


def test_a_rare_kind_is_no_certainty() -> None:
    """One failure in 1,000 and none in 1,000 may be the same, whatever resampling says."""
    one = of(compared(run_of(draw(50, 20, seed=1)), run_of(draw(50, 20, seed=2), failed=[1])), "error_rate")
    assert one.status is DifferenceStatus.OPEN
    assert one.interval is not None
    assert one.interval.low < 0 < LEAST_POINTS < one.interval.high


@pytest.mark.parametrize(
    ("failed", "more", "limit", "status"),
    [
        (0, 0, LEAST_POINTS, DifferenceStatus.SHOWN),
        (0, 1, LEAST_POINTS, DifferenceStatus.SLOWER),
        (1, 0, 0.05 * 0.01 * 2, DifferenceStatus.WITHIN),
        (25, 25, 0.05 * 0.2, DifferenceStatus.WITHIN),
        (25, 26, 0.05 * 0.2, DifferenceStatus.WITHIN),
        (25, 30, 0.05 * 0.2, DifferenceStatus.SLOWER),
    ],
)
def test_the_error_rate_may_rise_by_a_part_of_itself_or_a_tenth_of_a_point(
    failed: int, more: int, limit: float, status: DifferenceStatus
) -> None:
    """With as many in each second, the only uncertainty left is that of rare kinds."""
    rows = draw(100, 100, seed=1)
    found = compared(run_of(rows, failed=[failed] * 100), run_of(rows, failed=[more] * 100))
    assert of(found, "error_rate").limit == pytest.approx(limit)
    assert of(found, "error_rate").status is status


def test_what_was_never_sent_is_an_error_and_lowers_the_achieved_rate() -> None:
    found = compared(BASE, run_of(draw(60, 100, seed=2), unsent=300))
    assert of(found, "error_rate").candidate == Share(300, 6300)
    assert of(found, "achieved_rate").candidate == Share(6000, 6300)
    assert of(found, "achieved_rate").change == pytest.approx(-1 / 21)
    assert of(found, "contract_violations").candidate == Share(0, 6300)


def test_runs_without_a_session_are_equal_and_neither_is_fast() -> None:
    dead = run_of([[] for _ in range(60)], failed=[100] * 60)
    found = compared(dead, dead)
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert found.reasons == ("no percentile of the response can be judged: too few arrivals had a session",)
    assert of(found, "p50").why == "it is never on both sides; the error rate is judged in its place"
    assert of(found, "service.p50").why == "there are no samples on both sides"
    assert found.deciding is None


def test_a_candidate_that_gives_no_session_at_all_is_slower() -> None:
    found = compared(BASE, run_of([[] for _ in range(60)], failed=[100] * 60))
    assert found.conclusion is Conclusion.SLOWER
    assert found.deciding is of(found, "error_rate")
    assert found.reasons == ()
    assert (
        compared(run_of([[] for _ in range(60)], failed=[100] * 60), BASE).conclusion is Conclusion.CANNOT_SAY
    )


def test_a_side_without_samples_has_no_percentiles() -> None:
    found = compared(BASE, run_of([[] for _ in range(60)]))
    assert of(found, "p50").why == "there are no samples on one side"
    assert of(found, "error_rate").candidate == Share(0, 0)
    assert found.conclusion is Conclusion.CANNOT_SAY


# What makes an answer impossible


VOID = Verdict(State.VOID, (), ("the generator was late", "it was interrupted", "and more"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda one: replace(one, verdict=VOID),
            "the {} is void: the generator was late and 2 further reasons",
        ),
        (
            lambda one: replace(one, run=replace(one.run, aborted_by="error_rate < 5%")),
            "the {} was ended early by its target 'error_rate < 5%'",
        ),
    ],
)
def test_a_run_that_proves_nothing_makes_no_answer(change: Callable[[Result], Result], reason: str) -> None:
    slow = run_of(draw(60, 100, seed=2, factor=2))
    assert compared(change(BASE), slow).reasons == (reason.format("base"),)
    found = compared(BASE, change(slow))
    assert found.reasons == (reason.format("candidate"),)
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert set(statuses(found).values()) == {DifferenceStatus.SHOWN}
    assert of(found, "p95").interval is not None
    assert found.deciding is None


def test_another_load_explains_whatever_differs() -> None:
    candidate = run_of(draw(60, 100, seed=2, factor=2))
    other = replace(candidate, stages=(Stage("peak", Fraction(90), Fraction(90), 60 * NS),))
    found = compared(BASE, other)
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert len(found.reasons) == 1
    assert found.blocks is None
    assert of(found, "p50").interval is None
    assert of(found, "p50").change == pytest.approx(1, abs=0.1)


def test_few_seconds_are_no_evidence() -> None:
    found = compared(run_of(draw(6, 1000, seed=1)), run_of(draw(6, 1000, seed=2, factor=2)))
    assert found.conclusion is Conclusion.CANNOT_SAY
    (reason,) = found.reasons
    assert reason.startswith("6 s are too short: neighbouring seconds are alike")
    assert found.blocks is None


def test_a_run_of_warm_up_alone_measures_nothing() -> None:
    stages = (Stage("warm-up", Fraction(1), Fraction(1), 60 * NS, warmup=True),)
    one, other = (run_of(draw(60, 10, seed=seed), stages=stages, verdict=VOID) for seed in (1, 2))
    found = compared(one, other)
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert len(found.reasons) == 3

"""What counts as evidence in a comparison: whole seconds of stages with arrivals, and what is judged."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.comparison.test_comparison import compared, draw, of, run_of

from sessionload.comparison.compare import Conclusion
from sessionload.comparison.difference import DifferenceStatus
from sessionload.comparison.per_second import PerSecond, has_evidence, lengths
from sessionload.units import NS
from sessionload.workload.stage import Stage

MS = NS // 1000
RATE = Fraction(100)


def stage(ns: int, rate: Fraction = RATE, *, warmup: bool = False) -> Stage:
    return Stage("s", rate, rate, ns, warmup)


@pytest.mark.parametrize(
    ("stages", "seconds"),
    [
        ((stage(7_500 * MS),), (7,)),
        ((stage(1_500 * MS, warmup=True), stage(7_500 * MS)), (7,)),
        ((stage(1_700 * MS, warmup=True), stage(7_500 * MS)), (7,)),
        ((stage(1_600 * MS, warmup=True), stage(7_300 * MS)), (6,)),
        ((stage(250 * MS),) * 12, (1,) * 12),
        ((stage(20 * NS), stage(60 * NS, Fraction(0))), (20,)),
        ((stage(60 * NS, Fraction(0)), stage(20 * NS)), (20,)),
    ],
)
def test_only_whole_seconds_of_stages_with_arrivals_count(
    stages: tuple[Stage, ...], seconds: tuple[int, ...]
) -> None:
    assert lengths(run_of([[MS]], stages=stages)) == seconds


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=5), st.integers(0, 3_000))
def test_there_are_no_more_seconds_than_the_stages_are_long_unless_one_is_a_piece(
    lengths_ms: list[int], warmup_ms: int
) -> None:
    stages = (stage(max(1, warmup_ms * MS), warmup=True), *(stage(ms * MS) for ms in lengths_ms))
    rows = lengths(run_of([[MS]], stages=stages))
    assert all(row <= max(1, ms // 1000) for row, ms in zip(rows, lengths_ms, strict=True))


def test_a_piece_of_a_second_belongs_to_the_row_beside_it() -> None:
    """Measured from 1.5 s to 5.5 s: the rows are the seconds 2, 3 and 4; 1 and 5 are halves."""
    stages = (stage(1_500 * MS, warmup=True), stage(4 * NS))
    rows = [[10 * MS] * count for count in (50, 100, 101, 102, 51)]
    result = run_of(rows, stages=stages, first=1)
    assert PerSecond.of((result,), lengths(result)).accounted.tolist() == [150, 101, 153]


@pytest.mark.parametrize(
    ("stages", "length"),
    [
        ((stage(250 * MS),) * 12, "3 s in 12 stages are"),
        ((stage(3 * NS), stage(60 * NS, Fraction(0))), "3 s are"),
    ],
)
def test_what_is_too_short_is_said_as_long_as_it_was(stages: tuple[Stage, ...], length: str) -> None:
    result = run_of(draw(3, 100, seed=1), stages=stages)
    comparison = compared(result, run_of(draw(3, 100, seed=2), stages=stages))
    assert comparison.conclusion is Conclusion.CANNOT_SAY
    assert comparison.reasons[0].startswith(f"{length} too short: ")


def test_a_rest_is_no_stage_with_evidence() -> None:
    assert has_evidence(stage(NS))
    assert has_evidence(Stage("ramp", Fraction(0), RATE, NS))
    assert not has_evidence(stage(NS, Fraction(0)))
    assert not has_evidence(stage(NS, warmup=True))


def test_what_is_not_judged_is_not_the_nearest_to_the_tolerance() -> None:
    """p75 and above are never on both sides; what is judged has become faster, so 0 would be nearer."""
    base = run_of(draw(60, 60, seed=1, sigma=0.01), failed=[40] * 60)
    faster = run_of(draw(60, 60, seed=2, sigma=0.01, factor=0.5), failed=[40] * 60)
    comparison = compared(base, faster)
    assert of(comparison, "p75").status is DifferenceStatus.SHOWN
    assert comparison.conclusion is Conclusion.NOT_SLOWER
    assert comparison.deciding is not None
    assert comparison.deciding.metric.name == "p50"

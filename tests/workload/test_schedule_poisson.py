"""Poisson arrivals: exponential gaps, stripes of one stream, and the same seed for the same run."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

PATIENT = settings(deadline=None)  # a busy machine makes an example slow, not wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAT = (Stage("flat", Fraction(500), Fraction(500), 20 * NS),)
HILL = (
    Stage("up", Fraction(0), Fraction(900), 10 * NS),
    Stage("rest", Fraction(0), Fraction(0), NS),
    Stage("top", Fraction(900), Fraction(900), 5 * NS),
    Stage("down", Fraction(900), Fraction(0), 10 * NS),
)
NARROW = 1.95
"""Kolmogorov: sqrt(n)·D is above x with probability about 2·exp(-2x²), here 0.1 %. The seeds are fixed."""


def gaps(schedule: Schedule, dues: Sequence[int]) -> list[float]:
    """The area between arrivals, in the order of time: unit exponentials if the arrivals are Poisson."""
    areas = [schedule.area(due) for due in sorted(dues)]
    return [float(later - sooner) for sooner, later in pairwise([Fraction(0), *areas])]


def distance(sample: Sequence[float]) -> float:
    """The Kolmogorov-Smirnov statistic sqrt(n)·D against the unit exponential distribution."""
    count = len(sample)
    expected = [1 - math.exp(-gap) for gap in sorted(sample)]
    below = max(value - rank / count for rank, value in enumerate(expected))
    above = max((rank + 1) / count - value for rank, value in enumerate(expected))
    return math.sqrt(count) * max(below, above)


class TestPoisson:
    @pytest.mark.parametrize("stages", [FLAT, HILL])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_gaps_measured_in_area_are_unit_exponentials(self, stages: tuple[Stage, ...], seed: int) -> None:
        schedule = Schedule(stages, arrivals="poisson", seed=seed)
        assert distance(gaps(schedule, [arrival.due_ns for arrival in schedule.stripe()])) < NARROW

    def test_the_distance_tells_even_gaps_from_exponential_ones(self) -> None:
        schedule = Schedule(FLAT)
        assert distance(gaps(schedule, [arrival.due_ns for arrival in schedule.stripe()])) > 10 * NARROW

    @pytest.mark.parametrize("workers", [2, 3, 16])
    def test_the_stripes_of_several_workers_are_the_arrivals_of_one(self, workers: int) -> None:
        schedule = Schedule(HILL, arrivals="poisson", seed=5)
        stripes = [schedule.stripe(worker, workers) for worker in range(workers)]
        assert sorted(one for stripe in stripes for one in stripe) == list(schedule.stripe())

    @pytest.mark.parametrize("stages", [FLAT, HILL])
    def test_the_number_of_arrivals_is_near_the_area(self, stages: tuple[Stage, ...]) -> None:
        """Mean and variance of the number are the area; five standard deviations are 1 in 1.7 million."""
        area = float(sum(stage.area for stage in stages))
        assert abs(Schedule(stages, arrivals="poisson", seed=9).planned() - area) < 5 * math.sqrt(area)

    def test_the_first_arrival_comes_after_one_gap(self) -> None:
        starts = {next(Schedule(FLAT, arrivals="poisson", seed=seed).stripe()).due_ns for seed in range(20)}
        assert min(starts) > 0
        assert len(starts) == 20

    def test_the_same_seed_gives_the_same_arrivals_and_another_seed_others(self) -> None:
        def arrivals(seed: int) -> list[tuple[int, int, int]]:
            return list(Schedule(HILL, arrivals="poisson", seed=seed).stripe())

        assert arrivals(1) == arrivals(1)
        assert arrivals(1) != arrivals(2)

    @PATIENT
    @given(st.integers(0, 99), st.integers(1, 8), st.fractions(0, 60, max_denominator=7), st.integers(1, NS))
    def test_counts_and_numbers_are_those_of_the_stripes(
        self, seed: int, workers: int, rate: Fraction, duration: int
    ) -> None:
        stages = (Stage("a", rate, Fraction(9), duration), Stage("b", Fraction(9), rate, duration))
        schedule = Schedule(stages, arrivals="poisson", seed=seed)
        stripes = [list(schedule.stripe(worker, workers)) for worker in range(workers)]
        arrivals = [arrival for stripe in stripes for arrival in stripe]
        by_stage = Counter(arrival.stage for arrival in arrivals)
        assert {arrival.index for arrival in arrivals} == set(range(schedule.planned()))
        assert schedule.planned_by_stage() == (by_stage[0], by_stage[1])
        for worker, stripe in enumerate(stripes):
            assert [arrival.index for arrival in stripe] == [worker + workers * j for j in range(len(stripe))]
            due = [arrival.due_ns for arrival in stripe]
            assert due == sorted(due)
        for arrival in arrivals:
            start = schedule.starts_ns[arrival.stage]
            assert start <= arrival.due_ns < start + duration

    @PATIENT
    @given(st.integers(0, 99), st.integers(1, 4), st.integers(0, 400))
    def test_the_rest_of_a_stripe_is_what_is_left_of_it(self, seed: int, workers: int, first: int) -> None:
        stages = (
            Stage("up", Fraction(0), Fraction(90), 2 * NS),
            Stage("top", Fraction(90), Fraction(90), NS),
        )
        schedule = Schedule(stages, arrivals="poisson", seed=seed)
        counted: Counter[tuple[int, int]] = Counter()
        for stage, second, count in schedule.rest(first, workers - 1, workers):
            counted[stage, second] += count
        left = [arrival for arrival in schedule.stripe(workers - 1, workers) if arrival.index >= first]
        assert left == list(schedule.stripe(workers - 1, workers, first))
        assert counted == Counter((arrival.stage, arrival.due_ns // NS) for arrival in left)

    def test_seconds_hold_the_rounded_expectation_and_add_up(self) -> None:
        schedule = Schedule([Stage("flat", Fraction("10.4"), Fraction("10.4"), 5 * NS)], arrivals="poisson")
        assert schedule.planned_by_second() == {0: 10, 1: 11, 2: 10, 3: 11, 4: 10}

    @given(st.fractions(0, 30, max_denominator=40), st.fractions(1, 30, max_denominator=40))
    def test_up_to_each_second_the_nearest_whole_number_is_expected(
        self, start: Fraction, end: Fraction
    ) -> None:
        schedule = Schedule([Stage("ramp", start, end, 7 * NS // 2)], arrivals="poisson")
        expected = 0
        for second, count in schedule.planned_by_second().items():
            expected += count
            area = schedule.area(min((second + 1) * NS, schedule.duration_ns))
            assert abs(expected - area) <= Fraction(1, 2)

    def test_no_arrival_falls_into_a_pause(self) -> None:
        schedule = Schedule(HILL, arrivals="poisson", seed=8)
        assert schedule.planned_by_stage()[1] == 0

    def test_there_is_no_time_that_follows_from_the_number_alone(self) -> None:
        with pytest.raises(ValueError, match="only even arrivals"):
            Schedule(FLAT, arrivals="poisson").due_ns(0)

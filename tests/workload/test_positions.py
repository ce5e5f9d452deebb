"""Random positions: the same from wherever they are begun, gamma gaps as burst as they should be."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction
from itertools import islice, pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.positions import (
    BLOCK,
    GRAIN,
    MARK_EVERY,
    EvenPositions,
    GammaPositions,
    PoissonPositions,
    Positions,
    gamma_variates,
)
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

SHAPES = [0.05, 0.3, 1.0, 4.0]
SOURCES = [EvenPositions(), PoissonPositions(3), *(GammaPositions(3, shape) for shape in SHAPES)]
PATIENT = settings(deadline=None, max_examples=20)


@pytest.mark.parametrize("source", SOURCES)
def test_they_rise_and_are_the_same_from_wherever_they_begin(source: Positions) -> None:
    whole = list(islice(source.stream(0, 1), 2 * MARK_EVERY + 300))
    assert whole == sorted(whole)
    for first in (0, 1, BLOCK - 1, BLOCK, 5 * BLOCK + 7, MARK_EVERY - 1, MARK_EVERY, 2 * MARK_EVERY + 5):
        for step in (1, 3, 64, BLOCK + 1):
            assert list(islice(source.stream(first, step), 3)) == whole[first::step][:3] or (
                first + 2 * step >= len(whole)
            )


@pytest.mark.parametrize("source", SOURCES)
def test_so_many_are_below_a_limit(source: Positions) -> None:
    whole = list(islice(source.stream(0, 1), 2 * MARK_EVERY + 300))
    for index in (0, 1, 100, BLOCK, MARK_EVERY - 1, MARK_EVERY, MARK_EVERY + 1, 2 * MARK_EVERY):
        below = sum(position < whole[index] for position in whole)
        assert source.below(whole[index]) == below
        assert source.below(whole[index] + 1) == sum(position <= whole[index] for position in whole)
    assert source.below(0) == 0


def test_poisson_positions_are_the_sums_of_one_stream() -> None:
    """What a seed gave before there were marks, it gives still."""
    uniform, total, sums = random.Random("7/0/1").random, 0.0, []  # noqa: S311 -- as it was
    for _ in range(MARK_EVERY + 50):
        total -= math.log(1.0 - uniform())
        sums.append(int(total * GRAIN))
    assert list(islice(PoissonPositions(7).stream(0, 1), len(sums))) == sums
    assert next(PoissonPositions(7).stream(MARK_EVERY + 49, 1)) == sums[-1]


def test_to_begin_late_or_to_ask_for_a_late_instant_draws_no_more_than_to_the_next_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = Schedule([Stage("long", Fraction(100), Fraction(100), 3600 * NS)], arrivals="poisson")
    planned = schedule.planned()
    drawn = 0
    log = math.log

    def counted(number: float) -> float:
        nonlocal drawn
        drawn += 1
        return log(number)

    monkeypatch.setattr("sessionload.workload.positions.math.log", counted)
    assert schedule.index_at(3599 * NS) < planned
    assert drawn <= MARK_EVERY + 1
    next(schedule.stripe(0, 1, planned - 1))
    assert drawn <= 2 * MARK_EVERY + 2


@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_gaps_have_a_mean_of_1_and_a_variance_of_1_over_the_shape(shape: float) -> None:
    """Within six standard errors; the kurtosis of a gamma distribution is 3 + 6 / shape."""
    count = 40_000
    whole = list(islice(GammaPositions(5, shape).stream(0, 1), count + 1))
    gaps = [(later - sooner) / GRAIN for sooner, later in pairwise(whole)]
    assert abs(fmean(gaps) - 1) < 6 / math.sqrt(shape * count)
    error = math.sqrt((2 + 6 / shape) / count) / shape
    assert abs(pvariance(gaps) - 1 / shape) < 6 * error


@pytest.mark.parametrize("shape", [0.05, 0.3, 1.0, 4.0])
def test_as_many_arrivals_are_to_be_expected_as_the_area_says_from_the_start_on(shape: float) -> None:
    """Over many seeds, in the first and in the second ten of the area."""
    seeds = 1500
    first, second = Counter[int](), Counter[int]()
    for seed in range(seeds):
        source = GammaPositions(seed, shape)
        ten, twenty = source.below(10 * GRAIN), source.below(20 * GRAIN)
        first[ten] += 1
        second[twenty - ten] += 1
    for counts in (first, second):
        sample = list(counts.elements())
        assert abs(fmean(sample) - 10) < 5 * math.sqrt(pvariance(sample) / seeds)


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.99, 1.0, 7.5])
def test_variates_have_the_mean_and_the_variance_of_their_shape(shape: float) -> None:
    variate = gamma_variates(shape, random.Random("variates").random)  # noqa: S311 -- repeatable
    sample = [variate() for _ in range(20_000)]
    assert abs(fmean(sample) - shape) < 5 * math.sqrt(shape / len(sample))
    error = shape * math.sqrt((2 + 6 / shape) / len(sample))
    assert abs(pvariance(sample) - shape) < 6 * error


@PATIENT
@given(st.integers(0, 99), st.integers(1, 8), st.fractions(Fraction(1, 20), 20, max_denominator=40))
def test_the_stripes_of_gamma_arrivals_are_the_plan(seed: int, workers: int, shape: Fraction) -> None:
    stages = (
        Stage("up", Fraction(0), Fraction(300), 2 * NS),
        Stage("rest", Fraction(0), Fraction(0), NS),
        Stage("top", Fraction(300), Fraction(300), NS),
    )
    schedule = Schedule(stages, arrivals="gamma", seed=seed, shape=shape)
    arrivals = list(schedule.stripe())
    stripes = [schedule.stripe(worker, workers) for worker in range(workers)]
    assert sorted(one for stripe in stripes for one in stripe) == arrivals
    assert [arrival.index for arrival in arrivals] == list(range(schedule.planned()))
    assert arrivals == list(Schedule(stages, arrivals="gamma", seed=seed, shape=shape).stripe())
    assert arrivals != list(Schedule(stages, arrivals="gamma", seed=seed + 1, shape=shape).stripe())
    assert schedule.planned_by_stage()[1] == 0

"""Several runs on a side: how much runs vary among themselves is in the answer, and in words.

Simulated runs of 30 s with 50 arrivals each second, lognormal; what is left over of a run from hour to hour
is a level of its own for each run (standard deviation 5 %), and a second one for its slow end.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.comparison.test_comparison import BASE, draw, of, run_of

from sessionload.comparison.between_runs import freedom, standard_error, student_quantile
from sessionload.comparison.compare import Comparison, Conclusion, compare, compare_sides
from sessionload.comparison.difference import DifferenceStatus
from sessionload.comparison.metrics import Duration
from sessionload.report.comparison.phrases import among_sentence, conclusion_sentence
from sessionload.units import NS
from sessionload.verdict.verdict import State, Verdict
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from numpy.random import Generator

    from sessionload.verdict.result import Result

NONE, FIVE = Fraction(0), Fraction(5, 100)
SECONDS, EACH = 30, 50


def varied(draws: Generator, name: str, *, factor: float = 1.0, level: float = 0.05) -> Result:
    """A run whose every duration is off by a factor of its own, and its slow end by another."""
    normal = draws.normal(size=(SECONDS, EACH))
    middle, end = level * draws.normal(), level * draws.normal()
    values = np.exp(0.5 * normal + middle + end * (normal > 1)) * 40e6 * factor
    return run_of(values.astype(int).tolist(), name=name)


def sides(
    draws: Generator, base: int, candidate: int, factor: float = 1.0
) -> tuple[list[Result], list[Result]]:
    return (
        [varied(draws, f"b{number}") for number in range(base)],
        [varied(draws, f"c{number}", factor=factor) for number in range(candidate)],
    )


def called_slower(
    base: int, candidate: int, times: int, *, factor: float = 1.0, tolerance: Fraction = NONE, seed: int = 1
) -> int:
    """How many of so many comparisons call the candidate slower."""
    draws = np.random.Generator(np.random.PCG64(seed))
    found = [
        compare_sides(
            *sides(draws, base, candidate, factor), tolerance=tolerance, seed=number, replicates=100
        )
        for number in range(times)
    ]
    return sum(one.conclusion is Conclusion.SLOWER for one in found)


def several(*factors: float, seed: int = 1) -> list[Result]:
    return [
        run_of(draw(60, 40, seed=seed + number, factor=factor), name=f"run-{seed + number}")
        for number, factor in enumerate(factors)
    ]


def compared(base: list[Result], candidate: list[Result], tolerance: Fraction = FIVE) -> Comparison:
    return compare_sides(base, candidate, tolerance=tolerance, replicates=200)


# How often it is right


def test_of_few_equal_sides_hardly_one_is_called_slower_where_single_runs_often_are() -> None:
    """In one of forty, a judged metric may be; of single runs that vary so, a good part is."""
    assert called_slower(3, 3, 8) <= 1
    assert called_slower(1, 1, 12) >= 3


@pytest.mark.long
@pytest.mark.parametrize(("base", "candidate"), [(2, 2), (1, 3), (3, 3), (5, 5)])
def test_of_200_equal_sides_at_most_one_in_twenty_is_called_slower(base: int, candidate: int) -> None:
    assert called_slower(base, candidate, 200) <= 10


@pytest.mark.long
def test_of_200_pairs_of_single_runs_that_vary_many_are_called_slower() -> None:
    """What resampling the seconds of a run cannot know: 60 of them, where 10 at most would be nominal."""
    assert called_slower(1, 1, 200) > 40


@pytest.mark.long
def test_five_runs_a_side_mostly_find_a_fifth_beyond_a_twentieth() -> None:
    """39 of 50; three a side found 21."""
    assert called_slower(5, 5, 50, factor=1.2, tolerance=FIVE) >= 35


# Known answers


@pytest.mark.parametrize(
    ("normal", "degrees", "student"),
    [
        (1.959964, 1, 12.7062),
        (1.959964, 2, 4.30265),
        (1.959964, 3, 3.18245),
        (1.959964, 4, 2.77645),
        (1.959964, 5, 2.57058),
        (2.575829, 1, 63.6567),
        (2.575829, 2, 9.92484),
        (2.575829, 4, 4.60409),
        (2.807034, 7, 4.02934),
        (1.959964, 200, 1.97190),
    ],
)
def test_quantiles_of_students_t_are_those_of_any_table(normal: float, degrees: int, student: float) -> None:
    assert student_quantile(normal, degrees) == pytest.approx(student, rel=1e-5)


@pytest.mark.parametrize("degrees", [1, 2, 3, 30])
def test_far_out_a_quantile_is_still_a_number(degrees: int) -> None:
    assert 5 < student_quantile(5.0, degrees) < student_quantile(9.0, degrees) < math.inf


def test_the_standard_error_is_that_of_two_means_with_one_variance() -> None:
    """Worked out by hand: squares 2 + 2 over 2 degrees of freedom, twice a half."""
    pair = np.array([1.0, 3.0])
    assert standard_error(pair, pair + 5) == pytest.approx(math.sqrt(2))
    assert standard_error(pair[:1], pair) == pytest.approx(math.sqrt(2 * 1.5))
    assert standard_error(pair[:1], pair[1:]) == 0
    assert [freedom(1, 1), freedom(1, 3), freedom(3, 2)] == [0, 2, 3]


def test_one_run_a_side_says_the_same_by_either_door() -> None:
    other = run_of(draw(60, 100, seed=2), name="other")
    one = compare(BASE, other, tolerance=FIVE, replicates=200)
    assert one == compared([BASE], [other])
    assert (one.runs, one.among) == ((1, 1), ())


def test_percentiles_are_those_of_all_arrivals_and_no_means() -> None:
    found = compared(several(1, 3), several(1, 3, seed=7))
    base = of(found, "p95").base
    runs = [of(compared([run], [run]), "p95").base for run in several(1, 3)]
    ns = [level.ns or 0 for level in (base, *runs) if isinstance(level, Duration)]
    assert base == (ns[0], 4800, 240)
    assert ns[1] < ns[0] < ns[2]
    assert ns[0] > (ns[1] + ns[2]) / 2 * 1.05


def test_an_interval_is_at_least_that_of_students_t_over_the_runs() -> None:
    """Worked out from the runs: p50 by its rank, over 2 and 2 runs."""
    base, candidate = several(1, 1.1), several(1, 1.1, seed=7)
    one = of(compared(base, candidate), "p50")
    logs = [
        np.array([math.log(of(compared([run], [run]), "p50").base[0] or 0) for run in side])
        for side in (base, candidate)
    ]
    assert one.interval is not None
    reach = math.log1p(one.interval.high) - math.log1p(one.interval.value)
    assert reach >= student_quantile(1.959964, 2) * standard_error(*logs) * 0.99
    assert one.status is DifferenceStatus.OPEN


def test_swapped_sides_say_the_opposite() -> None:
    base, candidate = several(1, 1.02, 1.01), several(1.3, 1.28, seed=7)
    there, back = compared(base, candidate), compared(candidate, base)
    for one, other in zip(there.differences, back.differences, strict=True):
        if one.metric.view and one.interval and other.interval:
            assert one.interval.low == pytest.approx(1 / (1 + other.interval.high) - 1, abs=1e-9)
    assert there.runs == (3, 2)


def test_errors_of_several_runs_vary_too() -> None:
    def side(name: str, failed: tuple[int, ...]) -> list[Result]:
        rows = draw(60, 40, seed=len(name))
        return [
            run_of(rows, failed=[count] * 60, name=f"{name}-{number}") for number, count in enumerate(failed)
        ]

    calm, restless = (
        of(compared(side("base", failed), side("candidate", failed)), "error_rate").interval
        for failed in ((4, 4, 4), (1, 4, 7))
    )
    assert calm is not None
    assert restless is not None
    assert restless.high > 0.05
    assert calm.high < 0.01


def test_a_percentile_that_is_never_in_one_of_the_runs_is_not_judged() -> None:
    """p99 over all three is a duration: 1.5 % of one run's arrivals failed."""
    base, candidate = several(1, 1, 1), several(1, 1, 1, seed=7)
    rows = draw(60, 40, seed=30)
    candidate[0] = run_of(rows, failed=[1] * 36, name="failing")
    one = of(compared(base, candidate), "p99")
    assert isinstance(one.candidate, Duration)
    assert one.candidate.ns is not None
    assert one.status is DifferenceStatus.SHOWN
    assert "error rate is judged in its place" in one.why


# In words


def test_how_much_runs_differ_is_said_of_each_side_that_has_several() -> None:
    found = compared(several(1, 1.04, 1.02), several(1, seed=7))
    (said,) = map(among_sentence, found.among)
    assert said.startswith("the 3 base runs differ among themselves by ")
    assert " % in p95 (from " in said
    levels = [level.ns or 0 for level in found.among[0].levels]
    assert f"by {100 * (max(levels) / min(levels) - 1):.3g}"[:5] in said


def test_runs_that_do_not_differ_and_those_that_are_never_are_told_apart() -> None:
    second = replace(BASE, run=replace(BASE.run, id="second"))
    failing = run_of(draw(60, 40, seed=3), failed=[40] * 60, name="failing")
    alike = compared([BASE, second], [run_of(draw(60, 40, seed=4), name="c")])
    assert among_sentence(alike.among[0]).startswith(
        "the 2 base runs do not differ among themselves in p95 ("
    )
    apart = compared([BASE, failing], [run_of(draw(60, 40, seed=4), name="c")])
    assert among_sentence(apart.among[0]).endswith(" to never")


def test_what_would_help_is_more_runs() -> None:
    base, candidate = several(1, 1.1, 1.05), several(1, 1.1, 1.04, seed=7)
    said = conclusion_sentence(compared(base, candidate))
    assert said.endswith(" runs on each side, if not fewer, would tell")
    middle = of(compared(base, candidate), "p50").interval
    assert middle is not None
    near = compared(base, candidate, Fraction(middle.value + 1e-6))
    assert any(one.times > 100 for one in near.differences)
    if near.deciding is not None and near.deciding.times > 100:
        assert conclusion_sentence(near).endswith("more runs would hardly tell")


# What makes runs incomparable


def test_a_run_that_stands_there_twice_says_no_more_than_once() -> None:
    found = compared([BASE, BASE], several(1))
    assert found.conclusion is Conclusion.CANNOT_SAY
    assert found.reasons == ("run base stands there 2 times, and says no more than once; name each run once",)
    assert compared([BASE], [BASE, *several(1)]).conclusion is Conclusion.CANNOT_SAY


def test_every_run_must_be_comparable_with_every_other() -> None:
    void = replace(several(1)[0], verdict=Verdict(State.VOID, (), ("it was interrupted",)))
    found = compared([BASE], [run_of(draw(60, 40, seed=8), name="good"), void])
    assert found.reasons == ("the candidate run run-1 is void: it was interrupted",)
    other = replace(several(1)[0], stages=(Stage("peak", Fraction(50), Fraction(50), 60 * NS),))
    found = compared([BASE, other], [run_of(draw(60, 40, seed=8), name="good")])
    (said,) = found.reasons
    assert said == (
        "the load explains a difference: 100/s for 60 s (even arrivals) in the base run base, 50/s for 60 s"
        " (even arrivals) in the base run run-1; run the same stages in all runs"
    )
    assert found.blocks is None


def test_notes_name_what_differs_within_a_side_too() -> None:
    elsewhere = run_of(draw(60, 40, seed=8), name="b2", environment={"name": "stub", "url": "http://b"})
    found = compared([BASE, elsewhere], several(1))
    assert "not the same environment: url http://a or http://b → http://a" in found.notes

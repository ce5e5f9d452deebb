"""A burst is exactly so many arrivals, evenly spaced, and what is around it goes on as if it had not been."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.peak import peak_of
from sessionload.workload.schedule import Arrival, Schedule
from sessionload.workload.stage import Stage

MS = 1_000_000
KINDS = st.sampled_from(["even", "poisson", "gamma"])


def flat(rate: int | Fraction, duration_ns: int, name: str = "flat") -> Stage:
    return Stage(name, Fraction(rate), Fraction(rate), duration_ns)


DOORS = Stage.burst("doors", 5, 10 * MS)
BURSTS = st.builds(Stage.burst, st.just("b"), st.integers(1, 40), st.integers(1, NS))
RATES = st.builds(flat, st.integers(0, 30), st.integers(1, 2 * NS))


@st.composite
def plans(draw: st.DrawFn) -> tuple[Stage, ...]:
    stages = draw(st.lists(st.one_of(BURSTS, RATES), min_size=1, max_size=5))
    return (*stages, draw(BURSTS))


def test_two_hundred_within_200_ms_are_one_each_millisecond() -> None:
    arrivals = list(Schedule([Stage.burst("doors", 200, 200 * MS)], arrivals="poisson").stripe())
    assert [arrival.due_ns for arrival in arrivals] == [n * MS for n in range(200)]


def test_a_burst_takes_numbers_and_no_area() -> None:
    schedule = Schedule([flat(1, 3 * NS // 2), DOORS, flat(1, NS)])
    assert list(schedule.stripe()) == [
        Arrival(0, 0, 0),
        Arrival(1, NS, 0),
        *(Arrival(2 + n, 3 * NS // 2 + n * 2 * MS, 1) for n in range(5)),
        Arrival(7, 2 * NS + 10 * MS, 2),  # half a second after the burst, as half a second was left
    ]
    assert schedule.planned_by_stage() == (2, 5, 1)
    assert schedule.planned_by_second() == {0: 1, 1: 6, 2: 1}
    assert schedule.area(schedule.duration_ns) == Fraction("7.5")


@settings(deadline=None)
@given(plans(), KINDS, st.integers(1, 5), st.integers(0, 60))
def test_every_way_to_count_gives_the_same_count(
    stages: tuple[Stage, ...], kind: str, workers: int, first: int
) -> None:
    schedule = Schedule(stages, arrivals=kind, seed=first, shape=Fraction("0.3"))
    arrivals = list(schedule.stripe())
    assert [arrival.index for arrival in arrivals] == list(range(schedule.planned()))
    assert all(sooner.due_ns <= later.due_ns for sooner, later in pairwise(arrivals))
    for number, (stage, count) in enumerate(zip(stages, schedule.planned_by_stage(), strict=True)):
        assert count == sum(arrival.stage == number for arrival in arrivals)
        assert stage.kind == "rate" or count == stage.area
    stripes = [schedule.stripe(worker, workers, first) for worker in range(workers)]
    assert sorted(one for stripe in stripes for one in stripe) == arrivals[first:]
    for t_ns in {0, schedule.duration_ns, *schedule.starts_ns, *(start + 7 for start in schedule.starts_ns)}:
        if t_ns <= schedule.duration_ns:
            assert schedule.index_at(t_ns) == sum(arrival.due_ns < t_ns for arrival in arrivals)
    left = sorted((arrival.stage, arrival.due_ns // NS) for arrival in arrivals[first:])
    counted = [(stage, second) for stage, second, count in schedule.rest(first) for _ in range(count)]
    assert sorted(counted) == left


@settings(deadline=None)
@given(plans())
def test_even_arrivals_around_bursts_are_those_without_them(stages: tuple[Stage, ...]) -> None:
    others = [stage for stage in stages if stage.kind == "rate"]
    if not sum(stage.area for stage in others):
        return
    alone = [
        due - start
        for _, due, stage in Schedule(others).stripe()
        for start in [Schedule(others).starts_ns[stage]]
    ]
    schedule = Schedule(stages)
    among = [
        due - schedule.starts_ns[stage] for _, due, stage in schedule.stripe() if stages[stage].kind == "rate"
    ]
    assert among == alone


class TestPeak:
    def test_without_bursts_it_is_the_highest_rate(self) -> None:
        assert peak_of([Stage("ramp", Fraction(5), Fraction(50), NS), flat(40, NS)]) == 50

    def test_a_burst_counts_by_what_comes_in_a_second(self) -> None:
        assert peak_of([Stage.burst("doors", 200, 200 * MS)]) == 200
        assert peak_of([Stage.burst("doors", 1000, 5 * NS)]) == 200

    def test_what_comes_around_it_in_that_second_counts_too(self) -> None:
        assert peak_of([flat(10, 5 * NS), Stage.burst("doors", 200, 200 * MS), flat(10, 5 * NS)]) == 208

    def test_two_bursts_in_a_second_count_together(self) -> None:
        burst = Stage.burst("doors", 50, 100 * MS)
        assert peak_of([burst, flat(0, 800 * MS), burst]) == 100
        assert peak_of([burst, flat(0, 900 * MS), burst]) == 50
        assert peak_of([burst, flat(0, 850 * MS), burst]) == 75

    def test_the_second_may_begin_within_a_ramp(self) -> None:
        """Up 0 to 20/s in 2 s, a burst, down again: 0.45 s on either side of the burst are best."""
        up, down = (
            Stage("up", Fraction(0), Fraction(20), 2 * NS),
            Stage("down", Fraction(20), Fraction(0), 2 * NS),
        )
        side = Fraction("0.45")
        most = 100 + 2 * side * (20 - 10 * side / 2)
        assert peak_of([up, Stage.burst("doors", 100, 100 * MS), down]) == most

    @settings(deadline=None)
    @given(plans(), st.integers(0, 3 * NS))
    def test_no_second_has_more(self, stages: tuple[Stage, ...], start: int) -> None:
        schedule = Schedule(stages)
        end = min(start + NS, schedule.duration_ns)
        if start < end:
            assert schedule.area(end) - schedule.area(start) <= peak_of(stages)


def test_a_part_of_an_arrival_is_refused() -> None:
    half = Stage("b", Fraction(1, 2), Fraction(1, 2), NS, kind="burst")
    sentence = "stage 1 ('b') has a part of an arrival; make it a whole number"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Schedule([half])

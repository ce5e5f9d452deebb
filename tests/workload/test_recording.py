"""Arrivals at recorded instants: exact, dealt in any way, and as fast as their fastest second."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.deal import Part, rest
from sessionload.workload.recording import Recording
from sessionload.workload.schedule import Arrival

INSTANTS = st.lists(st.integers(0, 5 * NS), min_size=1, max_size=60).map(
    lambda some: array("q", sorted(some))
)


def test_arrivals_are_due_when_they_came_and_it_lasts_a_little_longer() -> None:
    schedule = Recording("arrivals.csv", array("q", [0, 0, 1_500_000_001, 3 * NS]))
    assert [arrival.due_ns for arrival in schedule.stripe()] == [0, 0, 1_500_000_001, 3 * NS]
    assert schedule.duration_ns == 3_001_000_000
    assert schedule.planned_by_second() == {0: 2, 1: 1, 2: 0, 3: 1}
    (stage,) = schedule.stages
    assert (stage.name, stage.kind, stage.warmup) == ("arrivals.csv", "file", False)
    assert stage.area == 4
    assert (schedule.arrivals, int(schedule.peak), schedule.due_ns(2)) == ("file", 2, 1_500_000_001)


def test_the_first_seconds_may_be_a_warm_up() -> None:
    schedule = Recording("day", array("q", [0, NS - 1, NS, 2 * NS]), warmup_ns=NS)
    assert [(stage.name, stage.warmup) for stage in schedule.stages] == [("warm-up", True), ("day", False)]
    assert schedule.planned_by_stage() == (2, 2)
    assert list(schedule.stripe(1, 2)) == [Arrival(1, NS - 1, 0), Arrival(3, 2 * NS, 1)]
    with pytest.raises(ValueError, match="the warm-up leaves nothing to measure"):
        Recording("day", array("q", [0, NS]), warmup_ns=NS + 1)


@given(INSTANTS)
def test_the_peak_is_the_most_in_any_second(instants: array[int]) -> None:
    assert Recording("x", instants).peak == max(
        sum(start <= other < start + NS for other in instants) for start in instants
    )


@given(INSTANTS, st.integers(1, 5), st.integers(0, 70), st.integers(0, 4 * NS), st.integers(0, 6 * NS))
def test_every_way_to_count_and_to_deal_gives_the_same_arrivals(
    instants: array[int], workers: int, first: int, warmup_ns: int, t_ns: int
) -> None:
    schedule = Recording("x", instants, warmup_ns=min(warmup_ns, instants[-1]))
    arrivals = list(schedule.stripe())
    assert [arrival.due_ns for arrival in arrivals] == list(instants)
    stripes = [schedule.stripe(worker, workers, first) for worker in range(workers)]
    assert sorted(one for stripe in stripes for one in stripe) == arrivals[first:]
    assert schedule.index_at(t_ns) == sum(instant < t_ns for instant in instants)
    assert sum(schedule.planned_by_second().values()) == schedule.planned() == len(instants)
    counted: Counter[tuple[int, int]] = Counter()
    for worker in range(workers):
        for stage, second, count in rest(schedule, [Part(0, worker, workers)], first):
            counted[stage, second] += count
    assert counted == Counter((arrival.stage, arrival.due_ns // NS) for arrival in arrivals[first:])

"""Each arrival belongs to one worker, whoever comes and goes."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.deal import Part, deal, rest
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

STAGES = (
    Stage("up", Fraction(0), Fraction(90), 2 * NS),
    Stage("rest", Fraction(0), Fraction(0), NS),
    Stage("top", Fraction(90), Fraction(90), NS),
)
DEALS = st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1), st.integers(0, 60)), max_size=4)


def parts_of(deals: list[tuple[set[int], int]]) -> dict[int, list[Part]]:
    """Return each worker's parts; each deal begins so many arrivals after the one before."""
    everybody = range(6)
    parts: dict[int, list[Part]] = {worker: [] for worker in everybody}
    first = 0
    for present, later in [({0, 1}, 0), *deals]:
        first += later
        for worker, part in deal(sorted(present), set(everybody) - present, first).items():
            parts[worker].append(part)
    return parts


def performed(schedule: Schedule, parts: list[Part]) -> list[int]:
    """Return the numbers of a worker's arrivals, part by part."""
    numbers = []
    ends = [part.first for part in parts[1:]] + [schedule.planned()]
    for part, end in zip(parts, ends, strict=True):
        if part.stripes:
            numbers += [
                arrival.index
                for arrival in schedule.stripe(part.stripe, part.stripes, part.first)
                if arrival.index < end
            ]
    return numbers


@given(DEALS, st.sampled_from(["even", "poisson"]))
def test_each_arrival_belongs_to_one_worker(deals: list[tuple[set[int], int]], arrivals: str) -> None:
    schedule = Schedule(STAGES, arrivals=arrivals, seed=4)
    numbers = [number for parts in parts_of(deals).values() for number in performed(schedule, parts)]
    assert sorted(numbers) == list(range(schedule.planned()))


@given(DEALS, st.sampled_from(["even", "poisson"]), st.integers(0, 200))
def test_the_rest_of_a_worker_is_what_is_left_of_its_parts(
    deals: list[tuple[set[int], int]], arrivals: str, first: int
) -> None:
    schedule = Schedule(STAGES, arrivals=arrivals, seed=4)
    of_number = {arrival.index: (arrival.stage, arrival.due_ns // NS) for arrival in schedule.stripe()}
    for parts in parts_of(deals).values():
        counted: Counter[tuple[int, int]] = Counter()
        for stage, second, count in rest(schedule, parts, first):
            counted[stage, second] += count
        assert counted == Counter(
            of_number[number] for number in performed(schedule, parts) if number >= first
        )


@given(st.sampled_from(["even", "poisson"]), st.integers(0, 5 * NS))
def test_an_instant_has_its_first_arrival(arrivals: str, t_ns: int) -> None:
    schedule = Schedule(STAGES, arrivals=arrivals, seed=4)
    dues = [arrival.due_ns for arrival in schedule.stripe()]
    assert all(sooner <= later for sooner, later in pairwise(dues))
    assert schedule.index_at(t_ns) == sum(due < t_ns for due in dues)


@given(st.integers(1, 500), st.integers(1, 64))
def test_shares_of_a_limit_are_the_limit_together(limit: int, stripes: int) -> None:
    shares = [Part(0, stripe, stripes).share_of(limit) for stripe in range(stripes)]
    assert max(shares) - min(shares) <= 1
    assert sum(shares) == max(limit, stripes)
    assert Part(0, 0, 0).share_of(limit) == limit

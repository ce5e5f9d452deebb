"""Whoever comes and goes, and whenever: each arrival is handed out by exactly one worker."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.distribution.dealing import Dealer
from sessionload.generator.dealt_starts import DealtStarts
from sessionload.units import NS
from sessionload.workload.deal import Part
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

DEALS = st.lists(
    st.tuples(st.integers(0, 6 * NS), st.sets(st.integers(0, 4), min_size=1)), min_size=1, max_size=6
)


def schedule(arrivals: str) -> Schedule:
    return Schedule([Stage("steady", Fraction(20), Fraction(20), 5 * NS)], arrivals=arrivals, seed=3)


@pytest.mark.parametrize("arrivals", ["even", "poisson"])
@given(deals=DEALS)
def test_each_arrival_has_one_owner(arrivals: str, deals: list[tuple[int, set[int]]]) -> None:
    """Deals are asked for in any order of instants, as when one for a late worker is followed by a loss."""
    plan = schedule(arrivals)
    dealer = Dealer(plan)
    parts: dict[int, list[Part]] = {}
    firsts = []
    for number, (at_ns, present) in enumerate(deals):
        dealt = dealer.deal(at_ns if number else 0, sorted(present))
        assert dealt.at_ns >= at_ns or not number
        firsts.append(dealt.first)
        for worker, part in dealt.parts.items():
            parts.setdefault(worker, []).append(part)
    assert firsts == sorted(firsts)
    performed: Counter[int] = Counter()
    for first, *others in parts.values():
        starts = DealtStarts(plan, lambda index: b"%d" % index, first)
        for part in others:
            starts.deal(part)
        performed.update(start.index for start in starts)
    assert performed == Counter(range(plan.planned()))


def test_who_was_dealt_something_and_is_not_there_any_more_gets_nothing() -> None:
    dealer = Dealer(schedule("even"))
    assert dealer.deal(0, [0, 1]).parts == {0: Part(0, 0, 2), 1: Part(0, 1, 2)}
    assert dealer.deal(NS, [1]).parts == {0: Part(20, 0, 0), 1: Part(20, 0, 1)}
    assert dealer.deal(2 * NS, [1, 2]).parts == {0: Part(40, 0, 0), 1: Part(40, 0, 2), 2: Part(40, 1, 2)}
    assert dealer.first_at(NS) == 40  # a deal does not begin before the one before it

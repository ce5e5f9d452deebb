"""What a search costs at most."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sessionload.capacity.hold import HoldResult, Shown
from sessionload.capacity.search import Search, SearchPlan
from sessionload.capacity.worst_case import Cost, worst_case

PLAN = SearchPlan(Fraction(50), Fraction(5000), Fraction("0.05"), lambda _: 20)
WORST = worst_case(PLAN)


def test_a_single_rate_costs_a_hold_and_its_confirmation_in_four_pieces_each() -> None:
    plan = SearchPlan(Fraction(50), Fraction(50), Fraction("0.05"), lambda _: 20)
    around = 8 * (5 + 3)
    assert worst_case(plan) == Cost(50 * (4 * (20 + 60) + around), 4 * (20 + 60) + around)


@given(st.floats(1, 10_000), st.integers(1, 4))
def test_no_server_with_a_limit_costs_more(limit: float, pieces: int) -> None:
    search, sessions, seconds, piece = Search(PLAN), Fraction(0), 0, 0
    while search.step is not None:
        step = search.step
        sessions += step.rate * step.seconds
        seconds += step.seconds
        piece = piece + 1 if search.goes_on else 1
        leans = step.rate <= limit
        sure = HoldResult(Shown.MET if leans else Shown.MISSED)
        search.take(sure if piece == pieces else HoldResult(Shown.UNSURE, leans_met=leans))
    assert seconds <= WORST.seconds * 1.05
    assert sessions <= WORST.sessions * 1.05

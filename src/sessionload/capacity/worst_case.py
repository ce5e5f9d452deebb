"""The most that a search may send: the search itself, played against any limit that a server may have.

Each hold is unsure until its last piece there. A server whose limit moves can cost more.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from sessionload.capacity.hold import Hold, HoldResult, Shown
from sessionload.capacity.search import Search, SearchPlan
from sessionload.capacity.step_stages import APPROACH_S, CALM_S

_LIMITS = 100
"""How many limits are tried, evenly spaced by their ratio."""


class Cost(NamedTuple):
    """What a search sends in all, and the seconds that it takes, with what is around each hold."""

    sessions: int
    seconds: int


def sessions_of(step: Hold, lowest: Fraction) -> Fraction:
    """Return how many sessions one piece of a hold takes, with what is around it."""
    return step.rate * step.seconds + lowest * CALM_S + (lowest + step.rate) / 2 * APPROACH_S


def worst_case(plan: SearchPlan) -> Cost:
    """Return the most sessions and the most seconds of a search, each over all limits."""
    span = float(plan.highest / plan.lowest)
    limits = [plan.lowest * Fraction(span ** (step / _LIMITS)) for step in range(_LIMITS + 1)]
    costs = [_cost(plan, limit) for limit in (Fraction(0), *limits, plan.highest)]
    return Cost(max(cost.sessions for cost in costs), max(cost.seconds for cost in costs))


def _cost(plan: SearchPlan, limit: Fraction) -> Cost:
    search, sessions, seconds = Search(plan), Fraction(0), 0
    while (step := search.step) is not None:
        sessions += sessions_of(step, plan.lowest)
        seconds += step.seconds + CALM_S + APPROACH_S
        search.take(HoldResult(Shown.UNSURE, leans_met=step.rate <= limit))
    return Cost(round(sessions), seconds)

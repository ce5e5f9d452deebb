"""A service level objective: which share of users is promised a session within which time, and its budget.

The budget of a period is the share that may be served later, of as many users as would come in the period at
the rate of the run. `within` is counted as the target of that name counts it. An objective is no target: it
says what a run cost, and changes no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.errors import ValueProblem, quoted
from sessionload.units import NS, parse_duration, parse_share
from sessionload.verdict.metric_values import below, within_edge

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice

DAY_NS = 86_400 * NS
_USUAL_PERIOD = "30d"
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """`share` of the users has a session within `within_ns`, over `days` days."""

    within_ns: int
    share: Fraction
    days: int


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What a run has used of the error budget."""

    users: int
    late: int
    """Those who had no session in time."""
    burn: Fraction
    """How many times as fast as it may the budget goes, at the share of late users of this run."""
    used: Fraction
    """The share of the budget of the whole period that this run used."""


def parse_period(text: str) -> int:
    """Return the days of `30d`. Raises `ValueProblem`."""
    match = re.fullmatch(r"\s*([0-9]{1,3})\s*d\s*", text)
    if not match or not 1 <= int(match[1]) <= _MOST_DAYS:
        message = f"{quoted(text)} is not a period of 1 to {_MOST_DAYS} days"
        raise ValueProblem(message, "write whole days, like 30d")
    return int(match[1])


def service_level_of(scenario: Mapping[str, Any]) -> ServiceLevel | None:
    """Return the objective of a scenario in a result; `None` if it has none that can be read."""
    written = scenario.get("slo")
    if not isinstance(written, Mapping):
        return None
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        share = parse_share(written["share"])
        if 0 < share < 1:
            days = parse_period(written.get("period", _USUAL_PERIOD))
            return ServiceLevel(parse_duration(written["within"]), share, days)
    return None


def budget_use(level: ServiceLevel, measured: Slice, duration_ns: int) -> BudgetUse | None:
    """Return what the arrivals of the measured stages used, which last so long; `None` without any."""
    users = measured.accounted
    if not users:
        return None
    late = users - below(measured.valid, within_edge(level.within_ns))
    burn = Fraction(late, users) / (1 - level.share)
    return BudgetUse(users, late, burn, burn * Fraction(duration_ns, level.days * DAY_NS))

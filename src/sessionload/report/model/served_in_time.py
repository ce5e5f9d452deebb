"""The share of users who had a session in time, and what of an error budget a run used.

"In time" is as the target `within(400ms)` counts it. Which times matter is what the scenario says: in its
targets over the whole run, and in its service level objective.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.quantities import counted_noun
from sessionload.report.model.rows import Fact
from sessionload.units import NS, duration_text, rate_text, share_text, significant
from sessionload.verdict.metric_values import in_time_text
from sessionload.verdict.service_level import DAY_NS, budget_use, service_level_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.service_level import BudgetUse, ServiceLevel


def served_in_time(result: Result, measured: Slice) -> Iterator[Fact]:
    """Yield for each such time the share of the measured arrivals that had a session within it."""
    level = service_level_of(result.scenario)
    times = {target.metric.within_ns for target in result.targets if not target.stages}
    times.add(level.within_ns if level else None)
    for within_ns in sorted(each for each in times if each is not None):
        yield Fact(f"Within {duration_text(within_ns)}", in_time_text(within_ns, measured))


def budget_sentence(result: Result, measured: Slice) -> str:
    """Return what of the error budget a run used, without a full stop; nothing without an objective."""
    level = service_level_of(result.scenario)
    duration_ns = sum(stage.duration_ns for stage in result.stages if not stage.warmup)
    use = budget_use(level, measured, duration_ns) if level else None
    if level is None or use is None:
        return ""
    in_time = in_time_text(level.within_ns, measured)
    share = share_text(level.share.numerator, level.share.denominator)
    days = counted_noun(level.days, "day")
    rate = rate_text(Fraction(use.users * NS, duration_ns))
    return (
        f"{in_time} of {counted_noun(use.users, 'measured arrival')} had a session within"
        f" {duration_text(level.within_ns)}, of {share} promised. At this rate ({rate}) the error budget"
        f" of {days} is {_budget(level, use, duration_ns)}, and this run used {_used(use)} of it"
        f"{_pace(level, use)}"
    )


def _budget(level: ServiceLevel, use: BudgetUse, duration_ns: int) -> str:
    allowed = (1 - level.share) * use.users * level.days * DAY_NS / duration_ns
    return f"{significant(allowed)} later arrivals" if allowed < 1 else f"{round(allowed):,} later arrivals"


def _used(use: BudgetUse) -> str:
    return share_text(use.used.numerator, use.used.denominator)


def _pace(level: ServiceLevel, use: BudgetUse) -> str:
    """Return how fast the budget goes, and when it would be gone."""
    if not use.late:
        return ""
    lasts = duration_text(round(level.days * DAY_NS / use.burn))
    pace = f"{significant(use.burn)} times the pace that keeps the promise"
    return f": {pace}" + (f", which leaves nothing after {lasts}" if use.burn > 1 else "")

"""Changes, intervals and answers in words, for all views of a comparison alike.

Durations change in percent of the base, shares of arrivals in points. A change has a sign and a unit, and
reads 0 only where there is exactly none. A sentence about one metric must not read as if it were about all of
them, so it names the metric, and the others beside it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.comparison.compare import Conclusion
from sessionload.comparison.difference import DifferenceStatus
from sessionload.comparison.metrics import Duration, Role
from sessionload.report.model.quantities import NOTHING, latency_text
from sessionload.units import share_text, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.comparison.between_runs import RunSpread
    from sessionload.comparison.compare import Comparison
    from sessionload.comparison.difference import Difference
    from sessionload.comparison.metrics import Level

_HOPELESS = 100.0
"""What would take so many times the arrivals to tell is at the tolerance itself."""


def level_text(level: Level) -> str:
    """Return what a metric is on one side, as the run's own report says it."""
    if isinstance(level, Duration):
        return latency_text(level.ns, level.samples)
    return share_text(level.part, level.whole)


def signed(change: float, unit: str) -> str:
    """Return a change, as a part of 1, in hundredths: `+13.8 %`, `+0.02 points`."""
    if not change:
        return f"0 {unit}"
    size = Fraction(abs(change) * 100)
    text = significant(size)
    if text.startswith("<"):
        text = f"{float(size):.{math.ceil(-math.log10(size))}f}".rstrip("0")
    noun = "point" if (text, unit) == ("1", "points") else unit
    return f"{'−' if change < 0 else '+'}{text} {noun}"  # noqa: RUF001 - a minus, as it is printed


def unit_of(difference: Difference) -> str:
    """Return what a change of this metric is counted in."""
    return "%" if difference.metric.view else "points"


def change_text(difference: Difference) -> str:
    """Return how far apart both sides are."""
    return NOTHING if difference.change is None else signed(difference.change, unit_of(difference))


def interval_text(difference: Difference) -> str:
    """Return the ends of the interval: `+9.1 % to +18 %`."""
    if difference.interval is None:
        return NOTHING
    low, high = (signed(end, unit_of(difference)) for end in difference.interval[1:])
    return f"{low.removesuffix('s').removesuffix(' point')} to {high}"


def tolerance_text(tolerance: Fraction) -> str:
    """Return a tolerance of durations: `5 %`."""
    return share_text(tolerance.numerator, tolerance.denominator)


def limit_text(difference: Difference, tolerance: Fraction) -> str:
    """Return the tolerance of one metric: that of durations, or the points that it comes to."""
    return (
        tolerance_text(tolerance)
        if difference.metric.view
        else signed(difference.limit, "points").lstrip("+")
    )


def conclusion_sentence(comparison: Comparison) -> str:
    """Return the sentence that follows the answer, without a full stop."""
    deciding = comparison.deciding
    if deciding is None:
        first, *further = comparison.reasons
        return f"{first} (1 of {1 + len(further)} reasons)" if further else first
    limit = limit_text(deciding, comparison.tolerance)
    if comparison.conclusion is Conclusion.SLOWER:
        also_slower = [
            difference
            for difference in comparison.of_status(DifferenceStatus.SLOWER)
            if difference is not deciding
        ]
        return f"{_change(deciding)}, tolerance {limit}{_also(also_slower, 'slower too')}"
    if comparison.conclusion is Conclusion.NOT_SLOWER:
        unjudged = [
            difference
            for difference in comparison.differences
            if difference.why and difference.metric.view and difference.metric.role is Role.JUDGED
        ]
        return f"nearest to the tolerance of {limit} is {_change(deciding)}{_also(unjudged, 'not judged')}"
    needed = _needed_runs(deciding, max(comparison.runs)) if comparison.among else _needed(deciding)
    return f"{_change(deciding)}, tolerance {limit}; {needed}"


def among_sentence(spread: RunSpread) -> str:
    """Return how much the runs of a side differ among themselves, without a full stop."""
    shortest, longest = spread.ends
    runs = f"the {len(spread.levels):,} {spread.side} runs"
    low, high = level_text(shortest), level_text(longest)
    if shortest.ns == longest.ns:
        return f"{runs} do not differ among themselves in p95 ({low})"
    if not shortest.ns or longest.ns is None:
        return f"{runs} differ among themselves in p95: from {low} to {high}"
    apart = signed(longest.ns / shortest.ns - 1, "%").lstrip("+")
    return f"{runs} differ among themselves by {apart} in p95 (from {low} to {high})"


def _change(difference: Difference) -> str:
    sides = f"{level_text(difference.base)} → {level_text(difference.candidate)}"
    interval = interval_text(difference)
    return f"{difference.metric.name} {sides}, {change_text(difference)} (95 % interval {interval})"


def _also(differences: Sequence[Difference], what: str) -> str:
    if not differences:
        return ""
    *first, last = (difference.metric.name for difference in differences)
    return f"; {', '.join(first)}{' and ' if first else ''}{last} {'are' if first else 'is'} {what}"


def _needed_runs(difference: Difference, runs: int) -> str:
    """Return how many runs narrow the interval enough; Student's t narrows it further, so it is a bound."""
    if difference.times > _HOPELESS:
        return "that is so near the tolerance that more runs would hardly tell"
    return f"{math.ceil(runs * difference.times):,} runs on each side, if not fewer, would tell"


def _needed(difference: Difference) -> str:
    if difference.times > _HOPELESS:
        return "that is so near the tolerance that more arrivals would hardly tell"
    arrivals = max(_arrivals(difference.base), _arrivals(difference.candidate)) * difference.times
    step = 10 ** max(0, len(f"{arrivals:.0f}") - 2)
    times = (
        f"{difference.times:.1f}".removesuffix(".0") if difference.times < 10 else f"{difference.times:.0f}"
    )
    return f"a run {times} times as long, of about {math.ceil(arrivals / step) * step:,} arrivals, would tell"


def _arrivals(level: Level) -> int:
    return level.samples if isinstance(level, Duration) else level.whole

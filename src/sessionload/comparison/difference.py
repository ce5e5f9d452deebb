"""One metric on both sides: how far apart they are, and how that lies to the tolerance.

The tolerance of a duration is a part of the base's. That of the error rate is the same part of the base's own
error rate, but a tenth of a point at least, because five hundredths of nothing are nothing. A percentile that
is never is no duration: the error rate, which made it so, is judged in its place. What is not judged has a
reason that can be shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sessionload.comparison.intervals import FEW, Interval
from sessionload.comparison.metrics import ComparedMetric, Duration, Level, Role, Share

if TYPE_CHECKING:
    from fractions import Fraction

LEAST_POINTS = 0.001
"""The error rate may rise by so much (0.1 points), whatever the tolerance is."""
_FARTHEST = 50.0
"""The logarithm of a ratio that no two durations have."""
NEAR_NEVER = "it is near the arrivals without a session; the error rate is judged in its place"


class DifferenceStatus(StrEnum):
    """How the interval of one metric lies to the tolerance."""

    SLOWER = "slower"
    """All of it is beyond."""
    WITHIN = "within"
    """It ends within the tolerance."""
    OPEN = "open"
    """It reaches across the end of the tolerance."""
    SHOWN = "shown"
    """It is not judged."""


class Range(NamedTuple):
    """A change and the ends of its interval: parts of the base for durations, else shares of arrivals."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric on both sides."""

    metric: ComparedMetric
    base: Level
    candidate: Level
    change: float | None
    """As a part of the base for durations (0.05 is 5 % more), else as a share of all arrivals."""
    interval: Range | None
    limit: float
    """The largest change that is within the tolerance, in the same unit."""
    status: DifferenceStatus
    why: str
    """Why it cannot be judged, as a sentence without an end; else empty."""
    times: float
    """How many times the arrivals it would take to tell, if it is open; else 0."""


def lacking(base: Level, candidate: Level) -> str:
    """Return why a metric cannot be judged on these sides, as a sentence without an end; empty if it can."""
    samples = [level.whole if isinstance(level, Share) else level.samples for level in (base, candidate)]
    if 0 in samples:
        return f"there are no samples on {_sides(samples.count(0))}"
    if isinstance(base, Share):
        return "" if base[0] or candidate[0] else "none were seen on either side"
    durations = [level for level in (base, candidate) if isinstance(level, Duration)]
    never = [level for level in durations if level.ns is None]
    if never:
        return f"it is never on {_sides(len(never))}; the error rate is judged in its place"
    if any(level.beyond < FEW for level in durations):
        return f"fewer than {FEW} samples are beyond it"
    return ""


def difference(
    metric: ComparedMetric,
    sides: tuple[Level, Level],
    estimate: Interval | None,
    why: str,
    tolerance: Fraction,
    *,
    judged: bool,
) -> Difference:
    """Return a difference; `why` says why this one cannot be judged, `judged` is whether any can."""
    limit = _limit(sides[0], tolerance)
    if estimate is None:
        return Difference(metric, *sides, _change(*sides), None, limit, DifferenceStatus.SHOWN, why, 0.0)
    interval = Range(*map(_ratio if metric.view else _points, estimate))
    status, times = DifferenceStatus.SHOWN, 0.0
    if judged and not why and metric.role is not Role.SHOWN:
        status = _status(interval, limit)
    if status is DifferenceStatus.OPEN:
        times = _times(estimate, math.log1p(limit) if metric.view else limit)
    return Difference(metric, *sides, interval.value, interval, limit, status, why, times)


def _sides(count: int) -> str:
    return "both sides" if count > 1 else "one side"


def _limit(base: Level, tolerance: Fraction) -> float:
    if isinstance(base, Share):
        return max(LEAST_POINTS, float(tolerance) * base.value)
    return float(tolerance)


def _ratio(logarithm: float) -> float:
    return math.expm1(min(logarithm, _FARTHEST))


def _points(difference: float) -> float:
    return min(max(difference, -1.0), 1.0)


def _status(interval: Range, limit: float) -> DifferenceStatus:
    if interval.low > limit:
        return DifferenceStatus.SLOWER
    return DifferenceStatus.WITHIN if interval.high <= limit else DifferenceStatus.OPEN


def _times(estimate: Interval, limit: float) -> float:
    """Return how many times the arrivals make the interval end at the limit: it narrows with their root."""
    gap = abs(limit - estimate.value)
    return ((estimate.high - estimate.value) / gap) ** 2 if gap else math.inf


def _change(base: Level, candidate: Level) -> float | None:
    if isinstance(base, Share) and isinstance(candidate, Share):
        return candidate.value - base.value if base.whole and candidate.whole else None
    if (
        isinstance(base, Duration)
        and isinstance(candidate, Duration)
        and base.ns
        and candidate.ns is not None
    ):
        return candidate.ns / base.ns - 1
    return None

"""What a target reads from a slice, as figures for people, and how a value compares with its bound.

A target reads either a histogram or three counts, of one slice or of the sum of several. A reading over no
samples has no value. Each count names the arrivals that could have shown it: a run whose every request timed
out has no contract violation, and no evidence about the contract either.

Ties. Counts, shares, `min`, `mean` and `max` are exact. A percentile is known to the grain of its histogram
(less than 0.1 %), so a percentile that cannot be told from the bound counts as equal to it: it misses `<` and
`>`, and meets `<=` and `>=`. `within(400ms)` counts arrivals that took at most 400 ms for sure: what is in
the bucket of 400 ms cannot be told from later ones and counts as later; `too_near` says how many that are.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.exchange import ANSWERED, Outcome
from sessionload.metrics.histogram import Histogram
from sessionload.units import duration_text, share_text, significant
from sessionload.verdict.targets import BoundKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.targets import Target

_CHECKED = frozenset({Outcome.OK, Outcome.CONTRACT_VIOLATION})
_SENT = frozenset(Outcome)
_SHOWN_BY: dict[str, tuple[Outcome, Collection[Outcome]]] = {
    "contract_violations": (Outcome.CONTRACT_VIOLATION, _CHECKED),
    "throttled": (Outcome.THROTTLED, ANSWERED),
    "rejected": (Outcome.REJECTED, ANSWERED),
    "server_errors": (Outcome.SERVER_ERROR, ANSWERED),
    "timeouts": (Outcome.TIMEOUT, _SENT),
    "connection_errors": (Outcome.CONNECTION_ERROR, _SENT),
    "protocol_errors": (Outcome.PROTOCOL_ERROR, _SENT),
}
_COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class CountValue:
    """`part` of `whole` arrivals, of which `count` could have shown it."""

    part: int
    whole: int
    count: int


MetricValue = Histogram | CountValue
"""What a target reads. Both have `count`, the samples behind the value."""


def metric_value(target: Target, part: Slice) -> MetricValue:
    """Return what `target` looks at in a slice."""
    metric = target.metric
    if metric.view:
        view: Histogram = getattr(part, metric.view)
        return view
    arrivals = part.accounted
    if metric.within_ns is not None:
        return CountValue(below(part.valid, within_edge(metric.within_ns)), arrivals, arrivals)
    if metric.name in _SHOWN_BY:
        outcome, shown_by = _SHOWN_BY[metric.name]
        evidence = sum(count for seen, count in part.outcomes.items() if seen in shown_by)
        return CountValue(part.outcomes.get(outcome, 0), arrivals, evidence)
    counted = {"error_rate": part.errors, "achieved_rate": part.sent, "unsent": part.unsent}
    return CountValue(counted[metric.name], arrivals, arrivals)


def within_edge(within_ns: int) -> int:
    """Return the first bucket that may hold a duration above `within_ns`."""
    return bucket_of(within_ns + 1)


def below(histogram: Histogram, edge: int) -> int:
    """Return how many durations are in buckets below `edge`."""
    if histogram.minimum is None or bucket_of(histogram.minimum) >= edge:
        return 0
    if bucket_of(histogram.maximum) < edge:
        return histogram.ended
    return sum(count for bucket, count in histogram.items() if bucket < edge)


def too_near(within_ns: int, part: Slice) -> int:
    """Return how many arrivals took so nearly `within_ns` that nobody can tell whether they took longer."""
    edge = within_edge(within_ns)
    return below(part.valid, edge + 1) - below(part.valid, edge) if bounds_of(edge)[0] <= within_ns else 0


def in_time_text(within_ns: int, part: Slice) -> str:
    """Return the share of arrivals that were served in time: `99.2 %`."""
    in_time, near = below(part.valid, within_edge(within_ns)), too_near(within_ns, part)
    if near and not in_time:  # which may be some all the same
        return f"at most {share_text(near, part.accounted)}"
    return share_text(in_time, part.accounted)


def near_text(within_ns: int, part: Slice) -> str:
    """Return how many that are not counted may have been in time, as a sentence without an end."""
    near = too_near(within_ns, part)
    if not near:
        return ""
    arrivals = "1 arrival took" if near == 1 else f"{near:,} arrivals took"
    return f"{arrivals} {duration_text(within_ns)} to 0.1 %, and may have been in time"


def value_of(target: Target, reading: MetricValue) -> Fraction | None:
    """Return the value of a reading with samples, in the unit of the bound; `None` is never."""
    if isinstance(reading, CountValue):
        return Fraction(reading.part, reading.whole if target.kind is BoundKind.SHARE else 1)
    metric = target.metric
    if metric.share is not None:
        quantile = reading.quantile(metric.share)
        if quantile is None:
            return None
        # Within the grain of the histogram the two are the same; see Ties above.
        tie = bucket_of(quantile) == bucket_of(target.bound.numerator)
        return target.bound if tie else Fraction(quantile)
    if metric.statistic == "min":
        return None if reading.minimum is None else Fraction(reading.minimum)
    if reading.never:
        return None
    return Fraction(reading.maximum) if metric.statistic == "max" else Fraction(reading.total, reading.count)


def holds(target: Target, value: Fraction | None) -> bool:
    """Return whether a value keeps the bound. Never keeps none, not even a lower one."""
    return value is not None and _COMPARE[target.op](value, target.bound)


def severity(target: Target, value: Fraction | None) -> tuple[bool, Fraction]:
    """Return a key that is larger the worse a value is for the target; never is the worst."""
    if value is None:
        return True, Fraction(0)
    if target.op == "==":
        return False, abs(value - target.bound)
    return False, value if target.caps else -value


def samples_of(target: Target, reading: MetricValue) -> int:
    """Return how many arrivals a value is of: of a share all of them, else those that could have shown it."""
    if isinstance(reading, CountValue) and target.kind is BoundKind.SHARE:
        return reading.whole
    return reading.count


def measured_text(target: Target, reading: MetricValue) -> str:
    """Return the value of a reading with samples for people: `312 ms`, `0.02 %`, `3`, `never`."""
    if isinstance(reading, CountValue):
        return (
            share_text(reading.part, reading.whole) if target.kind is BoundKind.SHARE else f"{reading.part:,}"
        )
    value = value_of(target, reading)
    return duration_text(None if value is None else round(value))


def margin_text(target: Target, value: Fraction | None) -> str:
    """Return how far a value is from the bound: `88 ms below`, `1.2 points above`; empty for never.

    A value that is the bound is `exactly` there where it has to be, and `at the bound` elsewhere.
    """
    if value is None:
        return ""
    gap = abs(value - target.bound)
    if not gap:
        return "exactly" if target.op == "==" else "at the bound"
    amount = {
        BoundKind.DURATION: lambda: duration_text(max(1, round(gap))),
        BoundKind.SHARE: lambda: (
            f"{significant(gap * 100)} {'point' if gap == Fraction(1, 100) else 'points'}"
        ),
        BoundKind.COUNT: lambda: f"{gap.numerator:,}",
    }[target.kind]()
    return f"{amount} {'below' if value < target.bound else 'above'}"

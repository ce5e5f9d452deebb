"""What is compared, and what of it is judged.

What is judged is fixed here, before any number is seen: how long an arrival waited for its session, and
whether it got one at all. Judged are the percentiles of the response that runs of ordinary length can tell
apart, and the error rate. p99.9 of the response can make a candidate slower, but a candidate can be "not
slower" without it: between equal runs of a hundred thousand arrivals it moves by more than a usual tolerance.
Service times are a part of response times, and unsent arrivals and broken contracts are a part of the error
rate, so those are only shown. Do not judge more: each further metric makes the intervals of all others wider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice


class Role(StrEnum):
    """What a metric can do to the conclusion."""

    JUDGED = "judged"
    """It can make a candidate slower, and must be within the tolerance of one that is not."""
    ACCUSES = "accuses"
    """It can make a candidate slower, and no more."""
    SHOWN = "shown"
    """It is shown, and no more."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedMetric:
    """A percentile of a view of the durations, or (`view` is empty) a share of the arrivals.

    There is one of each, so that looking one up costs nothing.
    """

    name: str
    """As in a target: `p95`, `service.p95`, `error_rate`."""
    role: Role
    view: str = ""
    share: Fraction = Fraction(0)
    """The percentile as a fraction: 19/20 for p95."""


class Duration(NamedTuple):
    """A percentile in nanoseconds; `None` is never, or no samples if there are none."""

    ns: int | None
    samples: int
    beyond: int
    """How many durations are above it, what is never left out."""


class Share(NamedTuple):
    """`part` of `whole` arrivals."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def both(self) -> tuple[int, int]:
        """How many arrivals are of this kind, and how many are not."""
        return self.part, self.whole - self.part


Level = Duration | Share
"""What a metric is on one side."""

_PERCENTILES = {
    "p50": (Fraction(50, 100), Role.JUDGED),
    "p75": (Fraction(75, 100), Role.JUDGED),
    "p90": (Fraction(90, 100), Role.JUDGED),
    "p95": (Fraction(95, 100), Role.JUDGED),
    "p99": (Fraction(99, 100), Role.JUDGED),
    "p99.9": (Fraction(999, 1000), Role.ACCUSES),
}

RESPONSE = tuple(
    ComparedMetric(name, role, "response", share) for name, (share, role) in _PERCENTILES.items()
)
P95 = RESPONSE[tuple(_PERCENTILES).index("p95")]
SERVICE = tuple(
    ComparedMetric(f"service.{name}", Role.SHOWN, "service", share)
    for name, (share, _) in _PERCENTILES.items()
)
PERCENTILES = {"response": RESPONSE, "service": SERVICE}
"""By view."""
ERROR_RATE = ComparedMetric("error_rate", Role.JUDGED)
"""Arrivals without a valid session, those that were never sent included."""
ACHIEVED_RATE = ComparedMetric("achieved_rate", Role.SHOWN)
"""Arrivals that were sent."""
VIOLATION_RATE = ComparedMetric("contract_violations", Role.SHOWN)
"""Arrivals whose answer broke the contract."""
RATES = (ERROR_RATE, ACHIEVED_RATE, VIOLATION_RATE)
METRICS = (*RESPONSE, ERROR_RATE, *SERVICE, ACHIEVED_RATE, VIOLATION_RATE)
"""All of them, in the order in which they are shown."""


def counted(second: Slice) -> dict[ComparedMetric, int]:
    """Return how many arrivals of a slice each rate counts, of those that are accounted for."""
    return {
        ERROR_RATE: second.errors,
        ACHIEVED_RATE: second.sent,
        VIOLATION_RATE: second.outcomes.get(Outcome.CONTRACT_VIOLATION, 0),
    }


def levels(measured: Slice) -> Mapping[ComparedMetric, Level]:
    """Return what each metric is over the measured stages of one side."""
    by_metric: dict[ComparedMetric, Level] = {}
    for view, metrics in PERCENTILES.items():
        histogram: Histogram = getattr(measured, view)
        count, ended = histogram.count, histogram.ended
        shares = [metric.share for metric in metrics]
        quantiles = histogram.quantiles(shares) if count else [None] * len(shares)
        for metric, ns in zip(metrics, quantiles, strict=True):
            by_metric[metric] = Duration(ns, count, max(0, ended - math.ceil(metric.share * count)))
    for metric, count in counted(measured).items():
        by_metric[metric] = Share(count, measured.accounted)
    return by_metric

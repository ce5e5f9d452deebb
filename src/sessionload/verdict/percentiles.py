"""The ten numbers that stand for a histogram in a result, for people.

They are milliseconds to the nanosecond, so that writing and reading them changes nothing. A number that is
not known is `None`, never 0. `None` has two causes, no samples and never; `count` tells them apart.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sessionload.metrics.histogram import Histogram

_MS = 1_000_000
_PERCENTILES = {
    "p50": Fraction(50, 100),
    "p75": Fraction(75, 100),
    "p90": Fraction(90, 100),
    "p95": Fraction(95, 100),
    "p99": Fraction(99, 100),
    "p99_9": Fraction(999, 1000),
}


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Milliseconds of a histogram; `None` is never, or no samples if `count` is 0.

    `min` and `max` are exact, `mean` is to the nanosecond, percentiles are nearest rank to 0.1 %.
    `min` is over what ended, because one that never ended cannot be the smallest.
    """

    count: int
    min: float | None
    mean: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None

    @classmethod
    def of(cls, histogram: Histogram) -> Self:
        """Return the summary of a histogram."""
        count = histogram.count
        percentiles = {
            name: _ms(histogram.quantile(share)) if count else None for name, share in _PERCENTILES.items()
        }
        return cls(
            count=count,
            min=_ms(histogram.minimum),
            mean=_ms(histogram.mean),
            max=_ms(histogram.largest),
            **percentiles,
        )

    def to_json(self) -> dict[str, float | None]:
        """Return a JSON object with these names."""
        return asdict(self)


def _ms(ns: float | None) -> float | None:
    return None if ns is None else round(ns / _MS, 6)

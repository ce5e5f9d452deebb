"""How surely two runs differ: a 95 % confidence interval for each difference.

The intervals of all that can make a candidate slower hold at once: in 95 of 100 comparisons of equal runs,
each of them contains no difference. Both runs are resampled by the same draws, a second of the base with the
same second of the candidate, so that what the plan does to both (a ramp, the same arrivals by the same seed)
cancels. `bootstrap/critical_value` says how many standard errors an interval reaches. Where a side has
several runs, how far they lie apart gives an interval too (`between_runs`), and the wider one holds.

Durations are compared by the logarithm of their ratio, so that swapping the sides flips the sign and nothing
else; shares of arrivals by their difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sessionload.bootstrap.blocks import Blocks, block_length
from sessionload.bootstrap.critical_value import critical, student
from sessionload.comparison.between_runs import freedom, standard_error, student_quantile
from sessionload.comparison.metrics import PERCENTILES, RATES, Duration, Role, Share
from sessionload.comparison.resampling import logarithms, totals
from sessionload.metrics.buckets import bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from sessionload.comparison.metrics import ComparedMetric, Level
    from sessionload.comparison.per_second import PerSecond

    Floats = NDArray[np.float64]
    Weights = NDArray[np.uint16]
    Sides = tuple[PerSecond, PerSecond]
    Pairs = Mapping[ComparedMetric, tuple[Level, Level]]

FEW = 20
"""Fewer arrivals of a kind than this, and resampling cannot tell how many there might have been."""
_OFTEN = 0.01


class Interval(NamedTuple):
    """A difference with its confidence interval: the logarithm of a ratio, or a difference of shares."""

    value: float
    low: float
    high: float


class _Spread(NamedTuple):
    """What resampling found of one metric."""

    value: float
    deviation: float
    """The standard deviation over the resampled runs."""
    deviations: Floats
    """Of each resampled run from the mean of all, in standard deviations."""
    least: float = 0.0
    """What the standard error is at least."""
    between: float = 0.0
    """The standard error by how far the runs of each side lie apart; 0 with one run a side."""

    @classmethod
    def of(cls, value: float, drawn: Floats, least: float = 0.0, between: float = 0.0) -> _Spread:
        deviation = float(drawn.std(ddof=1))
        apart = drawn - drawn.mean()
        return cls(value, deviation, apart / deviation if deviation else apart, least, between)

    def interval(self, critical: float, blocks: Blocks, runs: int) -> Interval:
        """Return it; `runs` are the degrees of freedom of `between`."""
        error = max(self.deviation * blocks.inflation, self.least)
        reach = student(critical, blocks.freedom) * error
        if runs:
            reach = max(reach, student_quantile(critical, runs) * self.between)
        return Interval(self.value, self.value - reach, self.value + reach)


def cut(sides: Sides, pairs: Pairs, usable: Iterable[ComparedMetric]) -> Blocks:
    """Return how long blocks have to be for the differences of these two runs."""
    metrics = [metric for metric in usable if metric.role is Role.JUDGED]
    stages = sides[0].stages
    return Blocks(stages, block_length(_influence(sides, pairs, metrics), stages))


def intervals(
    sides: Sides,
    pairs: Pairs,
    usable: Sequence[ComparedMetric],
    blocks: Blocks,
    *,
    replicates: int,
    seed: int,
) -> dict[ComparedMetric, Interval | None]:
    """Return the intervals of the percentiles in `usable` and of all rates.

    `pairs` are what the metrics are on each side. There is no interval for a rate of nothing, and for a
    percentile that is never in more than a few of the resampled runs.
    """
    weights = blocks.weights(replicates, seed)
    spreads: dict[ComparedMetric, _Spread | None] = {}
    for view, metrics in PERCENTILES.items():
        kept = [metric for metric in metrics if metric in usable]
        spreads |= zip(kept, _percentiles(sides, view, kept, weights), strict=True)
    spreads |= {metric: _rate(sides, metric, weights, pairs[metric]) for metric in RATES}
    together = critical(
        [spread.deviations for metric, spread in spreads.items() if spread and metric.role is not Role.SHOWN]
    )
    runs = freedom(*(len(side.results) for side in sides))
    return {
        metric: spread
        and spread.interval(
            critical([spread.deviations]) if metric.role is Role.SHOWN else together, blocks, runs
        )
        for metric, spread in spreads.items()
    }


def _influence(sides: Sides, pairs: Pairs, metrics: Sequence[ComparedMetric]) -> Floats:
    """Return what each second adds to the differences: the mean over the metrics, each by its own spread.

    To a percentile, a second adds how many more of its arrivals than there should be are above it.
    """
    base, candidate = (_excess(side, number, pairs, metrics) for number, side in enumerate(sides))
    difference = candidate - base
    spread = difference.std(axis=1)
    series = difference[spread > 0] / spread[spread > 0, None]
    return series.mean(axis=0) if len(series) else np.zeros(difference.shape[1])


def _excess(side: PerSecond, number: int, pairs: Pairs, metrics: Sequence[ComparedMetric]) -> Floats:
    """Return, by metric and second, how many arrivals are above what the whole side has there, as a share."""
    durations = [pairs[metric][number] for metric in metrics if metric.view]
    above = side.durations("response").above(
        [bucket_of(each.ns) for each in durations if isinstance(each, Duration) and each.ns is not None]
    )
    rates = [side.parts[metric] for metric in metrics if not metric.view]
    counts = np.concatenate((above, np.reshape(rates, (len(rates), len(side.accounted)))))
    arrivals = max(int(side.accounted.sum()), 1)
    return counts / arrivals - np.outer(counts.sum(axis=1) / arrivals, side.accounted / arrivals)


def _percentiles(
    sides: Sides, view: str, metrics: Sequence[ComparedMetric], weights: Weights
) -> Iterator[_Spread | None]:
    """Yield what resampling finds of percentiles of one view; `None` for those that are often never."""
    shares = [metric.share for metric in metrics]
    (of_base, drawn_base), (of_candidate, drawn_candidate) = (
        _of_side(side, view, shares, weights) for side in sides
    )
    base_runs, candidate_runs = (
        _by_run(side, view, shares) if len(side.results) > 1 else whole[None, :]
        for side, whole in zip(sides, (of_base, of_candidate), strict=True)
    )
    for number in range(len(metrics)):
        base, candidate = drawn_base[:, number], drawn_candidate[:, number]
        never = np.isinf(base) | np.isinf(candidate)
        runs = base_runs[:, number], candidate_runs[:, number]
        if never.mean() > _OFTEN or np.isinf(np.concatenate(runs)).any():
            yield None
        else:
            value = float(of_candidate[number] - of_base[number])
            yield _Spread.of(value, _ended(candidate) - _ended(base), between=standard_error(*runs))


def _of_side(
    side: PerSecond, view: str, shares: Sequence[Fraction], weights: Weights
) -> tuple[Floats, Floats]:
    """Return the logarithms of percentiles as they are, and by resampled run."""
    durations = side.durations(view)
    once = np.ones((1, weights.shape[1]), np.uint16)
    return logarithms(durations, once, shares)[0], logarithms(durations, weights, shares)


def _by_run(side: PerSecond, view: str, shares: Sequence[Fraction]) -> Floats:
    """Return the logarithms of percentiles of each run of a side."""
    once = np.ones((1, sum(side.stages)), np.uint16)
    return np.concatenate([logarithms(run.durations(view), once, shares) for run in side.runs])


def _ended(logarithms: Floats) -> Floats:
    """Return what ended as it is, and as the largest of that what did not."""
    return np.asarray(np.minimum(logarithms, logarithms[np.isfinite(logarithms)].max()))


def _rate(
    sides: Sides, metric: ComparedMetric, weights: Weights, pair: tuple[Level, Level]
) -> _Spread | None:
    """Return what resampling finds of a share; `None` if a side has no arrivals."""
    shares = [
        totals(weights, side.parts[metric]) / np.maximum(totals(weights, side.accounted), 1) for side in sides
    ]
    base, candidate = (level for level in pair if isinstance(level, Share))
    if not base.whole or not candidate.whole:
        return None
    least = _rare(base, candidate) if min(*base.both, *candidate.both) < FEW else 0.0
    by_run = (
        np.array([run.parts[metric].sum() / max(run.accounted.sum(), 1) for run in side.runs])
        for side in sides
    )
    return _Spread.of(candidate.value - base.value, shares[1] - shares[0], least, standard_error(*by_run))


def _rare(*shares: Share) -> float:
    """Return the standard error of a difference of shares of a rare kind, none of which may have been seen.

    That of Agresti and Caffo (2000): as if one more arrival of either kind had been seen on each side.
    """
    return math.sqrt(
        sum((share.part + 1) * (share.whole - share.part + 1) / (share.whole + 2) ** 3 for share in shares)
    )

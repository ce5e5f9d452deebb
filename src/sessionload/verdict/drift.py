"""Whether a percentile of the response rises over a run, beyond noise.

What is looked at are the measured stages of constant rate, cut into slices of equal length with enough
arrivals for the percentile in each. Stages of one rate have one level, others have levels of their own.

A drift is missed only where the whole interval is above the bound, and met only where all of it is below: a
run too short to tell has no evidence, and that is void. Neither is it missed if it is not without the
generator's own lag, which is taken off each slice. A slice in which the percentile is never counts as the
largest that was seen, and with more than one of a hundred the percentile has no drift.
"""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sessionload.bootstrap.trend import Trend, trend
from sessionload.metrics.sums import total
from sessionload.units import NS, duration_text, significant
from sessionload.verdict.found_over_time import Found, nothing
from sessionload.verdict.judged_target import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.over_time_metrics import Drift
    from sessionload.verdict.without_lag import LagBySecond
    from sessionload.workload.stage import Stage

BEYOND = 5
"""So many arrivals of a slice are beyond the percentile, on average."""
FEWEST_SLICES = 20
_MOST_SLICES = 120
"""Longer slices have less in common with their neighbours, which the interval needs."""
_OFTEN = Fraction(1, 100)
_HOUR_S = 3600
_MOST_PERCENT = 1000
"""Nobody has to know a change that is larger than this."""
_LONGEST_S = 24 * _HOUR_S


class _Cut(NamedTuple):
    """A stage, cut into slices: its number, its first second and how many slices it has."""

    stage: int
    first: int
    slices: int


class DriftSeries(NamedTuple):
    """A percentile slice by slice."""

    length_s: int
    starts: tuple[int, ...]
    """The second of the run in which each slice begins."""
    of_stage: tuple[int, ...]
    """The number of the stage of each slice."""
    levels_ns: tuple[int | None, ...]
    """`None` is never."""
    late_ns: tuple[int, ...]
    """How late the generator may have made the arrivals of each slice."""
    samples: int

    @property
    def never(self) -> int:
        """In how many slices the percentile is never."""
        return self.levels_ns.count(None)

    def trend(self, stages: Sequence[Stage], *, without_lag: bool = False) -> Trend | None:
        """Return the trend; `None` where there is too little to tell."""
        seen = [level for level in self.levels_ns if level is not None]
        if len(self.starts) < FEWEST_SLICES or not seen or self.never > _OFTEN * len(self.starts):
            return None
        rates = sorted({stages[stage].start_rate for stage in self.of_stage})
        late = self.late_ns if without_lag else (0,) * len(self.starts)
        return trend(
            [(start + self.length_s / 2) / _HOUR_S for start in self.starts],
            [
                math.log(max((max(seen) if level is None else level) - late_ns, 1))
                for level, late_ns in zip(self.levels_ns, late, strict=True)
            ],
            [rates.index(stages[stage].start_rate) for stage in self.of_stage],
            tuple(self.of_stage.count(stage) for stage in sorted(set(self.of_stage))),
        )


def drift_series(
    drift: Drift,
    slices: Mapping[tuple[int, int], Slice],
    stages: Sequence[Stage],
    judged: frozenset[int],
    lags: LagBySecond | None = None,
) -> DriftSeries:
    """Return the percentile of `drift` slice by slice, over those of the judged stages that hold a rate."""
    length_s, cuts = _cut(drift.share, stages, judged)
    places: defaultdict[tuple[int, int], list[tuple[int, Slice]]] = defaultdict(list)
    starts, of_stage, levels, late, samples = [], [], [], [], 0
    of_cut = {cut.stage: cut for cut in cuts}
    for stage, second in slices:
        cut = of_cut.get(stage)
        if cut is not None and cut.first <= second < cut.first + cut.slices * length_s:
            part = slices[stage, second]
            places[stage, (second - cut.first) // length_s].append((second, part))
    for (stage, number), parts in sorted(places.items()):
        response = total(part for _, part in parts).response
        samples += response.count
        starts.append(of_cut[stage].first + number * length_s)
        of_stage.append(stage)
        levels.append(response.quantile(drift.share))
        seconds = ((second, [part]) for second, part in parts)
        late.append(
            max(lags.longest(second) + lags.read_late_ns(second, each) for second, each in seconds)
            if lags
            else 0
        )
    return DriftSeries(length_s, tuple(starts), tuple(of_stage), tuple(levels), tuple(late), samples)


def holds_rate(stage: Stage) -> bool:
    """Return whether a stage has one rate all the time; a burst and a file of instants have none."""
    return stage.kind == "rate" and bool(stage.start_rate) and stage.start_rate == stage.end_rate


def _cut(share: Fraction, stages: Sequence[Stage], judged: frozenset[int]) -> tuple[int, list[_Cut]]:
    """Return the length of a slice in seconds, and the stages that hold a rate."""
    spans, start_ns = [], 0
    for number, stage in enumerate(stages):
        end_ns = start_ns + stage.duration_ns
        if number in judged and holds_rate(stage):
            spans.append((number, -(-start_ns // NS), end_ns // NS))
        start_ns = end_ns
    slowest = min((stages[number].start_rate for number, _, _ in spans), default=Fraction(1))
    whole = sum(max(0, end - first) for _, first, end in spans)
    length_s = max(math.ceil(BEYOND / min(share, 1 - share) / slowest), -(-whole // _MOST_SLICES), 1)
    return length_s, [_Cut(number, first, max(0, end - first) // length_s) for number, first, end in spans]


def judge_drift(
    drift: Drift,
    op: str,
    slices: Mapping[tuple[int, int], Slice],
    stages: Sequence[Stage],
    judged: frozenset[int],
    lags: LagBySecond,
) -> Found:
    """Return whether a percentile drifts by less than the bound."""
    series = drift_series(drift, slices, stages, judged, lags)
    found = series.trend(stages)
    cut = f"{len(series.starts):,} slices of {duration_text(series.length_s * NS)}"
    if found is None:
        return nothing(_why_none(drift, series, cut))
    bound = float(drift.per_hour)
    interval = f"95 % interval {_percent(found.low)} to {_percent(found.high)} %/h, from {cut}"
    gap = Fraction(abs(found.per_hour - bound) * 100).limit_denominator(10**6)
    margin = (
        f"{significant(gap)} points {'below' if found.per_hour < bound else 'above'}"
        if gap
        else "at the bound"
    )
    measured = f"{_percent(found.per_hour)} %/h"
    if found.high < bound or (op == "<=" and found.high == bound):
        return Found(State.MET, measured, margin, series.samples, interval)
    if found.low <= bound:
        note = f"{interval}: too wide to tell{_longer(found, bound, series)}"
        return Found(State.VOID, measured, margin, series.samples, note)
    at_best = series.trend(stages, without_lag=True)
    if at_best is None or at_best.low <= bound:
        return Found(
            State.VOID,
            measured,
            margin,
            series.samples,
            f"{interval}; missed only with the generator's own lag",
        )
    return Found(State.MISSED, measured, margin, series.samples, interval)


def _why_none(drift: Drift, series: DriftSeries, slices: str) -> str:
    if not series.samples:
        return "no samples in a stage of constant rate"
    if series.never > _OFTEN * len(series.starts):
        return f"{drift.percentile} is never in {series.never:,} of {slices}, so it has no drift"
    needed = duration_text(FEWEST_SLICES * series.length_s * NS)
    return f"{slices} say nothing about a drift; hold a rate for {needed} or longer"


def _longer(found: Trend, bound: float, series: DriftSeries) -> str:
    """Return for how long to hold the rate to see that nothing rises: the error falls with time^1.5."""
    gap = math.log1p(bound)
    if not gap:
        return ""
    reach = math.log1p(found.high) - found.slope
    needed_s = len(series.starts) * series.length_s * (reach / gap) ** (2 / 3)
    if needed_s > _LONGEST_S:
        return ""
    enough = duration_text(math.ceil(needed_s / 60) * 60 * NS)
    return f"; if nothing rises, {enough} at a constant rate would show it"


def _percent(share: float) -> str:
    """Return a share in percent, with its sign."""
    percent = abs(share) * 100
    if percent > _MOST_PERCENT:
        return f"over +{_MOST_PERCENT:,}"
    number = significant(Fraction(percent).limit_denominator(10**6))
    return number if number == "0" else f"{'-' if share < 0 else '+'}{number}"

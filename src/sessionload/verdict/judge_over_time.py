"""Judges a target on how response times change over the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.units import NS
from sessionload.verdict.drift import judge_drift
from sessionload.verdict.judged_stages import judged_stages
from sessionload.verdict.over_time_metrics import WINDOW_S, Drift, Recovery
from sessionload.verdict.recovery import judge_recovery
from sessionload.verdict.targets import Target, parse_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Evidence
    from sessionload.verdict.found_over_time import Found
    from sessionload.verdict.without_lag import LagBySecond


def judge_over_time(
    target: Target, evidence: Evidence, slices: Mapping[tuple[int, int], Slice], lags: LagBySecond
) -> Found:
    """Return what was found of a target on drift or recovery, in the slices that were measured."""
    metric, stages = target.metric.over_time, evidence.stages
    if isinstance(metric, Drift):
        judged = judged_stages(stages, target.stages)
        return judge_drift(metric, target.op, slices, stages, judged, lags)
    if isinstance(metric, Recovery):
        return judge_recovery(metric, limit_of(metric), slices, stages, lags, evidence.measured_until_s)
    raise TypeError(f"{target.expr} is no target on a change")


def limit_of(recovery: Recovery) -> Target:
    """Return the target that each window after a recovery keeps."""
    return parse_target(recovery.limit, window_ns=WINDOW_S * NS)

"""Reasons to doubt the numbers of a run: each one makes it void, whatever its targets say.

Queueing and unsent arrivals are the server's doing and no reason. The accounting, the processor time and
exchanges that were cut are looked at over the whole run, lag over the measured stages.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.stage_sums import over
from sessionload.units import NS, duration_text, significant
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.turn_doubts import turn_doubts

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Evidence

_BURST_NS = 2 * NS
"""A stage that is no longer than this is a burst."""
_GENERATOR = "generator/"
"""How the cause of a finding begins if the generator or its machine made the exchange fail."""


def doubts(evidence: Evidence, total: Slice) -> list[str]:
    """Return the reasons, as sentences without an end; `total` is the sum of the measured slices."""
    accounting = Accounting.of(evidence.measurement, planned=evidence.planned, lost=evidence.lost)
    reasons = [
        *_unaccounted(evidence, accounting),
        *_ended_early(evidence, accounting.outcomes[Outcome.ABORTED]),
        *_generator_reasons(evidence, total),
        *turn_doubts(evidence),
    ]
    if not total.accounted and evidence.measured_until_s is None:
        reasons.append("there are no measured arrivals: nothing was due outside warm-up stages")
    return reasons


def _unaccounted(evidence: Evidence, accounting: Accounting) -> list[str]:
    reasons = []
    placed, tolerated = over(evidence.measurement).lost, evidence.limits.lost_share
    if accounting.lost > accounting.planned * tolerated:
        above = f", more than max_lost {significant(tolerated * 100)} %" if tolerated else ""
        reasons.append(
            f"{_arrivals(accounting.lost)} lost{above}: the generator ended before it could account for them"
        )
    elif accounting.lost > placed:
        reasons.append(f"{_arrivals(accounting.lost - placed)} lost, and nobody knows when they were due")
    if not accounting.arrivals_close:
        reasons.append(f"arrivals do not add up: {accounting.arrivals_sentence}")
    if not accounting.outcomes_close:
        reasons.append(f"outcomes do not add up: {accounting.outcomes_sentence}")
    return reasons


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _arrivals(count: int) -> str:
    return "1 arrival is" if count == 1 else f"{count:,} arrivals are"


def _ended_early(evidence: Evidence, cut: int) -> list[str]:
    if evidence.interrupted is not None:
        return [f"the run was interrupted ({evidence.interrupted}): what it measured is not the plan"]
    reasons = []
    if cut:
        exchanges = "1 exchange was" if cut == 1 else f"{cut:,} exchanges were"
        reasons.append(f"{exchanges} cut: the drain ended before they did")
    abort_targets = [target.name for target in evidence.targets if target.abort]
    if evidence.aborted_by is not None and evidence.aborted_by not in abort_targets:
        reasons.append(f"the run was ended by '{evidence.aborted_by}', which is no abort target of it")
    return reasons


def _burst_cure(evidence: Evidence) -> str:
    """Return what to do where the lag is that of many at once, in short stages; else nothing."""
    measured = {number: stage for number, stage in enumerate(evidence.stages) if not stage.warmup}
    bursts = {number: stage for number, stage in measured.items() if stage.duration_ns <= _BURST_NS}
    if not bursts:
        return ""
    steady = over(evidence.measurement, lambda stage: stage in measured and stage not in bursts).lag
    limit_ns = evidence.limits.lag_p99_ns
    if steady and (steady.quantile(Fraction(99, 100)) or 0) > limit_ns:
        return ""
    stage = max(bursts.values(), key=lambda stage: stage.area / stage.duration_ns)
    arrivals = f"{round(stage.area):,} arrivals in {duration_text(stage.duration_ns)}"
    return (
        f"that is the lag of so many at once ({arrivals} in stage {stage.name}): let them come over a longer"
        " time, share them among more workers, or raise load.max_lag to the lag that you accept"
    )


def _generator_reasons(evidence: Evidence, total: Slice) -> list[str]:
    reasons = []
    limits = evidence.limits
    lag = total.lag
    late = lag.quantile(Fraction(99, 100)) if lag else None
    skew = evidence.clock_error_ns
    if skew > limits.lag_p99_ns:
        reasons.append(
            f"the clocks of the workers may differ by {duration_text(skew)}, which is above max_lag"
            f" {duration_text(limits.lag_p99_ns)}; use a quicker network between master and workers"
        )
    elif late is not None and late <= limits.lag_p99_ns < late + skew:
        reasons.append(
            f"generator lag p99 {duration_text(late)}, with the {duration_text(skew)} by which the clocks of"
            f" the workers may differ, is above max_lag {duration_text(limits.lag_p99_ns)}"
        )
    if late is not None and late > limits.lag_p99_ns:
        reasons.append(
            f"generator lag p99 {duration_text(late)} is above max_lag {duration_text(limits.lag_p99_ns)};"
            f" {_burst_cure(evidence) or 'use a quieter machine or a lower rate'}"
        )
    reasons += [
        f"{finding.message} ({_times(finding.count)}): the cause is on the generator's side"
        for cause, finding in sorted(evidence.measurement.findings.items())
        if cause.startswith(_GENERATOR)
    ]
    busy = evidence.measurement.generator.cpu_share
    if busy > limits.cpu_share:
        reasons.append(
            f"generator processor time {significant(busy * 100)} % of a core is above max_cpu"
            f" {significant(limits.cpu_share * 100)} %; use a faster machine or a lower rate"
        )
    return reasons

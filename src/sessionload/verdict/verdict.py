"""Met, missed or void: what a run is worth.

Law: no evidence is no pass. A run that cannot be trusted is void, whatever its numbers say; a target over no
samples is never met. Idea: reasons to doubt the generator are told apart from a server that is slow: queueing
and unsent arrivals are the server's, and make targets miss. Trap: a run that ended early is judged over the
whole plan; what was never sent counts as never, for every target.

Any reason makes a run void; else any missed target makes it missed; else any void target void. Only slices of
stages that are not warm-up are judged. The ledger, the generator's processor time and exchanges that were cut
are looked at over the whole run.

A target with a window must hold in every run of so many seconds between the first and the last measured
second. A window without samples is no evidence and is passed over; with no window left the target is void.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.slices import Slice
from sessionload.metrics.sums import over
from sessionload.units import NS, duration_text, significant
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.metric_values import (
    add,
    holds,
    margin_text,
    measured_text,
    metric_value,
    severity,
    value_of,
    windows,
)
from sessionload.verdict.targets import Target, parse_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.metric_values import MetricValue
    from sessionload.workload.schedule import Stage

_ALWAYS = parse_target("contract_violations == 0")
_GENERATOR = "generator/"
"""How the cause of a finding begins if the generator or its machine made the exchange fail."""


class State(StrEnum):
    """The three verdicts, of a target and of a run."""

    MET = "met"
    MISSED = "missed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class JudgedTarget:
    """A target and what was found, as text for people; empty where there is nothing to say."""

    expr: str
    state: State
    measured: str
    bound: str
    margin: str
    samples: int
    """How many arrivals stand behind `measured`; of a target with a window, those of the worst one."""
    note: str = ""
    window: str | None = None
    """The seconds of the worst window, `12 s to 42 s`; `None` for a target without one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run is worth. `reasons` are sentences, and there are some if and only if it is void."""

    state: State
    targets: tuple[JudgedTarget, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the generator may do to itself before its numbers are not believed."""

    lag_p99_ns: int = 10_000_000
    cpu_share: Fraction = Fraction(9, 10)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict is made from. `aborted_by` is the `expr` of the target that ended the run."""

    measurement: Measurement
    stages: tuple[Stage, ...]
    planned: int
    lost: int
    interrupted: str | None = None
    aborted_by: str | None = None
    targets: tuple[Target, ...] = ()
    limits: Limits = Limits()


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict of a run that has ended."""
    measured = _measured(evidence.stages)
    total = over(evidence.measurement, measured.__contains__)
    judged = [_judge_target(target, evidence, total) for target in evidence.targets]
    if all(target.metric.name != _ALWAYS.metric.name for target in evidence.targets):
        always = _judge_target(_ALWAYS, evidence, total)
        judged.append(replace(always, note="; ".join(filter(None, (always.note, "always judged")))))
    reasons = _reasons(evidence, total)
    states = {target.state for target in judged}
    if reasons:
        state = State.VOID
    elif State.MISSED in states:
        state = State.MISSED
    elif State.VOID in states:
        state = State.VOID
        reasons = [
            f"'{target.expr}' cannot be judged: {target.note}"
            for target in judged
            if target.state is State.VOID
        ]
    else:
        state = State.MET
    return Verdict(state, tuple(judged), tuple(reasons))


def first_aborting_target(
    measurement: Measurement, stages: Sequence[Stage], targets: Sequence[Target], now_second: int
) -> Target | None:
    """Return the first target that is missed already and stops the run, or `None`.

    A target with a window is judged over the last one, the seconds [`now_second` - window,
    `now_second`), if that lies in the measured stages; a count without one over everything so far,
    because a count only rises. What is still in flight is not counted: pass the second before which
    every arrival has ended, because a later one judges a window by its fast answers alone.
    """
    measured = _measured(stages)
    first, last = _span(stages, measured)
    for target in targets:
        start, end = (now_second - target.window_s, now_second) if target.window_s else (first, last)
        if not target.abort or start < first or end > last:
            continue
        reading = metric_value(target, Slice())
        for (stage, second), part in measurement.slices.items():
            if start <= second < end and stage in measured:
                reading = add(reading, metric_value(target, part))
        if reading.count and not holds(target, value_of(target, reading)):
            return target
    return None


def _measured(stages: Sequence[Stage]) -> frozenset[int]:
    return frozenset(number for number, stage in enumerate(stages) if not stage.warmup)


def _span(stages: Sequence[Stage], measured: frozenset[int]) -> tuple[int, int]:
    """Return the first second with time of a measured stage, and the one after the last."""
    first = last = start_ns = 0
    for number, stage in enumerate(stages):
        end_ns = start_ns + stage.duration_ns
        if number in measured:
            first = first if last else start_ns // NS
            last = -(-end_ns // NS)
        start_ns = end_ns
    return first, last


def _judge_target(target: Target, evidence: Evidence, total: Slice) -> JudgedTarget:
    judged = (
        _judge_windows(target, evidence) if target.window_s else _judged(target, metric_value(target, total))
    )
    if evidence.aborted_by is None:
        return judged
    if target.abort and target.expr == evidence.aborted_by:
        return replace(judged, state=State.MISSED, note="ended the run before its plan was done")
    return replace(judged, note=judged.note or "over the whole plan, with what was never sent")


def _judged(target: Target, reading: MetricValue) -> JudgedTarget:
    if not reading.count:
        return _without(target, "no samples")
    value = value_of(target, reading)
    return JudgedTarget(
        expr=target.expr,
        state=State.MET if holds(target, value) else State.MISSED,
        measured=measured_text(target, reading),
        bound=target.bound_text,
        margin=margin_text(target, value),
        samples=reading.count,
    )


def _without(target: Target, note: str) -> JudgedTarget:
    return JudgedTarget(target.expr, State.VOID, "no samples", target.bound_text, "", 0, note)


def _judge_windows(target: Target, evidence: Evidence) -> JudgedTarget:
    measured = _measured(evidence.stages)
    first, last = _span(evidence.stages, measured)
    length = target.window_s
    if last - first < length:
        measured_s = duration_text((last - first) * NS)
        return _without(target, f"no full window of {duration_text(length * NS)} in {measured_s} measured")
    nothing = metric_value(target, Slice())
    seconds = [nothing] * (last - first)
    for (stage, second), part in evidence.measurement.slices.items():
        if stage in measured and first <= second < last:
            seconds[second - first] = add(seconds[second - first], metric_value(target, part))
    full = [(start, reading) for start, reading in windows(seconds, length, add) if reading.count]
    if not full:
        return _without(target, f"no window of {duration_text(length * NS)} has samples")
    start, worst = max(full, key=lambda window: severity(target, value_of(target, window[1])))
    return replace(
        _judged(target, worst),
        note=f"worst of {len(full):,} windows of {duration_text(length * NS)}",
        window=f"{first + start} s to {first + start + length} s",
    )


def _reasons(evidence: Evidence, total: Slice) -> list[str]:
    reasons = [
        *_unaccounted(evidence),
        *_ended_early(evidence),
        *_generator_reasons(evidence, total),
    ]
    if not total.accounted:
        reasons.append("there are no measured arrivals: nothing was due outside warm-up stages")
    return reasons


def _unaccounted(evidence: Evidence) -> list[str]:
    accounting = Accounting.of(evidence.measurement, planned=evidence.planned, lost=evidence.lost)
    reasons = []
    if accounting.lost:
        reasons.append(
            f"{_arrivals(accounting.lost)} lost: the generator ended before it could account for them"
        )
    if not accounting.arrivals_close:
        reasons.append(f"arrivals do not add up: {accounting.arrivals_sentence}")
    if not accounting.outcomes_close:
        reasons.append(f"outcomes do not add up: {accounting.outcomes_sentence}")
    return reasons


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _arrivals(count: int) -> str:
    return "1 arrival is" if count == 1 else f"{count:,} arrivals are"


def _ended_early(evidence: Evidence) -> list[str]:
    if evidence.interrupted is not None:
        return [f"the run was interrupted ({evidence.interrupted}): what it measured is not the plan"]
    reasons = []
    cut = sum(part.outcomes.get(Outcome.ABORTED, 0) for part in evidence.measurement.slices.values())
    if cut:
        exchanges = "1 exchange was" if cut == 1 else f"{cut:,} exchanges were"
        reasons.append(f"{exchanges} cut: the drain ended before they did")
    stoppers = [target.expr for target in evidence.targets if target.abort]
    if evidence.aborted_by is not None and evidence.aborted_by not in stoppers:
        reasons.append(f"the run was ended by '{evidence.aborted_by}', which is no abort target of it")
    return reasons


def _generator_reasons(evidence: Evidence, total: Slice) -> list[str]:
    reasons = []
    limits = evidence.limits
    lag = total.lag
    late = lag.quantile(Fraction(99, 100)) if lag else None
    if late is not None and late > limits.lag_p99_ns:
        reasons.append(
            f"generator lag p99 {duration_text(late)} is above max_lag {duration_text(limits.lag_p99_ns)};"
            " use a quieter machine or a lower rate"
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

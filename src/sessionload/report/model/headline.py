"""The run in one sentence.

The sentence claims nothing that the verdict does not, and says what its figures are over: all arrivals of the
measured stages, whatever rate they came at. A figure of the whole says nothing about one rate, so where one
stage went worse than the others, it is named. A broken contract comes before anything else that was missed,
and void says why there is no verdict.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.report.model.abort_window import shown_targets
from sessionload.report.model.ladder import ladder_stop
from sessionload.report.model.load_text import offered_text, scale_text
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import counted_noun
from sessionload.units import NS, duration_text, share_text
from sessionload.verdict.measured_part import until_text
from sessionload.verdict.targets import BoundKind, parse_target, stages_text
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.verdict import JudgedTarget

_VIOLATIONS = "contract_violations"


def headline_sentence(result: Result, measured: Slice) -> str:
    """Return the sentence that follows the verdict's word, without a full stop."""
    scale = scale_text(result.scenario)
    clauses = (
        _sentence(result, measured),
        until_text(result.run.measured_until_s),
        f"the scenario was scaled: {plain(scale, 100)}" if scale else "",
    )
    return "; ".join(filter(None, clauses))


def _sentence(result: Result, measured: Slice) -> str:
    state = result.verdict.state
    if state is State.MET:
        return _met(result, measured)
    if state is State.MISSED:
        return _missed(result, measured)
    broken = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    return _void(result) + (f"; {counted_noun(broken, 'arrival')} broke the contract" if broken else "")


def _met(result: Result, measured: Slice) -> str:
    arrivals = counted_noun(measured.accounted, "measured arrival")
    load = offered_text(stage for stage in result.stages if not stage.warmup)
    broken = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    figures = (
        _kept(result.verdict.targets),
        f"{share_text(measured.errors, measured.accounted)} without a session{_worst(result, measured)}",
        f"{measured.unsent:,} never sent" if measured.unsent else "",
        f"{broken:,} broke the contract" if broken else "none broke the contract",
    )
    return f"{arrivals} {load}: {', '.join(filter(None, figures))}"


def _kept(targets: tuple[JudgedTarget, ...]) -> str:
    """Return the first target on durations or on who was served in time, before all one on the whole run."""
    parsed_targets = [(target, parse_target(target.expr)) for target in targets]
    durations = [
        target
        for target, each in parsed_targets
        if (each.kind is BoundKind.DURATION and not each.metric.over_time) or each.is_within
    ]
    if not durations:
        return ""
    whole = (target for target in durations if target.window is None and not target.stages)
    target = next(whole, durations[0])
    parsed = parse_target(target.expr)
    stages = f" {stages_text(target.stages)}" if target.stages else ""
    window = " in the worst window" if target.window else ""
    if parsed.is_within:
        return f"{parsed.metric.name} {target.measured} of {target.bound}{stages}{window}"
    return (
        f"{parsed.metric.name} {target.measured} of {duration_text(parsed.bound.numerator)}{stages}{window}"
    )


def _worst(result: Result, measured: Slice) -> str:
    """Return the stage that had the largest share without a session, if that is not the share of all."""
    if not measured.errors:
        return ""
    arrivals: Counter[int] = Counter()
    errors: Counter[int] = Counter()
    for (stage, _), part in result.measured_slices.items():
        if not result.stages[stage].warmup:
            arrivals[stage] += part.accounted
            errors[stage] += part.errors
    shares = {stage: Fraction(errors[stage], count) for stage, count in arrivals.items() if count}
    worst = max(shares, key=shares.__getitem__)
    if shares[worst] == Fraction(measured.errors, measured.accounted):
        return ""
    share = share_text(errors[worst], arrivals[worst])
    return f" ({share} of {arrivals[worst]:,} in stage {result.stages[worst].name})"


def _missed(result: Result, measured: Slice) -> str:
    shown = list(shown_targets(result))
    missed = [target for target in shown if target.state is State.MISSED]
    broken = [target for target in missed if parse_target(target.expr).metric.name == _VIOLATIONS]
    others = [target for target in missed if target not in broken]
    aborted_by = result.run.aborted_by
    worst = next((target for target in others if target.name == aborted_by), next(iter(others), None))
    early = f"stopped after {_elapsed(result)} of {_planned(result)}"
    further = len(others) - 1
    clauses = (
        _broken(broken, measured) if broken else "",
        f"{early} by '{aborted_by}'" if aborted_by and (worst is None or worst.name != aborted_by) else "",
        (f"{early}: " if worst.name == aborted_by else "") + _miss(worst, measured) if worst else "",
        ladder_stop(result, shown),
        f"{counted_noun(further, 'further target')} missed" if further > 0 else "",
    )
    return "; ".join(filter(None, clauses))


def _broken(targets: list[JudgedTarget], measured: Slice) -> str:
    """Return how many broke the contract, over all arrivals like all other shares, and the bound of that."""
    count = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    share = share_text(count, measured.accounted)
    bound = "" if targets[0].bound == "0" else f" (bound {targets[0].expr.partition(' ')[2]})"
    arrivals = counted_noun(measured.accounted, "measured arrival")
    return f"{count:,} of {arrivals} ({share}) broke the contract{bound}"


def _miss(target: JudgedTarget, measured: Slice) -> str:
    parsed = parse_target(target.expr)
    if parsed.metric.over_time is not None:
        return f"'{target.name}': {target.measured} ({target.note})"
    bound = duration_text(parsed.bound.numerator) if parsed.kind is BoundKind.DURATION else target.bound
    stages = f" {stages_text(target.stages)}" if target.stages else ""
    window = f"{stages} in the window from {target.window}" if target.window else stages
    if target.margin == "at the bound":
        gap = f", not {parsed.op} {bound}"
    elif target.margin:
        gap = f", {target.margin} the bound of {bound}"
    elif parsed.metric.of_turns:
        gap = f" (bound {bound}): too many turns did not end well"
    else:
        without = share_text(measured.errors, measured.accounted)
        arrivals = counted_noun(measured.accounted, "measured arrival")
        gap = f" (bound {bound}): {without} of {'all ' if window else ''}{arrivals} had no valid session"
    return f"{parsed.metric.name} was {target.measured}{window}{gap}"


def _void(result: Result) -> str:
    first, *further = result.verdict.reasons
    if result.run.interrupted is not None:
        due = result.planned
        sent = result.measurement.sent
        return (
            f"interrupted ({result.run.interrupted}) after {_elapsed(result)} of {_planned(result)};"
            f" {sent:,} of {counted_noun(due, 'arrival')} ({share_text(sent, due)}) were sent"
        )
    return f"{first} ({counted_noun(len(further), 'further reason')})" if further else first


def _elapsed(result: Result) -> str:
    return duration_text(round(result.run.seconds * NS))


def _planned(result: Result) -> str:
    return duration_text(sum(stage.duration_ns for stage in result.stages))

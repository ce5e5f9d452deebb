"""The run in one sentence.

The sentence claims nothing that the verdict does not. Met says what load was held and how near the bound was,
missed says which target broke first and by how much, void says why there is no verdict. "Held 200/s" is true
only when every measured arrival was sent; otherwise the load was only offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.report.model.abort_window import shown_targets
from sessionload.report.model.load_text import load_text
from sessionload.report.model.quantities import counted_noun
from sessionload.units import NS, duration_text, share_text
from sessionload.verdict.targets import BoundKind, parse_target
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.verdict import JudgedTarget


def headline_sentence(result: Result, measured: Slice) -> str:
    """Return the sentence that follows the verdict's word, without a full stop."""
    state = result.verdict.state
    if state is State.MET:
        kept = next((_kept(target) for target in result.verdict.targets if _is_latency(target)), "")
        return f"{_load(result, measured)}: {kept}{_contract(measured)}"
    if state is State.MISSED:
        return _missed(result, measured)
    return _void(result)


def _load(result: Result, measured: Slice) -> str:
    verb = "offered" if measured.unsent else "held"
    return f"{verb} {load_text(stage for stage in result.stages if not stage.warmup)}"


def _is_latency(target: JudgedTarget) -> bool:
    return parse_target(target.expr).kind is BoundKind.DURATION


def _kept(target: JudgedTarget) -> str:
    parsed = parse_target(target.expr)
    return f"{parsed.metric.name} {target.measured} of {duration_text(parsed.bound.numerator)}, "


def _contract(measured: Slice) -> str:
    broken = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    checked = broken + measured.outcomes.get(Outcome.OK, 0)
    return f"{broken:,} of {counted_noun(checked, 'response')} broke the contract"


def _missed(result: Result, measured: Slice) -> str:
    missed = [target for target in shown_targets(result) if target.state is State.MISSED]
    aborted_by = result.run.aborted_by
    worst = next((target for target in missed if target.expr == aborted_by), missed[0])
    further_missed = len(missed) - 1
    parsed = parse_target(worst.expr)
    bound = duration_text(parsed.bound.numerator) if parsed.kind is BoundKind.DURATION else worst.bound
    window = f" in the window from {worst.window}" if worst.window else ""
    if worst.margin == "at the bound":
        gap = f", not {parsed.op} {bound}"
    elif worst.margin:
        gap = f", {worst.margin} the bound of {bound}"
    else:
        without = share_text(measured.errors, measured.accounted)
        arrivals = "all measured arrivals" if worst.window else "arrivals"
        gap = f" (bound {bound}): {without} of {arrivals} had no valid session"
    further = f"; {counted_noun(further_missed, 'further target')} missed" if further_missed else ""
    early = f"stopped after {_elapsed(result)} of {_planned(result)}: " if aborted_by else ""
    return f"{early}{parsed.metric.name} was {worst.measured}{window}{gap}{further}"


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

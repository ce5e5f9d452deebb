"""What the turns of a run would be: how many, how fast, and how many users converse at once."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.config.guard import most_turns
from sessionload.report.model.quantities import counted_noun
from sessionload.units import NS, duration_text, rate_text, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.config.run_spec import RunSpec
    from sessionload.workload.turns import Turns

_LONGEST_SHOWN = 40


def turn_lines(spec: RunSpec, turns: Turns) -> Iterator[str]:
    """Yield lines about the turns of a plan.

    By Little's law, as many users converse at once as begin in a second, times the seconds that a
    conversation takes. How long turns take is not known before the run, so that part is per second of a turn.
    """
    scenario = spec.scenario
    planned, peak = spec.header.planned_turns, scenario.schedule.peak * turns.share
    each = len(turns.say)
    share = f"{significant(turns.share * 100)} % of the arrivals take {counted_noun(each, 'turn')} each"
    yield "turns"
    yield f"  {share}, answered {'as streams' if turns.streams else 'as a whole'}"
    yield f"  {counted_noun(planned, 'turn')}, at the peak {rate_text(peak * each)}; they may be paid for"
    thinking = peak * Fraction((each - 1) * sum(turns.think_ns), 2 * NS)
    yield (
        f"  at the peak {_people(thinking)} think at once, and {_people(peak * each)} more wait for each"
        f" second that a turn takes; at most {turns.max_open:,} converse"
    )
    more = most_turns(scenario) - planned
    if more:
        yield f"  and up to {counted_noun(more, 'turn')} with a key that a later start of its user has ended"
    low, high = (duration_text(ns) for ns in turns.think_ns)
    think = low if low == high else f"{low} to {high}"
    yield f"  timeout {duration_text(turns.timeout_ns)}, thinking {think} between turns"
    for number, text in enumerate(turns.say, 1):
        yield f"  {number:>10}  {text if len(text) <= _LONGEST_SHOWN else f'{text[:_LONGEST_SHOWN]}…'}"
    allowed = spec.environment.max_turns
    yield f"  the environment allows {counted_noun(allowed, 'turn') if allowed else 'any number of turns'}"


def _people(count: Fraction) -> str:
    return f"about {counted_noun(max(1, round(count)), 'user')}" if count else "no users"

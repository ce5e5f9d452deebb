"""Reasons to doubt what was measured of turns. See `doubts`: each one makes a run void."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.units import duration_text, significant
from sessionload.verdict.judged_stages import judged_stages
from sessionload.verdict.turn_section import TurnSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.evidence import Evidence

_GENERATOR = "generator/"


def turn_doubts(evidence: Evidence) -> Iterator[str]:
    """Yield the reasons, as sentences without an end."""
    turns = evidence.measurement.turns
    if turns is None:
        return
    section = TurnSection(turns, evidence.script, 0, judged_stages(evidence.stages))
    lost, tolerated = section.lost, evidence.limits.lost_share
    if lost > section.expected * tolerated:
        above = f", more than max_lost {significant(tolerated * 100)} %" if tolerated else ""
        yield f"{_turns(lost)} lost{above}: the generator ended before it could account for them"
    if not section.closes:
        yield f"turns do not add up: {section.sentence}"
    cut = section.over().outcomes.get(TurnOutcome.ABORTED, 0)
    if cut and evidence.interrupted is None:
        yield f"{'1 turn was' if cut == 1 else f'{cut:,} turns were'} cut: the drain ended before they did"
    lag, limit_ns = section.measured.lag, evidence.limits.lag_p99_ns
    late = lag.quantile(Fraction(99, 100)) if lag else None
    if late is not None and late > limit_ns:
        yield (
            f"generator lag p99 of turns {duration_text(late)} is above max_lag {duration_text(limit_ns)};"
            " use a quieter machine or a lower share"
        )
    for cause, finding in sorted(turns.findings.items()):
        if cause.startswith(_GENERATOR):
            times = "once" if finding.count == 1 else f"{finding.count:,} times"
            yield f"{finding.message} in turns ({times}): the cause is on the generator's side"


def _turns(count: int) -> str:
    return "1 turn is" if count == 1 else f"{count:,} turns are"

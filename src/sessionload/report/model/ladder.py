"""Where a ladder of rates stopped: the step that gave way, its rate, and the last good step before it.

A ladder is a run whose measured stages that hold a rate hold a higher one each time. A step is good if it was
sent whole and keeps each target on session starts that is judged over it, as if the step were the whole run.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sessionload.metrics.stage_sums import over
from sessionload.report.model.load_text import stage_rate_text
from sessionload.units import NS
from sessionload.verdict.readings import keeps, reading_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.verdict.result import Result
    from sessionload.verdict.verdict import JudgedTarget
    from sessionload.workload.stage import Stage


def ladder_stop(result: Result, targets: Sequence[JudgedTarget]) -> str:
    """Return where a ladder stopped, in a few words; nothing if it did not, or is no ladder.

    `targets` are those that are shown, with the window in which one of them ended the run.
    """
    steps = _steps(result.stages)
    if result.run.aborted_by is None or not steps:
        return ""
    at = _stage_at(result, _last_second(result, targets))
    stage = result.stages[at]
    good = next((step for step in reversed(steps) if step < at and _is_good(result, step)), None)
    before = "no step before it was good"
    if good is not None:
        before = f"the last good step was {_named(result.stages[good])}"
    return f"it gave way in {_named(stage)}, and {before}"


def _steps(stages: Sequence[Stage]) -> list[int]:
    """Return the numbers of the steps; none if it is no ladder."""
    held = [
        number
        for number, stage in enumerate(stages)
        if not stage.warmup and stage.area and stage.start_rate == stage.end_rate
    ]
    rising = all(stages[low].end_rate < stages[high].end_rate for low, high in pairwise(held))
    return held if len(held) > 1 and rising else []


def _last_second(result: Result, targets: Sequence[JudgedTarget]) -> int:
    """Return the last second of the window that ended the run, else the last in which any was sent."""
    ending = next((target for target in targets if target.name == result.run.aborted_by), None)
    if ending is not None and ending.window:
        return int(ending.window.split()[-2]) - 1
    return max((second for (_, second), part in result.measurement.slices.items() if part.sent), default=0)


def _stage_at(result: Result, second: int) -> int:
    starts = [start_ns // NS for start_ns in result.starts_ns]
    return max(number for number, start in enumerate(starts) if start <= second)


def _is_good(result: Result, step: int) -> bool:
    measured = over(result.measurement, step.__eq__)
    name = result.stages[step].name
    if not measured.accounted or measured.unsent > measured.gave_up or measured.lost:
        return False
    readings = [
        (target, reading_of(target, [measured]))
        for target in result.targets
        if not target.metric.of_turns and (not target.stages or name in target.stages)
    ]
    return all(reading.samples and keeps(target, reading) for target, reading in readings)


def _named(stage: Stage) -> str:
    rate = stage_rate_text(stage)
    return stage.name if rate in stage.name else f"{stage.name} ({rate})"

"""The rate of a schedule over its time, drawn with characters.

A column is as high as the highest rate in its time, so that no burst is hidden, however short; a rate that is
not zero is at least an eighth of a row. Of bursts and recorded arrivals it is what comes in a second. 80
columns are enough.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.units import NS, duration_text, rate_text

if TYPE_CHECKING:
    from sessionload.workload.schedule import Schedule
    from sessionload.workload.stage import Stage

_COLUMNS = 60
_ROWS = 6
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def arrival_curve(schedule: Schedule) -> list[str]:
    """Return the lines of the picture, its time below it."""
    recorded = schedule.stages[0].kind == "file"
    highest = _most_recorded(schedule) if recorded else _highest(schedule)
    levels = [math.ceil(rate / schedule.peak * _ROWS * 8) for rate in highest]
    peak = rate_text(schedule.peak)
    width = max(len(peak), 4)
    lines = []
    for row in range(_ROWS - 1, -1, -1):
        label = peak if row == _ROWS - 1 else ""
        bar = "".join(_EIGHTHS[max(0, min(8, level - row * 8))] for level in levels)
        lines.append(f"  {label:>{width}} |{bar}".rstrip())
    end = duration_text(schedule.duration_ns)
    lines.append(f"  {'0/s':>{width}} +{'-' * _COLUMNS}")
    lines.append(f"  {'':{width}}  0{end:>{_COLUMNS - 1}}")
    return lines


def _highest(schedule: Schedule) -> list[Fraction]:
    """Return the highest rate of each column."""
    borders = [schedule.duration_ns * column // _COLUMNS for column in range(_COLUMNS + 1)]
    highest = []
    for start, end in itertools.pairwise(borders):
        rates = [
            _rate(stage, moment - begin)
            for stage, begin in zip(schedule.stages, schedule.starts_ns, strict=True)
            if begin < max(end, start + 1) and begin + stage.duration_ns > start
            for moment in (max(start, begin), min(end, begin + stage.duration_ns))
        ]
        highest.append(max(rates))
    return highest


def _most_recorded(schedule: Schedule) -> list[Fraction]:
    """Return the most arrivals in any of the seconds that begin one after the other in each column."""
    borders = [schedule.duration_ns * column // _COLUMNS for column in range(_COLUMNS + 1)]
    return [
        Fraction(
            max(schedule.index_at(t_ns + NS) - schedule.index_at(t_ns) for t_ns in range(start, end, NS))
        )
        for start, end in itertools.pairwise(borders)
    ]


def _rate(stage: Stage, since_ns: int) -> Fraction:
    if stage.kind == "burst":
        return min(stage.start_rate, stage.area)
    return stage.start_rate + (stage.end_rate - stage.start_rate) * since_ns / stage.duration_ns

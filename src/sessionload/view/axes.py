"""Axes: which scale reads best, where the ticks stand, and what they say.

Law: an axis shows the whole of its data and names its unit at every tick. Idea: ticks are chosen here,
where they can be tested, and handed to the chart with their labels. Trap: a logarithmic axis cannot
show 0, and one that spans less than a decade or two only hides that it does not start there.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.view.timeline import step_for

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG, _LINEAR = True, False
_LOG_FROM = 20.0
_ROOM = 0.12


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale with its ends and ticks; labels stand beside the ticks."""

    logarithmic: bool
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    @property
    def label_expression(self) -> str:
        """A Vega expression from a tick's value to its label. Labels are ours, never a person's."""
        table = {f"{tick:.6g}": label for tick, label in zip(self.ticks, self.labels, strict=True)}
        return f"{json.dumps(table, ensure_ascii=False)}[format(datum.value, '.6~g')] || ''"


def milliseconds_axis(values: Sequence[float]) -> Axis:
    """Return an axis for durations in milliseconds, with room at its top; logarithmic if they span far."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low > 0 and high / low >= _LOG_FROM:
        top = high * (high / low) ** _ROOM
        ticks = _decades(low, top, most=8)
        return Axis(_LOG, low * 0.9, top, ticks, tuple(_duration_label(tick) for tick in ticks))
    top = (high or 1.0) * (1 + _ROOM)
    step = _nice(top / 5)
    ticks = tuple(step * number for number in range(math.floor(top / step) + 1))
    return Axis(_LINEAR, 0.0, top, ticks, tuple(_duration_label(tick) for tick in ticks))


def clock_axis(seconds: float) -> Axis:
    """Return an axis for the time since the start of the schedule, in seconds."""
    step = step_for(math.ceil(seconds), 8)
    ticks = tuple(float(tick) for tick in range(0, math.floor(seconds) + 1, step))
    return Axis(_LINEAR, 0.0, seconds, ticks, tuple(clock(int(tick)) for tick in ticks))


def nines_axis(count: int) -> Axis:
    """Return an axis for 1 / (1 - percentile) on which each nine has the same room."""
    nines = max(1, math.ceil(math.log10(max(count, 2))))
    ticks = (1.0, 2.0, 4.0, *(10.0**power for power in range(1, nines + 1)))
    labels = ("0 %", "50 %", "75 %", *(_nines_label(power) for power in range(1, nines + 1)))
    return Axis(_LOG, 1.0, 10.0**nines, ticks, labels)


def clock(second: int) -> str:
    """Return a second of the run as `0:05`, `12:30` or `1:00:00`."""
    minutes, rest = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _nines_label(power: int) -> str:
    return "90 %" if power == 1 else f"99.{'9' * (power - 2)}".rstrip(".") + " %"


def _decades(low: float, high: float, most: int) -> tuple[float, ...]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low * 0.9 <= tick <= high]
        if len(ticks) <= most:
            break
    return tuple(ticks)


def _nice(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(size * digit for digit in (1, 2, 5, 10) if size * digit >= step * 0.999)


def _duration_label(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:g} s"
    return f"{ms:g} ms" if ms >= 0.1 or not ms else f"{ms * 1000:g} µs"

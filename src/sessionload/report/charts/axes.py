"""Axes: which scale reads best, where the ticks stand, and their labels.

An axis shows all of its data and names its unit at every tick. Ticks are chosen here, where they can be
tested, and handed to the chart with their labels. A logarithmic axis cannot show 0, and on less than a decade
or two it hides that it does not start there.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sessionload.report.model.time_axis import clock, step_for

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG, _LINEAR = True, False
_LOG_FROM = 20.0
_ROOM = 0.12
_CHARACTER = 6.8
"""Width of a character of a label in pixels, on the wide side."""
_LINE = 15.0
NEVER = 0.955
"""Where `never` stands on an axis that has it, as a share of its length; from `NEVER_FROM` on is its own."""
NEVER_FROM = 0.905


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
        table = {_key(tick): label for tick, label in zip(self.ticks, self.labels, strict=True)}
        return f"{json.dumps(table, ensure_ascii=False)}[format(datum.value, '.6e')] || ''"

    def share(self, value: float) -> float:
        """Return where a value lies, as a share of the axis from its low end."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def value(self, share: float) -> float:
        """Return the value at a share of the axis."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share

    def across(self, pixels: float) -> Axis:
        """Return the axis without labels that would touch on `pixels` of width; the first ticks go first."""
        return self._kept(pixels, [len(label) * _CHARACTER + _CHARACTER for label in self.labels])

    def up(self, pixels: float) -> Axis:
        """Return the axis without labels that would touch on `pixels` of height; the first ticks go first."""
        return self._kept(pixels, [_LINE] * len(self.labels))

    def _kept(self, pixels: float, sizes: Sequence[float]) -> Axis:
        kept: list[tuple[float, float, float, str]] = []
        for tick, label, size in zip(self.ticks, self.labels, sizes, strict=True):
            at = self.share(tick) * pixels
            if all(abs(at - placed) * 2 >= size + width for placed, width, _, _ in kept):
                kept.append((at, size, tick, label))
        kept.sort()
        return replace(
            self,
            ticks=tuple(tick for _, _, tick, _ in kept),
            labels=tuple(label for _, _, _, label in kept),
        )


def milliseconds_axis(values: Sequence[float], *, never: bool = False) -> Axis:
    """Return an axis for durations in milliseconds, with room at its top; logarithmic if they span far.

    With `never` the room has a tick that says so.
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low > 0 and high / low >= _LOG_FROM:
        top = high * (high / low) ** _ROOM
        ticks = _decades(low, top, most=8)
        axis = Axis(_LOG, low * 0.9, top, ticks, tuple(_duration_label(tick) for tick in ticks))
    else:
        top = (high or 1.0) * (1 + _ROOM)
        ticks = _steps(0.0, top, 5)
        axis = Axis(_LINEAR, 0.0, top, ticks, tuple(_duration_label(tick) for tick in ticks))
    return _with_never(axis) if never else axis


def clock_axis(seconds: float, most: int = 8) -> Axis:
    """Return an axis for the time since the start of the schedule, in seconds."""
    step = step_for(math.ceil(seconds), most)
    ticks = tuple(float(tick) for tick in range(0, math.floor(seconds) + 1, step))
    return Axis(_LINEAR, 0.0, seconds, ticks, tuple(clock(int(tick)) for tick in ticks))


def nines_axis(count: int) -> Axis:
    """Return an axis for 1 / (1 - percentile) on which each nine has the same room."""
    nines = max(1, math.ceil(math.log10(max(count, 2))))
    ticks = (1.0, *(10.0**power for power in range(1, nines + 1)), 2.0, 4.0)
    labels = ("0 %", *(_nines_label(power) for power in range(1, nines + 1)), "50 %", "75 %")
    return Axis(_LOG, 1.0, 10.0**nines, ticks, labels)


def count_axis(highest: float) -> Axis:
    """Return an axis for numbers from 0 to somewhat above `highest`."""
    top = highest * 1.05 or 1.0
    ticks = _steps(0.0, top, 5)
    return Axis(_LINEAR, 0.0, top, ticks, tuple(f"{tick:,.10g}" for tick in ticks))


def rate_axis(low: float, high: float, most: int = 8) -> Axis:
    """Return an axis for rates per second, from 0 unless `low` is near `high`."""
    low = 0.0 if low <= high / 2 else low
    spare = (high - low) * 0.04 or 0.5
    start, end = (low - spare if low else 0.0), high + spare
    ticks = _steps(start, end, most)
    return Axis(_LINEAR, start, end, ticks, tuple(f"{tick:,.10g}/s" for tick in ticks))


def bands_axis(borders: Sequence[float]) -> Axis:
    """Return an axis on which each band between two `borders`, in milliseconds, has the same room.

    Values are numbers of borders: 0 is the lowest. Above the last band is a band for what is never.
    """
    last = max(0, len(borders) - 1)
    order = sorted(range(len(borders)), key=lambda number: (number > 0, _roundness(borders[number]), number))
    return Axis(
        _LINEAR,
        0.0,
        last + 1.4,
        (last + 0.9, *map(float, order)),
        ("never", *(_duration_label(borders[number]) for number in order)),
    )


def _key(tick: float) -> str:
    # As d3 writes it, which does not pad the exponent.
    digits, _, power = f"{tick:.6e}".partition("e")
    return f"{digits}e{int(power):+d}"


def _with_never(axis: Axis) -> Axis:
    kept = [
        (tick, label)
        for tick, label in zip(axis.ticks, axis.labels, strict=True)
        if axis.share(tick) < NEVER_FROM - 0.02
    ]
    return replace(
        axis,
        ticks=(axis.value(NEVER), *(tick for tick, _ in kept)),
        labels=("never", *(label for _, label in kept)),
    )


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


def _steps(low: float, high: float, most: int) -> tuple[float, ...]:
    step = _nice((high - low) / most)
    return tuple(step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1))


def _nice(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(size * digit for digit in (1, 2, 5, 10) if size * digit >= step * 0.999)


def _roundness(value: float) -> int:
    # 1, 10, 100 before 5, 2 and what is between.
    digits = f"{value:.3e}".partition("e")[0].rstrip("0").rstrip(".")
    return {"1": 0, "5": 1, "2": 2}.get(digits, 3)


def _duration_label(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:g} s"
    return f"{ms:g} ms" if ms >= 0.1 or not ms else f"{ms * 1000:g} µs"

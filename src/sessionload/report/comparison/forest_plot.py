"""Changes with their intervals, one below the other, as places along a line.

Equal factors are equal lengths, so twice as long and half as long lie equally far from no change. Places are
percent of the line, so the plot needs no script and has any width. One change by a factor of a hundred would
press all others together, so the line ends at a factor of four, or at the tolerance if that is farther off.
What is beyond is cut there, and marked: a bar that just ends would be read as an interval that ends there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sessionload.report.comparison.phrases import signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessionload.report.model.comparison_section import DifferenceRow

_FARTHEST = 4.0
_ROOM = 0.06
"""What is left free at either end, as a part of the line."""
_TICKS = (0, 5, 10, 20, 50, 100, 200, 1, 2, -5, -10, -20, -50, -1, -2, 300, -75)
"""In percent; where room is short, the first ones stay."""
_APART = 11.0
"""Percent of the line between two labels."""


class Tick(NamedTuple):
    """A labelled place."""

    at: float
    label: str


class Mark(NamedTuple):
    """A change and its interval. Places are percent of the line."""

    name: str
    tone: str
    at: float
    low: float
    high: float
    off_axis: bool
    """Whether the change itself lies beyond the line."""
    cut_low: bool
    """Whether the interval goes on beyond the line on the left."""
    cut_high: bool
    """Whether it does on the right."""

    @property
    def color(self) -> str:
        """The name of its color: that of its verdict, or a soft one where it is not judged."""
        return self.tone or "soft"


@dataclass(frozen=True, slots=True)
class Forest:
    """All marks, and where no change and the tolerance lie."""

    marks: tuple[Mark, ...]
    none: float
    limit: float
    ticks: tuple[Tick, ...]

    @property
    def is_cut(self) -> bool:
        """Whether any interval goes on beyond the line."""
        return any(mark.cut_low or mark.cut_high for mark in self.marks)


def forest(rows: Iterable[DifferenceRow], limit: float) -> Forest | None:
    """Return the picture of those that have an interval; `limit` is the tolerance as a part of the base."""
    spreads = [(row, row.spread) for row in rows if row.spread is not None]
    if not spreads:
        return None
    farthest = max(_FARTHEST, 1 + limit)
    nearest = 1 / _FARTHEST

    def length(change: float) -> float:
        """Return where a change lies: its logarithm, or that of an end of the line if it is farther off."""
        return math.log(min(max(1 + change, nearest), farthest))

    ends = [0.0, length(limit), *(length(end) for _, spread in spreads for end in spread)]
    room = (max(ends) - min(ends)) * _ROOM or 1.0
    low, high = min(ends) - room, max(ends) + room

    def place(change: float) -> float:
        return 100 * (length(change) - low) / (high - low)

    def mark(row: DifferenceRow, at: float, start: float, end: float) -> Mark:
        return Mark(
            row.name,
            row.tone,
            place(at),
            place(start),
            place(end),
            off_axis=not nearest <= 1 + at <= farthest,
            cut_low=1 + start < nearest,
            cut_high=1 + end > farthest,
        )

    return Forest(
        marks=tuple(mark(row, *spread) for row, spread in spreads),
        none=place(0),
        limit=place(limit),
        ticks=tuple(_ticks(place)),
    )


def _ticks(place: Callable[[float], float]) -> Iterator[Tick]:
    taken: list[float] = []
    for percent in _TICKS:
        at = place(percent / 100)
        if 2 <= at <= 98 and all(abs(at - label) >= _APART for label in taken):
            taken.append(at)
            yield Tick(at, signed(percent / 100, "%"))

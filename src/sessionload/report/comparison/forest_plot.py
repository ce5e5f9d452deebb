"""Changes with their intervals, one below the other, as places along a line.

Equal factors are equal lengths, so twice as long and half as long lie equally far from no change. Places are
percent of the line, so the plot needs no script and has any width. One change by a factor of a hundred would
press all others together, so the line ends at a factor of four, and what is beyond is cut there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sessionload.report.comparison.phrases import signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessionload.report.comparison.model import DifferenceRow

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


def forest(rows: Iterable[DifferenceRow], limit: float) -> Forest | None:
    """Return the picture of those that have an interval; `limit` is the tolerance as a part of the base."""
    spreads = [(row, row.spread) for row in rows if row.spread is not None]
    if not spreads:
        return None
    ends = [0.0, _length(limit), *(_length(end) for _, spread in spreads for end in spread)]
    room = (max(ends) - min(ends)) * _ROOM or 1.0
    low, high = min(ends) - room, max(ends) + room

    def place(change: float) -> float:
        return 100 * (_length(change) - low) / (high - low)

    return Forest(
        marks=tuple(Mark(row.name, row.tone, *map(place, spread)) for row, spread in spreads),
        none=place(0),
        limit=place(limit),
        ticks=tuple(_ticks(place)),
    )


def _length(change: float) -> float:
    """Return where a change lies: its logarithm, or that of a factor of four if it is farther off."""
    return math.log(min(max(1 + change, 1 / _FARTHEST), _FARTHEST))


def _ticks(place: Callable[[float], float]) -> Iterator[Tick]:
    taken: list[float] = []
    for percent in _TICKS:
        at = place(percent / 100)
        if 2 <= at <= 98 and all(abs(at - label) >= _APART for label in taken):
            taken.append(at)
            yield Tick(at, signed(percent / 100, "%"))

"""What a server saw, as numbers: when each arrival came, and how long its answer was made to wait.

Arrival n of a constant rate is due at n / rate after an origin that the server does not know, so each arrival
is held against the earliest one. That one is punctual by definition: the time that even the fastest arrival
takes to the server is not in these figures.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = 1_000_000_000


def _column() -> array[int]:
    return array("q")


@dataclass(frozen=True)
class Seen:
    """Arrivals in the order of their answers, as columns. Instants are of `time.monotonic_ns()`."""

    numbers: array[int] = field(default_factory=_column)
    """Which arrival it was, from its user ID."""
    arrived: array[int] = field(default_factory=_column)
    """When the first byte of its request was read."""
    waited: array[int] = field(default_factory=_column)
    """From the whole request read to its answer written, in nanoseconds."""

    def lateness(self, rate: int) -> list[int]:
        """Return how late each arrival of a constant rate came, in nanoseconds, against the earliest one."""
        offsets = [
            arrived - number * NS // rate for number, arrived in zip(self.numbers, self.arrived, strict=True)
        ]
        earliest = min(offsets, default=0)
        return [offset - earliest for offset in offsets]

    def gaps(self) -> list[int]:
        """Return the time from each arrival to the next, in nanoseconds."""
        return [later - sooner for sooner, later in pairwise(sorted(self.arrived))]

    def to_bytes(self) -> bytes:
        """Return the columns one after another, in this machine's own order of bytes."""
        return b"".join(column.tobytes() for column in (self.numbers, self.arrived, self.waited))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` returned."""
        length = len(data) // 3
        columns = [_column() for _ in range(3)]
        for place, column in enumerate(columns):
            column.frombytes(data[place * length : (place + 1) * length])
        return cls(*columns)


def nearest_rank(values: Sequence[int], percent: float) -> int:
    """Return a value that was seen: the smallest that at least `percent` of `values` do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]

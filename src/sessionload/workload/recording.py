"""A schedule of instants that were recorded: each arrival is due when somebody really came.

It has one stage, or two where the first seconds are a warm-up. Their rate is the mean of what was recorded,
for people to read; the peak is the most arrivals in any one second, wherever it begins.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from sessionload.errors import ValueProblem
from sessionload.units import NS
from sessionload.workload.schedule import Arrival, Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

_MS = 1_000_000
WARMUP = "warm-up"


class Recording(Schedule):
    """Arrivals at instants in rising order; equal ones are different arrivals."""

    def __init__(self, name: str, instants: array[int], *, warmup_ns: int = 0) -> None:
        """Plan arrivals at `instants` (ns), of which those before `warmup_ns` are not measured.

        It lasts for whole milliseconds, and beyond the last arrival. Raises `ValueProblem` when it would be
        too long, or nothing would be measured.
        """
        length_ns = (instants[-1] // _MS + 1) * _MS
        if warmup_ns > instants[-1]:
            raise ValueProblem("the warm-up leaves nothing to measure", "shorten it")
        self._instants = instants
        borders = (0, warmup_ns, length_ns) if warmup_ns else (0, length_ns)
        self._marks = tuple(bisect_left(instants, border) for border in borders)
        names = (WARMUP, name) if warmup_ns else (name,)
        stages = [
            _stage(each, end - start, last - first, warmup=each is WARMUP)
            for each, (start, end), (first, last) in zip(
                names, pairwise(borders), pairwise(self._marks), strict=True
            )
        ]
        super().__init__(stages)
        self.arrivals = "file"
        self.peak = Fraction(_most_in_a_second(instants))

    @property
    def is_exact(self) -> bool:
        """Whether it can be said without drawing how many arrivals are due before any instant."""
        return True

    def index_at(self, t_ns: int) -> int:
        """Return the number of the first arrival that is due at `t_ns` or later; `planned()` if none is."""
        return bisect_left(self._instants, t_ns)

    def _firsts(self) -> tuple[int, ...]:
        return self._marks

    def _arrivals_of(self, worker: int, workers: int, first: int) -> Iterator[Arrival]:
        instants = self._instants
        for stage, (low, high) in enumerate(pairwise(self._marks)):
            begin = max(low, first)
            for index in range(begin + (worker - begin) % workers, high, workers):
                yield Arrival(index, instants[index], stage)


def _stage(name: str, duration_ns: int, count: int, *, warmup: bool) -> Stage:
    rate = Fraction(count * NS, duration_ns)
    return Stage(name, rate, rate, duration_ns, warmup, "file")


def _most_in_a_second(instants: array[int]) -> int:
    """Return the largest number of instants that are less than a second apart."""
    most = begin = 0
    for number, instant in enumerate(instants, 1):
        while instants[begin] + NS <= instant:
            begin += 1
        most = max(most, number - begin)
    return most

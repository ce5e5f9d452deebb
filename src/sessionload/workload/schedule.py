"""When each arrival is due: stages of rates, the area under them, and its exact inverse.

Arrival n is due at the largest whole nanosecond t at which the area under the rate from 0 to t is at most
its position: n itself for even arrivals, and for others what `positions` draws. No arrival depends on the one
before it: a sum of gaps in floats would drift, and a stage that counted anew would gain or lose an arrival at
its border. Fractions of an arrival carry across borders as fractions.

A burst is a stage of a fixed number of arrivals, evenly spaced from its start on, however others arrive. It
takes numbers and time, and no area: what comes after it goes on as if it had not been.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate, pairwise, takewhile
from typing import TYPE_CHECKING, NamedTuple

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.units import NS
from sessionload.workload.inverse import curve_of, inverse_of
from sessionload.workload.peak import peak_of
from sessionload.workload.positions import EvenPositions, GammaPositions, PoissonPositions, Positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.workload.stage import Stage

MOST_ARRIVALS = 100_000_000
"""A schedule plans at most this many arrivals."""
LONGEST_NS = 24 * 3600 * NS
"""A schedule takes at most this long."""
LEAST_SHAPE, LARGEST_SHAPE = Fraction(1, 20), 20
"""Gamma gaps of a shape below the least are so uneven that nearly all arrivals would come in a few crowds."""

_ARRIVALS = ("even", "poisson", "gamma")


class Arrival(NamedTuple):
    """One user who wants a session: its number, when (ns after the start), and in which stage."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of an arrival
    due_ns: int
    stage: int


_new = tuple.__new__
"""Makes an `Arrival` in half of the time that its constructor takes: there is one for each session start."""


class Schedule:
    """All arrivals of a run, each a pure function of its number (even) or of number and seed (at random).

    `peak` is the largest rate at any end of a stage, or the most that is due in a second of bursts;
    `starts_ns` says when each stage begins.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        arrivals: str = "even",
        seed: int = 0,
        shape: Fraction = Fraction(1),
    ) -> None:
        """Plan `stages` in their order; `seed` matters to random arrivals only, and `shape` to gamma.

        Raises `ValueProblem` when nothing, too much or something impossible is planned.
        """
        _refuse(stages, arrivals)
        self.stages = tuple(stages)
        self.arrivals = arrivals
        self.seed = seed
        self.peak = peak_of(stages)
        *starts, self.duration_ns = accumulate((stage.duration_ns for stage in stages), initial=0)
        self.starts_ns = tuple(starts)
        self._positions = _positions(arrivals, seed, shape)
        grain = self._positions.grain
        areas = (Fraction(0) if stage.kind == "burst" else stage.area for stage in stages)
        self._borders = tuple(accumulate(areas, initial=Fraction(0)))
        bursts = (int(stage.area) if stage.kind == "burst" else 0 for stage in stages)
        self._shifts = tuple(accumulate(bursts, initial=0))
        """How many arrivals of bursts come before each stage."""
        self._curves = tuple(map(curve_of, stages))
        # Stage k holds the positions (areas, counted in grains) from _ends[k] on and below _ends[k + 1].
        self._ends = tuple(math.ceil(border * grain) for border in self._borders)
        self._dues = tuple(
            inverse_of(stage, start, *((Fraction(0), 1) if stage.kind == "burst" else (border, grain)))
            for stage, start, border in zip(stages, starts, self._borders, strict=False)
        )
        self._numbers: tuple[int, ...] = ()

    def planned(self) -> int:
        """Return how many arrivals there are in all; they are numbered from 0 without gaps.

        Even arrivals: the number of n >= 0 below the total area, in O(1). Poisson arrivals are drawn to count
        them, once, in O(arrivals); gamma arrivals in O(arrivals / 256).
        """
        return self._firsts()[-1]

    def planned_by_stage(self) -> tuple[int, ...]:
        """Return how many arrivals are due in each stage; as fast as `planned`."""
        return tuple(end - first for first, end in pairwise(self._firsts()))

    def planned_by_second(self) -> dict[int, int]:
        """Return how many arrivals are due in each second of the schedule, quiet seconds included.

        Exact for even arrivals and bursts. For others these are expectations: the area up to the end of a
        second, rounded to the nearest whole number, less that up to its start, so that rounding errors do not
        add up.
        """
        seconds = -(-self.duration_ns // NS)
        marks = (min(second * NS, self.duration_ns) for second in range(seconds + 1))
        before = self.index_at if self.is_exact else self._expected_at
        return {second: later - sooner for second, (sooner, later) in enumerate(pairwise(map(before, marks)))}

    @property
    def is_exact(self) -> bool:
        """Whether it can be said without drawing how many arrivals are due before any instant."""
        return self.arrivals == "even"

    def area(self, t_ns: int) -> Fraction:
        """Return the exact area under the rate from 0 to `t_ns`: the arrivals to be expected by then.

        `t_ns` is a whole number of nanoseconds from 0 to `duration_ns`.
        """
        number = self._stage_at(t_ns)
        stage, local = self.stages[number], t_ns - self.starts_ns[number]
        burst = stage.area * local / stage.duration_ns if stage.kind == "burst" else 0
        return self._drawn_area(t_ns) + self._shifts[number] + burst

    def due_ns(self, index: int) -> int:
        """Return when even arrival `index` is due, in nanoseconds after the start.

        Raises `ValueError` for random arrivals, which have no closed form, and `IndexError` for a
        number that is not planned.
        """
        if not self.is_exact:
            raise ValueError("only even arrivals are due at a time that follows from their number")
        if not 0 <= index < self.planned():
            raise IndexError(f"arrival {index} is not among the {self.planned()} planned ones")
        return next(self.stripe(0, 1, index)).due_ns

    def stripe(self, worker: int = 0, workers: int = 1, first: int = 0) -> Iterator[Arrival]:
        """Return one worker's arrivals from number `first` on, in the order in which they are due.

        They are those of the one plan whose number leaves the remainder `worker` when divided by `workers`:
        the stripes of any number of workers are the same arrivals, dealt in another way. Where Poisson
        arrivals begin costs the same at every number; the first comes after one gap, not at 0. Raises
        `ValueError` when there is no such worker.
        """
        if not 0 <= worker < workers:
            raise ValueError(f"there is no worker {worker} among {workers}: they are numbered from 0")
        return self._arrivals_of(worker, workers, first)

    def index_at(self, t_ns: int) -> int:
        """Return the number of the first arrival that is due at `t_ns` or later; `planned()` if none is.

        O(1) for even arrivals; of others only those around there are drawn.
        """
        if t_ns > self.duration_ns:
            return self.planned()
        due_ns = max(t_ns, 0)
        return self._burst_at(due_ns) + self._positions.below(
            math.ceil(self._drawn_area(due_ns) * self._positions.grain)
        )

    def rest(
        self, first: int, worker: int = 0, workers: int = 1, end: int | None = None
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (stage, second, count) of the arrivals of a stripe from number `first` on, and below `end`.

        What a run that was stopped leaves unsent. Where the schedule is exact they are counted by seconds,
        not one by one; random arrivals are drawn again.
        """
        last = self.planned() if end is None else end
        if not self.is_exact:
            left = takewhile(lambda arrival: arrival.index < last, self.stripe(worker, workers, first))
            yield from ((arrival.stage, arrival.due_ns // NS, 1) for arrival in left)
            return
        for stage, (low, high) in enumerate(pairwise(self._firsts())):
            start_ns = self.starts_ns[stage]
            end_ns = start_ns + self.stages[stage].duration_ns
            for second in range(start_ns // NS, -(-end_ns // NS)):
                begin = max(low, first, self.index_at(max(second * NS, start_ns)))
                stop = min(high, last, self.index_at(min((second + 1) * NS, end_ns)))
                count = len(range(begin + (worker - begin) % workers, stop, workers))
                if count:
                    yield stage, second, count

    def _firsts(self) -> tuple[int, ...]:
        """Return the number of the first arrival of each stage, and how many there are in all."""
        if not self._numbers:
            drawn = map(self._positions.below, self._ends)
            self._numbers = tuple(map(sum, zip(drawn, self._shifts, strict=True)))
        return self._numbers

    def _arrivals_of(self, worker: int, workers: int, first: int) -> Iterator[Arrival]:
        positions: Iterator[int] = iter(())
        drawn = -1
        """The positions that come next, and whose the first of them is."""
        for stage, (low, high) in enumerate(pairwise(self._firsts())):
            begin = max(low, first)
            numbers = range(begin + (worker - begin) % workers, high, workers)
            if not numbers:
                continue
            due = self._dues[stage]
            if self.stages[stage].kind == "burst":
                for index in numbers:
                    yield _new(Arrival, (index, due(index - low), stage))
                continue
            wanted = numbers.start - self._shifts[stage]
            if wanted != drawn:  # it begins, or goes on after a burst
                positions = self._positions.stream(wanted, workers)
            for index, position in zip(numbers, positions, strict=False):
                yield _new(Arrival, (index, due(position), stage))
            drawn = wanted + workers * len(numbers)

    def _stage_at(self, t_ns: int) -> int:
        return bisect_right(self.starts_ns, t_ns) - 1

    def _drawn_area(self, t_ns: int) -> Fraction:
        """Return the area from 0 to `t_ns` without bursts."""
        stage = self._stage_at(t_ns)
        if self.stages[stage].kind == "burst":
            return self._borders[stage]
        local = t_ns - self.starts_ns[stage]
        square, linear, divisor = self._curves[stage]
        return self._borders[stage] + Fraction((square * local + linear) * local, divisor)

    def _burst_at(self, t_ns: int) -> int:
        """Return how many arrivals of bursts are due before `t_ns`."""
        number = self._stage_at(t_ns)
        stage, local = self.stages[number], t_ns - self.starts_ns[number]
        begun = -(-local * int(stage.area) // stage.duration_ns) if stage.kind == "burst" else 0
        return self._shifts[number] + begun

    def _expected_at(self, t_ns: int) -> int:
        return self._burst_at(t_ns) + math.ceil(self._drawn_area(t_ns) - Fraction(1, 2))


def _positions(arrivals: str, seed: int, shape: Fraction) -> Positions:
    if arrivals == "even":
        return EvenPositions()
    return PoissonPositions(seed) if arrivals == "poisson" else GammaPositions(seed, float(shape))


def _refuse(stages: Sequence[Stage], arrivals: str) -> None:
    if arrivals not in _ARRIVALS:
        raise ValueProblem(f"arrivals cannot be {quoted(arrivals)}", nearest(arrivals, _ARRIVALS))
    if not stages:
        raise ValueProblem("there is no stage", "add at least one with a rate and a duration")
    for number, stage in enumerate(stages, 1):
        place = f"stage {number} ('{stage.name}')"
        if stage.start_rate < 0 or stage.end_rate < 0:
            raise ValueProblem(f"{place} has a negative rate", "write 0/s or more")
        if stage.duration_ns <= 0:
            raise ValueProblem(f"{place} has no duration", "make it longer than 0s")
        if stage.kind == "burst" and stage.area.denominator != 1:
            raise ValueProblem(f"{place} has a part of an arrival", "make it a whole number")
    if sum(stage.duration_ns for stage in stages) > LONGEST_NS:
        hours = LONGEST_NS // (3600 * NS)
        raise ValueProblem(
            f"the stages take longer than {hours} h together, the longest that is allowed", "shorten a stage"
        )
    total = math.ceil(sum(stage.area for stage in stages))
    if not total:
        raise ValueProblem("no arrival is planned: every rate is 0/s", "make at least one of them more")
    if total > MOST_ARRIVALS:
        raise ValueProblem(
            f"{total:,} arrivals are planned, and {MOST_ARRIVALS:,} is the most that is allowed",
            "lower a rate or shorten a stage",
        )

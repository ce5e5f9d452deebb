"""When each arrival is due: stages of rates, the area under them, and its exact inverse.

Arrival n is due at the largest whole nanosecond t at which the area under the rate from 0 to t is at most
n. No arrival depends on the one before it: a sum of gaps in floats would drift, and a stage that counted
anew would gain or lose an arrival at its border. Fractions of an arrival carry across borders as fractions.

The classic formula for a rate that goes from a to b over T is `t = 2n / (a + sqrt(a² + 2n(b - a) / T))`.
This module computes the same root in integers, rounded down exactly. Let the two rates per nanosecond be `u
/ L` and `(u + d) / L`, with whole numbers. The area is at most n where

    d·t² + 2Tu·t <= C,  C = floor(2TL·n)

and the largest such t below T is, for a rising rate, `floor((sqrt(T²u² + dC) - Tu) / d)`, and for a falling
one, with e = -d, `floor((Tu - sqrt(T²u² - eC)) / e)`. The root is real: n is below the area of the stage,
so `C < T²(2u - e)` and `eC < T²u² - T²(u - e)² <= T²u²`.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice, pairwise, takewhile
from typing import TYPE_CHECKING, NamedTuple

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST_ARRIVALS = 100_000_000
"""A schedule plans at most this many arrivals."""
LONGEST_NS = 24 * 3600 * NS
"""A schedule takes at most this long."""

_ARRIVALS = ("even", "poisson")
_POISSON_GRAIN = 1 << 32  # Poisson areas are whole multiples of 2**-32 of an arrival


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the schedule over which the rate goes linearly from `start_rate` to `end_rate`.

    Rates are arrivals per second. Equal rates make a constant stage, and two zeros make a pause.
    """

    name: str
    start_rate: Fraction
    end_rate: Fraction
    duration_ns: int
    warmup: bool = False

    @property
    def area(self) -> Fraction:
        """Return the area under the rate: how many arrivals the stage is worth, fractions of one included."""
        return (self.start_rate + self.end_rate) / 2 * Fraction(self.duration_ns, NS)


class Arrival(NamedTuple):
    """One user who wants a session: its number, when (ns after the start), and in which stage."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of an arrival
    due_ns: int
    stage: int


_new = tuple.__new__
"""Makes an `Arrival` in half of the time that its constructor takes: there is one for each session start."""


class Schedule:
    """All arrivals of a run, each a pure function of its number (even) or of the seed (Poisson).

    `peak` is the largest rate at any end of a stage; `starts_ns` says when each stage begins.
    """

    __slots__ = (
        "_borders",
        "_counts",
        "_curves",
        "_dues",
        "_ends",
        "arrivals",
        "duration_ns",
        "peak",
        "seed",
        "stages",
        "starts_ns",
    )

    def __init__(self, stages: Sequence[Stage], *, arrivals: str = "even", seed: int = 0) -> None:
        """Plan `stages` in their order; `seed` matters to Poisson arrivals only.

        Raises `ValueProblem` when nothing, too much or something impossible is planned.
        """
        _refuse(stages, arrivals)
        self.stages = tuple(stages)
        self.arrivals = arrivals
        self.seed = seed
        self.peak = max(max(stage.start_rate, stage.end_rate) for stage in stages)
        *starts, self.duration_ns = accumulate((stage.duration_ns for stage in stages), initial=0)
        self.starts_ns = tuple(starts)
        grain = 1 if arrivals == "even" else _POISSON_GRAIN
        self._borders = tuple(accumulate((stage.area for stage in stages), initial=Fraction(0)))
        self._counts: tuple[int, ...] = ()
        self._curves = tuple(_curve(stage) for stage in stages)
        # Stage k holds the positions (areas, counted in grains) from _ends[k] on and below _ends[k + 1].
        self._ends = tuple(math.ceil(border * grain) for border in self._borders)
        self._dues = tuple(
            _inverse(stage, start, border, grain)
            for stage, start, border in zip(stages, starts, self._borders, strict=False)
        )

    def planned(self) -> int:
        """Return how many arrivals there are in all; they are numbered from 0 without gaps.

        Even arrivals: the number of n >= 0 below the total area, in O(1). Poisson arrivals are drawn to count
        them, once, in O(arrivals).
        """
        return sum(self.planned_by_stage())

    def planned_by_stage(self) -> tuple[int, ...]:
        """Return how many arrivals are due in each stage; O(arrivals) for Poisson, as in `planned`."""
        if self.arrivals == "even":
            return tuple(end - first for first, end in pairwise(self._ends))
        if not self._counts:
            self._counts = self._drawn()
        return self._counts

    def planned_by_second(self) -> dict[int, int]:
        """Return how many arrivals are due in each second of the schedule, quiet seconds included.

        Exact for even arrivals: those due before t are the n below the area up to t. For Poisson arrivals
        these are expectations: the area up to the end of a second, rounded to the nearest whole number, less
        that up to its start, so that rounding errors do not add up.
        """
        seconds = -(-self.duration_ns // NS)
        marks = (min(second * NS, self.duration_ns) for second in range(seconds + 1))
        shift = Fraction(0) if self.arrivals == "even" else Fraction(1, 2)
        before = (math.ceil(self.area(mark) - shift) for mark in marks)
        return {second: later - sooner for second, (sooner, later) in enumerate(pairwise(before))}

    def area(self, t_ns: int) -> Fraction:
        """Return the exact area under the rate from 0 to `t_ns`: the arrivals to be expected by then.

        `t_ns` is a whole number of nanoseconds from 0 to `duration_ns`.
        """
        stage = bisect_right(self.starts_ns, t_ns) - 1
        local = t_ns - self.starts_ns[stage]
        square, linear, divisor = self._curves[stage]
        return self._borders[stage] + Fraction((square * local + linear) * local, divisor)

    def due_ns(self, index: int) -> int:
        """Return when even arrival `index` is due, in nanoseconds after the start.

        Raises `ValueError` for Poisson arrivals, which have no closed form, and `IndexError` for a
        number that is not planned.
        """
        if self.arrivals != "even":
            raise ValueError("only even arrivals are due at a time that follows from their number")
        if not 0 <= index < self._ends[-1]:
            raise IndexError(f"arrival {index} is not among the {self._ends[-1]} planned ones")
        return self._dues[bisect_right(self._ends, index) - 1](index)

    def stripe(self, worker: int = 0, workers: int = 1, first: int = 0) -> Iterator[Arrival]:
        """Return one worker's arrivals from number `first` on, in the order in which they are due.

        They are those of the one plan whose number leaves the remainder `worker` when divided by `workers`:
        the stripes of any number of workers are the same arrivals, dealt in another way. Each worker draws a
        Poisson stream from its beginning, those of others included; its first arrival comes after one gap,
        not at 0. Raises `ValueError` when there is no such worker.
        """
        if not 0 <= worker < workers:
            raise ValueError(f"there is no worker {worker} among {workers}: they are numbered from 0")
        deal = self._even if self.arrivals == "even" else self._poisson
        return deal(worker, workers, first)

    def index_at(self, t_ns: int) -> int:
        """Return the number of the first arrival that is due at `t_ns` or later; `planned()` if none is.

        O(1) for even arrivals; Poisson arrivals are drawn up to there.
        """
        if t_ns > self.duration_ns:
            return self.planned()
        if self.arrivals == "even":
            return math.ceil(self.area(max(t_ns, 0)))
        before = takewhile(lambda arrival: arrival.due_ns < t_ns, self._poisson(0, 1, 0))
        return sum(1 for _ in before)

    def rest(
        self, first: int, worker: int = 0, workers: int = 1, end: int | None = None
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (stage, second, count) of the arrivals of a stripe from number `first` on, and below `end`.

        What a run that was stopped leaves unsent. Even arrivals are counted by the area under each
        second, not one by one; Poisson arrivals are drawn again.
        """
        if self.arrivals != "even":
            left = takewhile(
                lambda arrival: end is None or arrival.index < end, self._poisson(worker, workers, first)
            )
            yield from ((arrival.stage, arrival.due_ns // NS, 1) for arrival in left)
            return
        last = self._ends[-1] if end is None else end
        for stage, (low, high) in enumerate(pairwise(self._ends)):
            start_ns = self.starts_ns[stage]
            end_ns = start_ns + self.stages[stage].duration_ns
            for second in range(start_ns // NS, -(-end_ns // NS)):
                begin = max(low, first, math.ceil(self.area(max(second * NS, start_ns))))
                stop = min(high, last, math.ceil(self.area(min((second + 1) * NS, end_ns))))
                count = len(range(begin + (worker - begin) % workers, stop, workers))
                if count:
                    yield stage, second, count

    def _even(self, worker: int, workers: int, first: int) -> Iterator[Arrival]:
        for stage, ((low, end), due) in enumerate(zip(pairwise(self._ends), self._dues, strict=True)):
            begin = max(low, first)
            for index in range(begin + (worker - begin) % workers, end, workers):
                yield _new(Arrival, (index, due(index), stage))

    def _poisson(self, worker: int, workers: int, first: int) -> Iterator[Arrival]:
        index = first + (worker - first) % workers
        positions = islice(self._positions(), index, None, workers)
        position = next(positions)
        for stage, (end, due) in enumerate(zip(self._ends[1:], self._dues, strict=True)):
            while position < end:
                yield _new(Arrival, (index, due(int(position)), stage))
                index += workers
                position = next(positions)

    def _drawn(self) -> tuple[int, ...]:
        """Return the number of Poisson arrivals in each stage."""
        positions = self._positions()
        position = next(positions)
        counts = []
        for end in self._ends[1:]:
            count = 0
            while position < end:
                count += 1
                position = next(positions)
            counts.append(count)
        return tuple(counts)

    def _positions(self) -> Iterator[float]:
        uniform = random.Random(f"{self.seed}/0/1").random  # noqa: S311 -- repeatable, not secret
        log, scale, total = math.log, float(_POISSON_GRAIN), 0.0
        while True:
            total -= log(1.0 - uniform())
            yield total * scale


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


def _whole_rates(stage: Stage) -> tuple[int, int, int]:
    """Return u, d and L: the rates per nanosecond are u / L at the start and (u + d) / L at the end."""
    first, last = stage.start_rate / NS, stage.end_rate / NS
    scale = math.lcm(first.denominator, last.denominator)
    begin = int(first * scale)
    return begin, int(last * scale) - begin, scale


def _curve(stage: Stage) -> tuple[int, int, int]:
    """Return (p, q, r), so that the area from the start of the stage to t is (p·t + q)·t / r."""
    begin, delta, scale = _whole_rates(stage)
    return delta, 2 * stage.duration_ns * begin, 2 * stage.duration_ns * scale


def _inverse(stage: Stage, start_ns: int, border: Fraction, grain: int) -> Callable[[int], int]:
    """Return the function from a position (area in grains, inside this stage) to its nanosecond.

    The integers it needs are made once and kept small, because it runs for every arrival.
    """
    begin, delta, scale = _whole_rates(stage)
    # The local area is position / grain - border = (position * up - down) / (grain * up).
    up, down = border.denominator, border.numerator * grain
    if not delta:  # in a pause the divisor is 0, but no position is inside a pause
        factor, less, divisor = _reduced(scale * up, scale * down, begin * up * grain)
        return _constant(factor, start_ns * divisor - less, divisor)
    half = stage.duration_ns * begin
    common = math.gcd(delta, half)  # divides the left side for every t, so C may be rounded down after it
    double = 2 * stage.duration_ns * scale
    terms = _reduced(double * up, double * down, common * up * grain)
    ramp = _ramp_up if delta > 0 else _ramp_down
    return ramp(terms, abs(delta) // common, half // common, start_ns)


def _reduced(factor: int, less: int, divisor: int) -> tuple[int, int, int]:
    common = math.gcd(factor, less, divisor)
    return factor // common, less // common, divisor // common


def _constant(factor: int, plus: int, divisor: int) -> Callable[[int], int]:
    def due(position: int) -> int:
        return (position * factor + plus) // divisor

    return due


def _ramp_up(terms: tuple[int, int, int], step: int, half: int, start_ns: int) -> Callable[[int], int]:
    factor, less, divisor = terms
    square, root = half * half, math.isqrt

    def due(position: int) -> int:
        return (root(square + step * ((position * factor - less) // divisor)) - half) // step + start_ns

    return due


def _ramp_down(terms: tuple[int, int, int], step: int, half: int, start_ns: int) -> Callable[[int], int]:
    factor, less, divisor = terms
    above, root = half * half - 1, math.isqrt
    top = half - 1  # the root is rounded up: isqrt(x - 1) + 1

    def due(position: int) -> int:
        return (top - root(above - step * ((position * factor - less) // divisor))) // step + start_ns

    return due

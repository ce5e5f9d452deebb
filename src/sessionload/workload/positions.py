"""Where arrivals lie on the axis of the area under the rate: at whole numbers, or at random.

Each source knows the position of every arrival by its number and the seed alone, and can begin at any number
without drawing all those before it: it keeps marks on its way (Poisson), or draws the sums of whole blocks
first and then what is inside of one (gamma). Positions are whole multiples of 1 / `grain`.

Gamma gaps of shape k have a mean of 1 and a variance of 1 / k. How a sum of them is divided is independent of
the sum, so a block's sum can be drawn before its gaps are. The first gap is what is left of one that is under
way when the schedule begins, so that as many arrivals are to be expected in each stretch as the area says.
"""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_left
from itertools import accumulate, count, islice, takewhile
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRAIN = 1 << 32
"""Random positions are whole multiples of 2**-32 of an arrival."""
MARK_EVERY = 1 << 14
"""So many Poisson gaps lie between two marks, of 2.5 KB each: some milliseconds of drawing."""
BLOCK = 256
"""So many gamma gaps are in a block."""


class Positions(Protocol):
    """The positions of all arrivals, in rising order."""

    grain: int

    def stream(self, first: int, step: int) -> Iterator[int]:
        """Yield the positions of the arrivals `first`, `first + step` and so on, without an end."""

    def below(self, limit: int) -> int:
        """Return how many arrivals have a position below `limit`."""


class EvenPositions:
    """Arrival n is at n."""

    grain = 1

    def stream(self, first: int, step: int) -> Iterator[int]:
        """Yield the positions of the arrivals `first`, `first + step` and so on, without an end."""
        return count(first, step)

    def below(self, limit: int) -> int:
        """Return how many arrivals have a position below `limit`."""
        return limit


class PoissonPositions:
    """Sums of unit exponentials from one stream of random numbers, with marks from which it can go on."""

    grain = GRAIN

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}/0/1")  # noqa: S311 -- repeatable, not secret
        self._ends = [-1.0]
        """The last position before each mark."""
        self._sums = [0.0]
        self._states = [self._packed()]

    def stream(self, first: int, step: int) -> Iterator[int]:
        """Yield the positions of the arrivals `first`, `first + step` and so on, without an end."""
        mark, left = divmod(first, MARK_EVERY)
        while mark >= len(self._sums):
            self._mark()
        return map(int, islice(self._since(mark), left, None, step))

    def below(self, limit: int) -> int:
        """Return how many arrivals have a position below `limit`."""
        while self._ends[-1] < limit:
            self._mark()
        mark = bisect_left(self._ends, limit) - 1
        since = takewhile(lambda position: position < limit, self._since(mark))
        return mark * MARK_EVERY + sum(1 for _ in since)

    def _mark(self) -> None:
        """Draw on to the next mark."""
        uniform, log, total = self._random.random, math.log, self._sums[-1]
        for _ in range(MARK_EVERY):
            total -= log(1.0 - uniform())
        self._sums.append(total)
        self._ends.append(total * GRAIN)
        self._states.append(self._packed())

    def _packed(self) -> tuple[int, array[int]]:
        version, numbers, _ = self._random.getstate()
        return version, array("I", numbers)

    def _since(self, mark: int) -> Iterator[float]:
        version, numbers = self._states[mark]
        drawn = random.Random()  # noqa: S311 -- repeatable, not secret
        drawn.setstate((version, tuple(numbers), None))
        uniform, log, scale, total = drawn.random, math.log, float(GRAIN), self._sums[mark]
        while True:
            total -= log(1.0 - uniform())
            yield total * scale


class GammaPositions:
    """Sums of gamma gaps with a mean of 1, in blocks: sums of blocks first, and each block by itself."""

    grain = GRAIN

    def __init__(self, seed: int, shape: float) -> None:
        self._seed, self._shape = seed, shape
        uniform = random.Random(f"{seed}/gamma").random  # noqa: S311 -- repeatable, not secret
        longer = gamma_variates(shape + 1, uniform)  # the longer a gap is, the likelier it is under way
        self._sum = gamma_variates(shape * BLOCK, uniform)
        self._starts = array("d", [uniform() * longer() / shape * GRAIN])
        """The position of the first arrival of each block, as a float."""

    def stream(self, first: int, step: int) -> Iterator[int]:
        """Yield the positions of the arrivals `first`, `first + step` and so on, without an end."""
        number = first
        while True:
            block, at = divmod(number, BLOCK)
            positions = self._block(block)[at::step]
            yield from positions
            number += step * len(positions)

    def below(self, limit: int) -> int:
        """Return how many arrivals have a position below `limit`."""
        while self._starts[-1] < limit:
            self._add_sum()
        block = bisect_left(self._starts, limit) - 1
        return 0 if block < 0 else block * BLOCK + bisect_left(self._block(block), limit)

    def _add_sum(self) -> None:
        self._starts.append(self._starts[-1] + self._sum() / self._shape * GRAIN)

    def _block(self, number: int) -> list[int]:
        while number + 1 >= len(self._starts):
            self._add_sum()
        uniform = random.Random(f"{self._seed}/gamma/{number}").random  # noqa: S311 -- repeatable, not secret
        variate = gamma_variates(self._shape, uniform)
        sums = list(accumulate((variate() for _ in range(BLOCK)), initial=0.0))
        start, end = self._starts[number], self._starts[number + 1]
        scale = (end - start) / sums[-1]
        return [int(min(start + part * scale, end)) for part in sums[:-1]]


def gamma_variates(shape: float, uniform: Callable[[], float]) -> Callable[[], float]:
    """Return the function that draws a gamma variate of this shape and scale 1.

    The method of Marsaglia and Tsang (2000), with their step from shape + 1 to a shape below 1. It is written
    out because arrivals have to be the same under every version of Python: `random()` is promised to be, and
    `gammavariate()` is not.
    """
    boosted = shape < 1
    d = shape + (2 / 3 if boosted else -1 / 3)
    c, power = 1 / math.sqrt(9 * d), 1 / shape
    sqrt, log, cos, turn = math.sqrt, math.log, math.cos, 2 * math.pi

    def variate() -> float:
        while True:
            normal = sqrt(-2 * log(1.0 - uniform())) * cos(turn * uniform())
            v = 1.0 + c * normal
            if v <= 0:
                continue
            v = v * v * v
            if log(1.0 - uniform()) < normal * normal / 2 + d - d * v + d * log(v):
                break
        return d * v * (1.0 - uniform()) ** power if boosted else d * v

    return variate

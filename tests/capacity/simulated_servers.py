"""Servers with a known limit, simulated arrival by arrival: Poisson arrivals, exponential service times.

Each is a function of a rate and seconds that gives, for each second, arrivals and those that took longer than
the bound. The first five seconds of a hold are its warm-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from heapq import heapreplace
from random import Random

_WARM_UP_S = 5


@dataclass
class Queue:
    """M/M/c: `channels` that serve one arrival each, `per_s` arrivals a second each, one queue."""

    channels: int
    per_s: float
    bound_s: float
    seed: int
    served: int = 0
    slower_each: float = 0.0
    """A leak: by how much each arrival slows the server down."""
    neighbour: float = 0.0
    """A noisy neighbour: by how much service times are longer in every other ten seconds."""
    elapsed_s: float = 0.0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - a simulation

    def hold(self, rate: float, seconds: int) -> list[tuple[int, int]]:
        """Return arrivals and slow ones of each second after the warm-up."""
        free = [0.0] * self.channels
        counts = [[0, 0] for _ in range(seconds)]
        draw, end = self.random.expovariate, seconds + _WARM_UP_S
        due = draw(rate)
        while due < end:
            self.served += 1
            per_s = self.per_s / (1 + self.slower_each * self.served)
            if (self.elapsed_s + due) % 20 < 10:
                per_s /= 1 + self.neighbour
            start = max(free[0], due)
            done = start + draw(per_s)
            heapreplace(free, done)
            if due >= _WARM_UP_S:
                count = counts[int(due) - _WARM_UP_S]
                count[0] += 1
                count[1] += done - due > self.bound_s
            due += draw(rate)
        self.elapsed_s += end
        return [(arrivals, slow) for arrivals, slow in counts]


def slow_share(rate: float, channels: int, per_s: float, bound_s: float) -> float:
    """Return the share of arrivals at M/M/c that take longer than `bound_s`, by Erlang's C formula.

    The sum of an exponential wait (rate c·mu - lambda, with probability C) and an exponential service.
    """
    load = rate / per_s
    if load >= channels:
        return 1.0
    terms = [load**number / math.factorial(number) for number in range(channels)]
    last = load**channels / math.factorial(channels) / (1 - load / channels)
    waits = last / (sum(terms) + last)
    drain = channels * per_s - rate
    if math.isclose(drain, per_s):
        both = (1 + per_s * bound_s) * math.exp(-per_s * bound_s)
    else:
        both = drain * math.exp(-per_s * bound_s) - per_s * math.exp(-drain * bound_s)
        both /= drain - per_s
    return (1 - waits) * math.exp(-per_s * bound_s) + waits * both


def limit_of(channels: int, per_s: float, bound_s: float, allowed: float) -> float:
    """Return the highest rate at which at most the `allowed` share takes longer than `bound_s`."""
    low, high = 0.0, channels * per_s
    for _ in range(60):
        middle = (low + high) / 2
        if slow_share(middle, channels, per_s, bound_s) <= allowed:
            low = middle
        else:
            high = middle
    return low

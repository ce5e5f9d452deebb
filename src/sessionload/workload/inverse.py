"""The exact inverse of the area under a rate: from how many arrivals there were to when that was so.

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
from typing import TYPE_CHECKING

from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from sessionload.workload.stage import Stage


def _whole_rates(stage: Stage) -> tuple[int, int, int]:
    """Return u, d and L: the rates per nanosecond are u / L at the start and (u + d) / L at the end."""
    first, last = stage.start_rate / NS, stage.end_rate / NS
    scale = math.lcm(first.denominator, last.denominator)
    begin = int(first * scale)
    return begin, int(last * scale) - begin, scale


def curve_of(stage: Stage) -> tuple[int, int, int]:
    """Return (p, q, r), so that the area from the start of the stage to t is (p·t + q)·t / r."""
    begin, delta, scale = _whole_rates(stage)
    return delta, 2 * stage.duration_ns * begin, 2 * stage.duration_ns * scale


def inverse_of(stage: Stage, start_ns: int, border: Fraction, grain: int) -> Callable[[int], int]:
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

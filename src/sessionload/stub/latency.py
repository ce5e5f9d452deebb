"""How long the stub takes to answer: named distributions whose true percentiles are known.

A distribution is its quantile function, and a sample is the quantile of a uniform random number, so a
measurement can be compared with the truth percentile by percentile. A normal distribution reaches below zero
and is cut off there: its percentiles above zero stay exact, its mean does not.

    40ms                                 always the same
    uniform(10ms, 30ms)                  low, high
    normal(mean=40ms, sd=5ms)
    lognormal(p50=40ms, p99=180ms)       the usual shape of a service
    exponential(mean=40ms)
    bimodal(10ms, 500ms, 5%)             fast, slow, share of the slow ones
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, Self

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.units import NS, parse_duration, parse_share

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Quantile = Callable[[float], float]

_STANDARD = NormalDist()
_Z99 = _STANDARD.inv_cdf(0.99)
_SMALLEST = 2.0**-54
_CALL = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)


def _uniform(low: float, high: float) -> Quantile:
    if low > high:
        raise ValueProblem("its low end is above its high end")
    return lambda share: low + share * (high - low)


def _normal(mean: float, sd: float) -> Quantile:
    return lambda share: max(0.0, mean + sd * _STANDARD.inv_cdf(share))


def _lognormal(p50: float, p99: float) -> Quantile:
    """Return exp(mu + sigma z) with mu = ln p50 and sigma = (ln p99 - ln p50) / z(0.99)."""
    if not 0 < p50 <= p99:
        raise ValueProblem("it needs 0 < p50 <= p99")
    mu = math.log(p50)
    sigma = (math.log(p99) - mu) / _Z99
    return lambda share: math.exp(mu + sigma * _STANDARD.inv_cdf(share))


def _exponential(mean: float) -> Quantile:
    return lambda share: -mean * math.log1p(-share)


def _bimodal(fast: float, slow: float, share: float) -> Quantile:
    if fast > slow:
        raise ValueProblem("its fast answer is slower than its slow one")
    return lambda rank: slow if rank > 1 - share else fast


class _Shape(NamedTuple):
    parameters: tuple[str, ...]
    example: str
    quantile: Callable[..., Quantile]


_SHAPES = {
    "uniform": _Shape(("low", "high"), "uniform(10ms, 30ms)", _uniform),
    "normal": _Shape(("mean", "sd"), "normal(mean=40ms, sd=5ms)", _normal),
    "lognormal": _Shape(("p50", "p99"), "lognormal(p50=40ms, p99=180ms)", _lognormal),
    "exponential": _Shape(("mean",), "exponential(mean=40ms)", _exponential),
    "bimodal": _Shape(("fast", "slow", "share"), "bimodal(10ms, 500ms, 5%)", _bimodal),
}


@dataclass(frozen=True, slots=True)
class Latency:
    """A distribution of latencies. Two are equal when they were written with the same words."""

    text: str
    fixed: float | None = field(compare=False, repr=False)
    """Seconds, when every sample is the same."""
    _quantile: Quantile = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the latency that `text` describes.

        Raises `ValueProblem`.
        """
        bare = text.strip()
        call = _CALL.fullmatch(bare)
        if call is None:
            if re.fullmatch(r"[A-Za-z_]+", bare):
                raise _unknown(bare)
            seconds = parse_duration(bare) / NS
            return cls(bare, seconds, lambda _share: seconds)
        shape = _SHAPES.get(call[1])
        if shape is None:
            raise _unknown(call[1])
        try:
            return cls(bare, None, shape.quantile(**_arguments(call[2], shape.parameters)))
        except ValueProblem as problem:
            cure = f"{problem.cure} " if problem.cure else ""
            raise ValueProblem(
                f"{quoted(bare)}: {problem.message}", f"{cure}write it like {shape.example}"
            ) from None

    def quantile(self, share: float) -> float:
        """Return the seconds that the share `share` of all answers stays within; 0 < `share` < 1."""
        if not 0 < share < 1:
            raise ValueError(f"{share} is not between 0 and 1")
        return self._quantile(share)

    def sample(self, u: Random) -> float:
        """Return the seconds of one answer, drawn from `u`: one uniform number for each sample."""
        return self._quantile(u.random() or _SMALLEST)


def _unknown(name: str) -> ValueProblem:
    if name in _SHAPES:
        return ValueProblem(f"'{name}' lacks its numbers", f"write it like {_SHAPES[name].example}")
    return ValueProblem(
        f"{quoted(name)} is not a latency ({nearest(name, _SHAPES)})",
        "write 40ms or lognormal(p50=40ms, p99=180ms)",
    )


def _arguments(text: str, parameters: tuple[str, ...]) -> dict[str, float]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(parameters):
        raise ValueProblem(f"it takes {len(parameters)} ({', '.join(parameters)}), not {len(parts)}")
    values: dict[str, float] = {}
    for position, part in zip(parameters, parts, strict=True):
        name, equals, value = part.rpartition("=")
        name = name.strip() if equals else position
        if name not in parameters:
            raise ValueProblem(f"it has no {quoted(name)}")
        if name in values:
            raise ValueProblem(f"it has '{name}' twice")
        values[name] = float(parse_share(value)) if name == "share" else parse_duration(value) / NS
    return values

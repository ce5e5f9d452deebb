"""Claim: equal runs are called slower in 5 % of pairs at most, a run a tenth slower in more than 95 %.

Each pair is two runs of 100 s with 100 arrivals in each, response times lognormal. Equal pairs are
compared without any tolerance, also where the level of a second is like that of the one before (a chain,
AR(1)); slower ones with the usual 5 %. How wide response times are spread decides what 10,000 of them can
tell: the claim is for a p99 of 3.2 times the p50; the row for 4.5 times, as the embedded stub has it, is
shown without a claim. At last, an hour with ten million arrivals on each side is compared in less than 10
s. Exits 1 when a claim does not hold.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from rig.claims import Table, begin, parser_of, verdict

from sessionload.comparison.compare import Conclusion, compare
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram import Histogram
from sessionload.metrics.histogram_codec import pack
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.verdict import State, Verdict
from sessionload.workload.stage import Stage

PAIRS, SECONDS, EACH = 400, 100, 100
REPLICATES = 500
HOUR, BUSY = 3_600, 2_778
LONGEST_S = 10.0


@dataclass(frozen=True)
class Shape:
    """How response times are drawn, and what is claimed of the share of pairs that are called slower."""

    name: str
    sigma: float
    factor: float = 1.0
    kept: float = 0.0
    """How much of the level of a second stays for the next one."""
    level: float = 0.0
    """The spread of the levels, as a logarithm."""
    most: float = 1.0
    least: float = 0.0

    @property
    def tolerance(self) -> Fraction:
        """What durations may be longer by: nothing for equal runs, else what is usual."""
        return Fraction(0) if self.factor == 1 else Fraction(5, 100)


SHAPES = (
    Shape("equal", 0.5, most=0.05),
    Shape("equal", 0.65, most=0.05),
    Shape("equal, chain of 0.5, level 5 %", 0.5, kept=0.5, level=0.05, most=0.05),
    Shape("equal, chain of 0.8, level 10 %", 0.65, kept=0.8, level=0.1, most=0.05),
    Shape("a tenth slower", 0.5, factor=1.1, least=0.95),
    Shape("a tenth slower", 0.65, factor=1.1),
)


def histogram_of(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Histogram:
    """Return what recording these values gives, packed."""
    shift = np.maximum(np.frexp(values)[1].astype(np.int64) - 11, 0)
    buckets, counts = np.unique((shift << 10) + (values >> shift), return_counts=True)
    packed = pack(dict(zip(buckets.tolist(), counts.tolist(), strict=True)))
    return Histogram(int(values.min()), int(values.max()), int(values.sum()), 0, packed)


def run_of(draws: np.random.Generator, shape: Shape, seconds: int = SECONDS, each: int = EACH) -> Result:
    """Return a run of a shape."""
    measurement = Measurement(sent=seconds * each)
    height = shape.level * draws.normal()
    for second in range(seconds):
        values = np.exp(shape.sigma * draws.normal(size=each) + height) * shape.factor * 40_000_000
        histogram = histogram_of(values.astype(np.int64))
        measurement.slices[0, second] = Slice({Outcome.OK: each}, valid=histogram, served=histogram)
        height = shape.kept * height + math.sqrt(1 - shape.kept**2) * shape.level * draws.normal()
    return Result(
        run=Run(str(draws.random()), "", float(seconds), 0, ""),
        scenario={},
        environment={},
        contract={},
        stages=(Stage("steady", Fraction(each), Fraction(each), seconds * NS),),
        planned=measurement.sent,
        lost=0,
        measurement=measurement,
        verdict=Verdict(State.MET, ()),
        planned_by_second={},
    )


def called_slower(shape: Shape, pairs: int) -> float:
    """Return the share of pairs in which the candidate, drawn from this shape, is called slower."""
    draws = np.random.Generator(np.random.PCG64(1))
    base = replace(shape, factor=1.0)
    slower = 0
    for number in range(pairs):
        pair = run_of(draws, base), run_of(draws, shape)
        comparison = compare(*pair, tolerance=shape.tolerance, seed=number, replicates=REPLICATES)
        slower += comparison.conclusion is Conclusion.SLOWER
    return slower / pairs


def took(seconds: int) -> float:
    """Return how many seconds it takes to compare two long and busy runs."""
    draws = np.random.Generator(np.random.PCG64(1))
    base, candidate = (run_of(draws, SHAPES[1], seconds, BUSY) for _ in range(2))
    start = time.monotonic()
    compare(base, candidate, tolerance=Fraction(5, 100))
    return time.monotonic() - start


def main() -> int:
    """Measure and print a row for each shape, and one for the long runs."""
    quick = begin(parser_of(__doc__)).quick
    pairs, seconds = (4, 60) if quick else (PAIRS, HOUR)
    table = Table("pairs", "p99 / p50", "tolerance", "called slower", "claim", first=32)
    good = True
    for shape in SHAPES:
        share = called_slower(shape, pairs)
        holds = shape.least <= share <= shape.most
        good = good and holds
        claim = verdict(good=holds) if (shape.least, shape.most) != (0.0, 1.0) else "none"
        spread = math.exp(2.326 * shape.sigma)
        table.row(shape.name, f"{spread:.1f}", f"{float(shape.tolerance):.0%}", f"{share:.1%}", claim)
    print()
    table = Table("arrivals on a side", "slices", "took", "claim", first=32)
    long = took(seconds)
    good = good and long < LONGEST_S
    table.row(f"{seconds * BUSY:,}", f"{seconds:,}", f"{long:.1f} s", verdict(good=long < LONGEST_S))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

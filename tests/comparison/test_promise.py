"""Equal runs are not called different, and a run that is a tenth slower is called slower.

Each pair is two runs of 100 s with 100 arrivals in each, response times lognormal with a p99 of 3.2 times the
p50 (sigma 0.5). `benchmarks/comparison.py` does the same with more pairs and other shapes.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from recorded import histogram

from sessionload.comparison.compare import Conclusion, compare
from sessionload.comparison.difference import DifferenceStatus
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

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

PAIRS, SECONDS, EACH = 200, 100, 100
STAGES = (Stage("peak", Fraction(EACH), Fraction(EACH), SECONDS * NS),)
REPLICATES = 250
"""An eighth of the usual number, which is enough here."""


def histograms_of(rows: Integers) -> list[Histogram]:
    """What recording the values of each row one by one gives, in a tenth of the time."""
    shift = np.maximum(np.frexp(rows)[1].astype(np.int64) - 11, 0)
    buckets = np.sort((shift << 10) + (rows >> shift), axis=1)
    ends = rows.min(axis=1).tolist(), rows.max(axis=1).tolist(), rows.sum(axis=1).tolist()
    histograms = []
    for row, *rest in zip(buckets.tolist(), *ends, strict=True):
        least, most, total = rest
        histograms.append(Histogram(least, most, total, 0, pack(Counter(row))))
    return histograms


def test_histograms_are_as_recorded() -> None:
    values = np.array([1, 1023, 1024, 2047, 2048, 2049, 40_000_000, 1 << 40, (1 << 41) - 1, 1 << 41])
    assert histograms_of(values[None, :]) == [histogram(values.tolist())]


def run_of(draws: Generator, *, factor: float = 1.0, kept: float = 0.0, level: float = 0.0) -> Result:
    """A run; the level of its seconds is a chain that keeps so much of the second before (AR(1))."""
    heights = np.zeros(SECONDS)
    height = level * draws.normal()
    for second in range(SECONDS):
        heights[second] = height
        height = kept * height + math.sqrt(1 - kept * kept) * level * draws.normal()
    values = np.exp(0.5 * draws.normal(size=(SECONDS, EACH)) + heights[:, None]) * factor * 40_000_000
    measurement = Measurement(sent=SECONDS * EACH)
    for second, valid in enumerate(histograms_of(values.astype(np.int64))):
        measurement.slices[0, second] = Slice(outcomes={Outcome.OK: EACH}, valid=valid)
    return Result(
        run=Run(str(draws.random()), "", float(SECONDS), 0, "0.1.0"),
        scenario={},
        environment={},
        contract={},
        stages=STAGES,
        planned=measurement.sent,
        lost=0,
        measurement=measurement,
        verdict=Verdict(State.MET, ()),
        planned_by_second={},
    )


@pytest.mark.long
@pytest.mark.parametrize(("kept", "level"), [(0.0, 0.0), (0.5, 0.05)], ids=["alike", "in chains"])
def test_of_200_equal_pairs_at_most_one_in_twenty_is_called_different(kept: float, level: float) -> None:
    """Different is slower, even without any tolerance; with the usual one, none is."""
    draws = np.random.Generator(np.random.PCG64(1))
    different = beyond = 0
    for number in range(PAIRS):
        base, candidate = (run_of(draws, kept=kept, level=level) for _ in range(2))
        comparison = compare(base, candidate, tolerance=Fraction(0), seed=number, replicates=REPLICATES)
        different += comparison.conclusion is Conclusion.SLOWER
        beyond += any(
            row.interval.low > 0.05 for row in comparison.of_status(DifferenceStatus.SLOWER) if row.interval
        )
    assert different <= PAIRS // 20
    assert beyond == 0


@pytest.mark.long
def test_of_200_pairs_with_a_tenth_between_them_more_than_95_percent_are_called_slower() -> None:
    draws = np.random.Generator(np.random.PCG64(2))
    slower = 0
    for number in range(PAIRS):
        base, candidate = run_of(draws), run_of(draws, factor=1.1)
        comparison = compare(base, candidate, tolerance=Fraction(5, 100), seed=number, replicates=REPLICATES)
        slower += comparison.conclusion is Conclusion.SLOWER
    assert slower > PAIRS * 0.95

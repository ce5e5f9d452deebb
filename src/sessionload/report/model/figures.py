"""Rows of durations and of counts, made alike for session starts and for turns."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.quantities import NOTHING, counted, timed
from sessionload.report.model.rows import CountRow, LatencyRow
from sessionload.report.model.timeline import quantiles
from sessionload.units import share_text

if TYPE_CHECKING:
    from sessionload.metrics.histogram import Histogram

_SHARES = (Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(99, 100), Fraction(999, 1000))


def latency_row(name: str, meaning: str, histogram: Histogram) -> LatencyRow:
    """Return the row of one kind of durations."""
    count = histogram.count
    shown = (*quantiles(histogram, _SHARES), histogram.largest)
    return LatencyRow(name, meaning, (counted(count), *(timed(ns, count) for ns in shown)))


def count_row(name: str, meaning: str, every: int, measured: int, whole: int) -> CountRow:
    """Return the row of one way to end; `whole` is what the share of `measured` is of."""
    share = share_text(measured, whole) if whole else NOTHING
    return CountRow(name, meaning, counted(every), counted(measured), share)

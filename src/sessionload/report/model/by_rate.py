"""Latency against the rate that was achieved: what more load does to the server.

A row holds the seconds in which about as many exchanges were done, and all arrivals due in them. The groups
have round borders and begin at 0, so two runs have the same ones. Seconds of a constant rate differ by a few
exchanges; groups as fine as the rate itself would show only that noise.
"""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.quantities import counted, timed
from sessionload.report.model.rows import RateRow
from sessionload.report.model.timeline import SHOWN, quantiles
from sessionload.units import rate_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.metrics.slices import Slice

MOST_GROUPS = 24
"""A run has at most this many groups of rates."""


def group_width(most: int) -> int:
    """Return the width of a group, in exchanges per second: 1, 2 or 5 and zeros, as small as may be."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if most < digit * power * MOST_GROUPS:
                return digit * power
        power *= 10


def groups(done: Mapping[int, int], width: int) -> dict[int, int]:
    """Return the number of the group of each second; group g has the rates from g times `width`."""
    return {second: count // width for second, count in done.items()}


def rate_rows(done: Mapping[int, int], sums: Mapping[int, Slice], width: int) -> Iterator[RateRow]:
    """Yield the rows of the groups that have seconds, by rising rate; `done` is by second."""
    by_group: defaultdict[int, list[int]] = defaultdict(list)
    for second, group in groups(done, width).items():
        by_group[group].append(done[second])
    for group, counts in sorted(by_group.items()):
        group_sum = sums[group]
        p50, p95, p99 = (timed(ns, group_sum.accounted) for ns in quantiles(group_sum.response, SHOWN))
        low, high = group * width, (group + 1) * width
        yield RateRow(
            low=float(low),
            high=float(high),
            rate=math.fsum(counts) / len(counts),
            label=rate_text(Fraction(low))
            if width == 1
            else f"{rate_text(Fraction(low))} to {rate_text(Fraction(high))}",
            seconds=counted(len(counts)),
            arrivals=counted(group_sum.accounted),
            p50=p50,
            p95=p95,
            p99=p99,
        )

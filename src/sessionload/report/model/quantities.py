"""Counts and durations for people, beside the raw number.

What has no samples is a dash, and what never ended is `never`; neither is ever a number. A duration of `None`
means both, so it is not shown without the number of samples behind it. All rows take their numbers from here,
so one fact has one text.
"""

from __future__ import annotations

from sessionload.report.model.rows import Quantity
from sessionload.units import duration_text, share_text

NOTHING = share_text(0, 0)
"""Shown where there is nothing to measure."""


def milliseconds(ns: int | None) -> float | None:
    """Return nanoseconds as milliseconds."""
    return None if ns is None else ns / 1_000_000


def latency_text(ns: int | None, samples: int) -> str:
    """Return a duration for people: `never`, or a dash where there were no samples."""
    return duration_text(ns) if samples else NOTHING


def timed(ns: int | None, samples: int) -> Quantity:
    """Return a duration in nanoseconds as a quantity in milliseconds."""
    return Quantity(latency_text(ns, samples), milliseconds(ns))


def counted(number: int) -> Quantity:
    """Return a count as a quantity."""
    return Quantity(f"{number:,}", number)


def share_of(part: int, count: int) -> str:
    """Return a share with what it is of: `1.48 % of 2,300`; a dash where there is nothing to share."""
    return f"{share_text(part, count)} of {count:,}" if count else NOTHING


def counted_noun(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: `1 arrival`, `2,300 arrivals`."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"

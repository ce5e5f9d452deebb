"""Time on an axis: how a second of the run is written, and how far apart its ticks and steps are."""

from __future__ import annotations

from itertools import count

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800)


def clock(second: int) -> str:
    """Return a second of the run as `0:05`, `12:30` or `1:00:00`."""
    minutes, rest = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def step_for(seconds: int, most: int) -> int:
    """Return the smallest step of a clock, in seconds, that needs at most `most` points."""
    for step in _STEPS:
        if seconds <= step * most:
            return step
    return next(hours * 3600 for hours in count(1) if seconds <= hours * 3600 * most)

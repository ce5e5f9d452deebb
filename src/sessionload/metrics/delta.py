"""What a generator has measured since its delta before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.metrics.key_repeat import KeyRepeat
    from sessionload.metrics.measurement import Measurement
    from sessionload.metrics.named_arrivals import NamedArrival


@dataclass(frozen=True, slots=True)
class Delta:
    """A worker's measurement since its delta before this one, and its state at `elapsed_ns`.

    Deltas of one worker are numbered from 0, because counts must not be added twice.
    """

    worker: int
    number: int
    elapsed_ns: int
    """Since the start of the schedule."""
    in_flight: int
    waiting: int
    """Arrivals in the backlog."""
    settled_ns: int
    """Every arrival of this worker due before this instant has ended."""
    measurement: Measurement
    last: bool = False
    """Whether the drain is over and everything is accounted for."""
    repeats: tuple[KeyRepeat, ...] = ()
    """Arrivals of this worker, counted as valid, whose key another worker had been given before."""
    stopped_ns: int | None = None
    """When it was stopped before the end of its plan: all that was due before had been handed over."""
    named: tuple[NamedArrival, ...] = ()
    """Arrivals of this worker that are kept one by one, as far as it can tell; none twice."""

"""What one worker of several has done, kept while a run goes on: the sums of its deltas.

It takes as much memory as a worker has stages with lags, however long a run takes. A master may have hundreds
of workers, so lags are added many at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sessionload.metrics.sums import added

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.metrics.delta import Delta
    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.worker_events import WorkerLoss, WorkerSeen


_WAITING = 32
"""So many lags of a stage wait to be added: that takes as long as for two."""


@dataclass(slots=True)
class WorkerTally:
    """A worker, what it was dealt, and what it has reported."""

    seen: WorkerSeen
    loss: WorkerLoss | None = None
    parts: list[tuple[int, int, int]] = field(default_factory=list)
    """What it was dealt: from which arrival on, and of which stripe of how many."""
    sent: int = 0
    """Those that have ended."""
    unsent: int = 0
    cpu_ns: int = 0
    wall_ns: int = 0
    elapsed_ns: int = 0
    """When its latest delta was made."""
    _lags: dict[int, list[Histogram]] = field(default_factory=dict)
    """By stage, the sum of the earlier ones first."""

    def add(self, delta: Delta) -> None:
        """Count a delta of this worker."""
        self.elapsed_ns = delta.elapsed_ns
        self.cpu_ns += delta.measurement.generator.cpu_ns
        self.wall_ns += delta.measurement.generator.wall_ns
        for (stage, _), part in delta.measurement.slices.items():
            self.sent += part.sent
            self.unsent += part.unsent
            lags = self._lags.setdefault(stage, [])
            lags.append(part.lag)
            if len(lags) > _WAITING:
                self._lags[stage] = [added(lags)]

    def deal(self, part: tuple[int, int, int]) -> None:
        """Take note of what it was dealt; what is said twice counts once."""
        if part not in self.parts:
            self.parts.append(part)

    def planned(self, arrivals: int) -> int:
        """Return how many of a plan of so many arrivals were its own."""
        ends = [*(first for first, _, _ in self.parts[1:]), arrivals]
        count = 0
        for (first, stripe, stripes), end in zip(self.parts, ends, strict=True):
            if stripes:
                count += len(range(first + (stripe - first) % stripes, min(end, arrivals), stripes))
        return count

    def lag(self, keep: Callable[[int], bool]) -> Histogram:
        """Return its lags in the stages that `keep` accepts, by their number from 0."""
        return added(lag for stage, lags in self._lags.items() if keep(stage) for lag in lags)

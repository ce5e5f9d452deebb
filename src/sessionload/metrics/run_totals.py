"""The sum of the deltas of all workers, kept while a run goes on.

A delta is counted once, however often it comes. Deltas of one worker come in order, so a gap in their numbers
is a loss, and is counted. To add a delta takes time for what is in it and not for what came before: the parts
of a slice are kept as they come, packed, and merged into one when every arrival due in it has ended. With
late answers many slices are ready at once, so a delta merges as many as it begins, and one more while there
are more than a few; the rest waits for the next.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.reclassified import as_violations
from sessionload.metrics.sums import total
from sessionload.metrics.worker_events import WorkDealt, WorkerEvent, WorkerSeen
from sessionload.metrics.worker_tally import WorkerTally
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.key_repeat import KeyRepeat
    from sessionload.metrics.slices import Slice

_FEW = 8
"""So many slices that are ready may wait: what settles unevenly is merged evenly, one with each delta."""


class RunTotals:
    """What all workers have measured so far, and where each of them stands."""

    def __init__(self, measurement: Measurement | None = None) -> None:
        self.workers = 1
        """How many workers report."""
        self._lost: set[int] = set()
        self._measurement = measurement or Measurement()
        self._parts: dict[tuple[int, int], list[Slice]] = {}
        """Slices that are not merged yet, in the order in which they began."""
        self.latest: dict[int, Delta] = {}
        """The newest delta of each worker."""
        self.tallies: dict[int, WorkerTally] = {}
        """What each worker has done, of those that a master has told of."""
        self.gaps = 0
        """How many deltas are missing between those that came."""
        self.outcomes: Counter[Outcome] = Counter()
        self.unsent = 0
        for part in self._measurement.slices.values():
            self._count(part)

    def add(self, delta: Delta | WorkerEvent) -> None:
        """Count a delta, once. A worker that is lost is not waited for; what it sends all the same counts."""
        if not isinstance(delta, Delta):
            self._take(delta)
            return
        known = self.latest.get(delta.worker)
        expected = known.number + 1 if known else 0
        if delta.number < expected:
            return
        self.gaps += delta.number - expected
        self.latest[delta.worker] = delta
        if delta.worker in self.tallies:
            self.tallies[delta.worker].add(delta)
        count_before = len(self._parts)
        for place, part in delta.measurement.slices.items():
            self._parts.setdefault(place, []).append(part)
            self._count(part)
        self._measurement.add_all_but_slices(delta.measurement)
        for arrival in delta.named:
            self._measurement.named.add(arrival)
        if delta.repeats:
            self._reclassify(delta.repeats)
        self._merge(len(self._parts) - count_before)

    @property
    def measurement(self) -> Measurement:
        """All that was measured. Asking merges what is not merged yet, so ask when the run has ended."""
        self._merge_all()
        return self._measurement

    @property
    def sent(self) -> int:
        """How many exchanges began."""
        return self._measurement.sent

    @property
    def errors(self) -> int:
        """How many arrivals have ended without a valid session, the unsent ones included."""
        return self.outcomes.total() - self.outcomes[Outcome.OK] + self.unsent

    def flow_in(self, second: int) -> Flow:
        """Return the traffic of a second."""
        return self._measurement.flow.get(second) or Flow()

    @property
    def present(self) -> list[Delta]:
        """The newest deltas of the workers that are not lost."""
        return [delta for worker, delta in self.latest.items() if worker not in self._lost]

    def complete(self) -> bool:
        """Tell whether each worker has sent its last delta, and no delta is missing."""
        workers = max(self.workers, len(self.latest))
        return not self.gaps and sum(delta.last for delta in self.latest.values()) == workers

    @property
    def settled_ns(self) -> int:
        """Every arrival due before this instant has ended, as far as the deltas say."""
        heard = self.latest.keys() | self._lost
        coming = [
            tally.seen.joined_ns
            for worker, tally in self.tallies.items()
            if tally.seen.joined_ns and worker not in heard
        ]
        unheard = self.workers - len(heard) - len(coming)
        settled = [*coming, *(delta.settled_ns for delta in self.present)]
        return 0 if unheard else min(settled, default=0)

    def stopped_ns(self) -> int | None:
        """Return when the first worker was stopped before the end of its plan; `None` if none was."""
        stopped = (delta.stopped_ns for delta in self.latest.values())
        return min((instant for instant in stopped if instant is not None), default=None)

    def watched_ns(self) -> int:
        """Return until when all workers that are not lost have told what they saw."""
        return min((delta.elapsed_ns for delta in self.present), default=0)

    @property
    def elapsed_ns(self) -> int:
        """The latest instant of any delta."""
        return max((delta.elapsed_ns for delta in self.latest.values()), default=0)

    def _take(self, event: WorkerEvent) -> None:
        if isinstance(event, WorkerSeen):
            self._see(event)
        elif isinstance(event, WorkDealt):
            for worker, stripe, stripes in event.parts:
                self.workers = max(self.workers, stripes)
                if worker in self.tallies:
                    self.tallies[worker].deal((event.first, stripe, stripes))
        else:
            self._lost.add(event.worker)
            if event.worker in self.tallies:
                self.tallies[event.worker].loss = event

    def _see(self, worker: WorkerSeen) -> None:
        known = self.tallies.get(worker.worker)
        if known is None:
            self.tallies[worker.worker] = WorkerTally(worker)
            self.workers = max(self.workers, len(self.tallies))
        else:
            known.seen = worker

    def _count(self, part: Slice) -> None:
        for outcome, count in part.outcomes.items():  # in a tenth of the time of `update`
            self.outcomes[outcome] += count
        self.unsent += part.unsent

    def _reclassify(self, repeats: Iterable[KeyRepeat]) -> None:
        """Move arrivals from the valid ones of their slices, which came before or with this delta."""
        by_place: dict[tuple[int, int], list[KeyRepeat]] = {}
        for repeat in repeats:
            by_place.setdefault((repeat.stage, repeat.due_ns // NS), []).append(repeat)
        self._merge_at([place for place in by_place if place in self._parts])
        slices = self._measurement.slices
        for place, repeated in by_place.items():
            slices[place] = as_violations(slices[place], repeated)
            self.outcomes[Outcome.OK] -= len(repeated)
            self.outcomes[Outcome.CONTRACT_VIOLATION] += len(repeated)

    def _merge(self, begun: int) -> None:
        settled = self.settled_ns // NS
        ready = [place for place in self._parts if place[1] < settled]
        self._merge_at(ready[: begun + (len(ready) > _FEW)])

    def _merge_all(self) -> None:
        self._merge_at(list(self._parts))

    def _merge_at(self, places: list[tuple[int, int]]) -> None:
        merged = []
        for place in places:
            parts = self._parts.pop(place)
            merged.append((place, parts[0] if len(parts) == 1 else total(parts)))
        self._measurement.add_slices(merged)

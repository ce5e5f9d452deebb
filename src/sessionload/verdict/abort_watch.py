"""Whether a target ends a run while it goes on.

A second is looked at once it is final: every arrival due in it has ended, and so has every arrival whose lag
could show that the generator paused in the meantime. Then it enters the window of each target, as what the
target would read at best without lag, and is forgotten. So an update takes time for what is new, memory does
not grow with the windows' histograms, and no pause of the generator's own ends a run.

A count without a window only rises, so it is looked at with everything so far.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Self

from sessionload.verdict.readings import NOTHING, SlidingReading, add, keeps
from sessionload.verdict.windows import measured_seconds, measured_stages
from sessionload.verdict.without_lag import LagBySecond, under_way_until, without_lag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Limits
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.run_header import RunHeader
    from sessionload.verdict.targets import Target
    from sessionload.workload.schedule import Stage


class AbortWatch:
    """Judges the abort targets of a run from the slices of its deltas."""

    def __init__(self, stages: Sequence[Stage], targets: Sequence[Target], limits: Limits) -> None:
        self._measured = measured_stages(stages)
        self._seconds = measured_seconds(stages)
        self._next = self._seconds.start
        self._lags = LagBySecond(limits.lag_p99_ns)
        self._slices: defaultdict[int, list[Slice]] = defaultdict(list)
        self._targets = [target for target in targets if target.abort]
        self._windows = {
            number: SlidingReading(target.window_s)
            for number, target in enumerate(self._targets)
            if target.window_s
        }
        self._so_far = {number: NOTHING for number, target in enumerate(self._targets) if not target.window_s}

    @classmethod
    def of(cls, header: RunHeader) -> Self:
        """Return a watch for the run of a header."""
        return cls(header.stages, header.targets, header.limits)

    def add(self, slices: Mapping[tuple[int, int], Slice]) -> None:
        """Take the slices of a delta, by (stage, second)."""
        for (stage, second), part in slices.items():
            self._lags.add(second, part)
            if stage not in self._measured:
                continue
            for number, reading in self._so_far.items():
                self._so_far[number] = add(reading, self._at_best(self._targets[number], second, [part]))
            if self._windows and second in self._seconds and second >= self._next:
                self._slices[second].append(part)

    def aborting(self, settled_second: int) -> Target | None:
        """Return the first target that is missed already, or `None`.

        Every arrival due before `settled_second` has ended, and its slice was added.
        """
        missed = {
            number
            for number, reading in self._so_far.items()
            if reading.samples and not keeps(self._targets[number], reading)
        }
        while self._next in self._seconds and self._is_final(settled_second):
            slices = self._slices.pop(self._next, [])
            for number, window in self._windows.items():
                target = self._targets[number]
                reading = window.push(self._at_best(target, self._next, slices))
                if reading is not None and reading.samples and not keeps(target, reading):
                    missed.add(number)
            self._lags.forget(self._next)
            self._next += 1
        return self._targets[min(missed)] if missed else None

    def _is_final(self, settled_second: int) -> bool:
        if self._next >= settled_second:
            return False
        return under_way_until(self._next, self._slices.get(self._next, [])) < settled_second

    def _at_best(self, target: Target, second: int, slices: list[Slice]) -> Reading:
        return without_lag(
            target,
            slices,
            longest_ns=self._lags.longest(second),
            read_late_ns=self._lags.read_late_ns(second, slices),
            limit_ns=self._lags.limit_ns,
        )

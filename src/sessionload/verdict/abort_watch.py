"""Whether a target ends a run while it goes on.

A second is looked at once it is final: every arrival due in it has ended, and so has every arrival whose lag
could show that the generator paused in the meantime. Then it enters the window of each target, as what the
target would read at best without lag, and is forgotten. So an update takes time for what is new, memory does
not grow with the windows' histograms, and no pause of the generator's own ends a run.

A count without a window only rises, so it is looked at with everything so far. A target that names stages
looks at nothing else, and its window begins anew in each stretch of them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Self

from sessionload.verdict.judged_stages import judged_seconds, judged_stages
from sessionload.verdict.readings import NOTHING, SlidingReading, add, keeps
from sessionload.verdict.without_lag import LagBySecond, without_lag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Limits
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.run_header import RunHeader
    from sessionload.verdict.targets import Target
    from sessionload.workload.stage import Stage


class AbortWatch:
    """Judges the abort targets of a run from the slices of its deltas."""

    def __init__(
        self, stages: Sequence[Stage], targets: Sequence[Target], limits: Limits, patience_ns: int = 0
    ) -> None:
        """`patience_ns` is how long arrivals wait to be sent before they give up."""
        self._targets = [target for target in targets if target.abort]
        self._judged = [judged_stages(stages, target.stages) for target in self._targets]
        """For each target the numbers of its stages."""
        self._stretches = [judged_seconds(stages, judged) for judged in self._judged]
        measured = [second for stretch in judged_seconds(stages, judged_stages(stages)) for second in stretch]
        self._next, self._end = (measured[0], measured[-1] + 1) if measured else (0, 0)
        self._lags = LagBySecond(limits.lag_p99_ns, patience_ns)
        self._slices: defaultdict[int, list[tuple[int, Slice]]] = defaultdict(list)
        """By second: each slice with the number of its stage."""
        self._windows = {
            number: SlidingReading(target.window_s)
            for number, target in enumerate(self._targets)
            if target.window_s
        }
        self._so_far = {number: NOTHING for number, target in enumerate(self._targets) if not target.window_s}

    @classmethod
    def of(cls, header: RunHeader) -> Self:
        """Return a watch for the run of a header."""
        return cls(header.stages, header.targets, header.limits, header.patience_ns)

    def add(self, slices: Mapping[tuple[int, int], Slice]) -> None:
        """Take the slices of a delta, by (stage, second)."""
        for (stage, second), part in slices.items():
            self._lags.add(second, part)
            for number, reading in self._so_far.items():
                if stage in self._judged[number]:
                    at_best = self._at_best(self._targets[number], second, [part])
                    self._so_far[number] = add(reading, at_best)
            if self._windows and self._next <= second < self._end:
                self._slices[second].append((stage, part))

    def aborting(self, settled_second: int) -> Target | None:
        """Return the first target that is missed already, or `None`.

        Every arrival due before `settled_second` has ended, and its slice was added.
        """
        missed = {
            number
            for number, reading in self._so_far.items()
            if reading.samples and not keeps(self._targets[number], reading)
        }
        while self._next < self._end and self._is_final(settled_second):
            slices = self._slices.pop(self._next, [])
            missed.update(number for number in self._windows if self._misses(number, slices))
            self._lags.forget(self._next)
            self._next += 1
        return self._targets[min(missed)] if missed else None

    def _misses(self, number: int, slices: list[tuple[int, Slice]]) -> bool:
        """Let the next second enter the window of a target; return whether the target is missed there."""
        stretch = next((each for each in self._stretches[number] if self._next in each), None)
        if stretch is None:
            return False
        target, judged = self._targets[number], self._judged[number]
        if self._next == stretch.start:
            self._windows[number] = SlidingReading(target.window_s)
        at_best = self._at_best(target, self._next, [part for stage, part in slices if stage in judged])
        reading = self._windows[number].push(at_best)
        return reading is not None and bool(reading.samples) and not keeps(target, reading)

    def _is_final(self, settled_second: int) -> bool:
        if self._next >= settled_second:
            return False
        slices = [part for _, part in self._slices.get(self._next, [])]
        return self._lags.under_way_until(self._next, slices) < settled_second

    def _at_best(self, target: Target, second: int, slices: list[Slice]) -> Reading:
        return without_lag(
            target,
            slices,
            longest_ns=self._lags.longest(second),
            read_late_ns=self._lags.read_late_ns(second, slices),
            limit_ns=self._lags.limit_ns,
        )

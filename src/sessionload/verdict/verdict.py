"""Met, missed or void: what a run is worth.

Any reason to doubt the numbers makes a run void; else any missed target makes it missed; else any void target
makes it void. A target over no samples is void. So is one that is missed only with the generator's own lag: a
target is missed only if it is missed even without (see `without_lag`). Only slices of stages that are not
warm-up are judged, and of a run that ended early only what was measured until then (see `measured_part`). The
target that ended a run is judged by the window that did, wherever that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sessionload.metrics.stage_sums import over_slices
from sessionload.metrics.sums import Sum, total
from sessionload.units import NS, duration_text
from sessionload.verdict.doubts import doubts
from sessionload.verdict.judged_stages import judged_spans_ns, judged_stages
from sessionload.verdict.judged_target import JudgedTarget, State, judged_of, judged_value, without_samples
from sessionload.verdict.measured_part import measured_slices, until_text
from sessionload.verdict.readings import NOTHING, add, keeps
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.turn_value import is_missed_without_lag, turn_reading, turns_of
from sessionload.verdict.windows import Seconds
from sessionload.verdict.without_lag import LagBySecond, without_lag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Evidence
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.windows import Window
    from sessionload.workload.stage import Stage

__all__ = ["JudgedTarget", "State", "Verdict", "judge", "judge_ending_target"]

_ALWAYS = parse_target("contract_violations == 0")
_ALWAYS_OF_TURNS = parse_target("turn.contract_violations == 0")
_MOST_SECONDS = 3
"""A note names at most so many seconds with lag."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run is worth. `reasons` are sentences, and there are some if and only if it is void."""

    state: State
    targets: tuple[JudgedTarget, ...]
    reasons: tuple[str, ...] = ()


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict of a run that has ended."""
    judgement = _Judgement(evidence)
    judged = [judgement.of(target) for target in evidence.targets]
    for target in (_ALWAYS, *([_ALWAYS_OF_TURNS] if evidence.script else [])):
        if all(target.metric.name != other.metric.name for other in evidence.targets):
            always = judgement.of(target)
            judged.append(replace(always, note="; ".join(filter(None, (always.note, "always judged")))))
    reasons = doubts(evidence, judgement.total)
    reasons += [
        f"the run was ended by '{target.name}': {target.note}"
        for target, of in zip(judged, evidence.targets, strict=False)
        if judgement.ended_by(of) and target.state is State.VOID
    ]
    states = {target.state for target in judged}
    if reasons:
        state = State.VOID
    elif State.MISSED in states:
        state = State.MISSED
    elif State.VOID in states:
        state = State.VOID
        reasons = [
            f"'{target.name}' cannot be judged: {target.note}"
            for target in judged
            if target.state is State.VOID
        ]
    else:
        state = State.MET
    return Verdict(state, tuple(judged), tuple(reasons))


def judge_ending_target(evidence: Evidence) -> JudgedTarget | None:
    """Return the target that ended a run and what it read then; `None` if no target of the run did."""
    judgement = _Judgement(evidence)
    return next((judgement.of(target) for target in evidence.targets if judgement.ended_by(target)), None)


class _Judgement:
    """Judges the targets of a run, one by one."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        slices = evidence.measurement.slices
        self._until_s = evidence.measured_until_s
        self._slices = measured_slices(slices, self._until_s)
        self._lags = LagBySecond.of(slices.items(), evidence.limits.lag_p99_ns, evidence.patience_ns)
        self._parts: dict[frozenset[int], _Part] = {}

    @property
    def total(self) -> Slice:
        """The sum of the measured slices."""
        return self._part(()).total

    def _part(self, names: tuple[str, ...]) -> _Part:
        """Return what was measured in the stages of these names, or in all that are measured."""
        judged = judged_stages(self._evidence.stages, names)
        if judged not in self._parts:
            self._parts[judged] = _Part(
                self._slices, self._evidence.stages, judged, self._lags, self._until_s
            )
        return self._parts[judged]

    def _whole(self, names: tuple[str, ...]) -> _Part:
        """Return all that was planned in these stages, whenever the run ended."""
        judged = judged_stages(self._evidence.stages, names)
        return _Part(self._evidence.measurement.slices, self._evidence.stages, judged, self._lags, None)

    def ended_by(self, target: Target) -> bool:
        """Return whether a target is the one that ended the run."""
        return target.abort and target.name == self._evidence.aborted_by

    def of(self, target: Target) -> JudgedTarget:
        """Return a target and what was found."""
        if target.metric.over_time is not None:
            return self._over_time(target)
        part = self._part(target.stages)
        if target.metric.of_turns:
            return replace(self._of_turns(target), stages=target.stages)
        if self.ended_by(target):
            judged = part.that_ended_the_run(target)
            if self._until_s is not None and judged.state is not State.MISSED:
                judged = self._whole(target.stages).that_ended_the_run(target)
        else:
            judged = part.over_windows(target) if target.window_s else part.over_all(target)
            if self._until_s is not None:
                judged = replace(
                    judged, note="; ".join(filter(None, (judged.note, until_text(self._until_s))))
                )
            elif self._evidence.aborted_by is not None and not judged.note:
                judged = replace(judged, note="over the whole plan, with what was never sent")
        return replace(judged, stages=target.stages)

    def _over_time(self, target: Target) -> JudgedTarget:
        """Judge a target on a change over the run."""
        from sessionload.verdict.judge_over_time import judge_over_time  # noqa: PLC0415 - a generator does without

        found = judge_over_time(target, self._evidence, self._slices, self._lags)
        return JudgedTarget(target.expr, bound=target.bound_text, stages=target.stages, **found._asdict())

    def _of_turns(self, target: Target) -> JudgedTarget:
        """Judge a target about turns: over all of the arrivals of its stages, whenever they were due."""
        measured = turns_of(self._evidence.measurement, judged_stages(self._evidence.stages, target.stages))
        judged = judged_value(target, turn_reading(target, self._evidence.measurement, measured))
        longest_ns = max(measured.lag.maximum, self._lags.longest_of_all)
        is_pause = longest_ns > self._lags.limit_ns
        if judged.state is not State.MISSED or is_missed_without_lag(
            target, measured, longest_ns, is_pause=is_pause
        ):
            return judged
        note = f"missed only with the generator's own lag of up to {duration_text(longest_ns)}"
        return replace(judged, state=State.VOID, note=note)


class _Part:
    """What was measured in some of the stages, and what targets read from it."""

    def __init__(
        self,
        slices: Mapping[tuple[int, int], Slice],
        stages: Sequence[Stage],
        judged: frozenset[int],
        lags: LagBySecond,
        until_s: float | None,
    ) -> None:
        """`judged` are the numbers of the stages; `until_s` is where the run was stopped, if it was."""
        self._slices_at, self._stages, self._judged, self._lags = slices, stages, judged, lags
        self._until_s = until_s
        self._seconds = Seconds(slices, stages, judged, lags, until_s)
        self._places = [(stage, second) for stage, second in slices if stage in judged]

    @cached_property
    def total(self) -> Slice:
        """The sum of the slices."""
        return over_slices(self._slices_at, self._judged.__contains__)

    def _slices(self) -> Iterator[tuple[int, Slice]]:
        """Yield the second of each slice and the slice."""
        for stage, second in self._places:
            yield second, self._slices_at[stage, second]

    def over_all(self, target: Target) -> JudgedTarget:
        """Judge a target over all slices."""
        judged = judged_of(target, self.total)
        if judged.state is not State.MISSED or self._is_missed_without_lag(target):
            return judged
        seconds = [second for _, second in self._places]
        note = self._excuse(target, range(min(seconds), max(seconds) + 1), self.total)
        return replace(judged, state=State.VOID, note=note)

    def _is_missed_without_lag(self, target: Target) -> bool:
        """Seconds without a pause are judged as one, the others each for itself."""
        lags, calm, paused = self._lags, Sum(), NOTHING
        longest_ns = 0
        for second, part in self._slices():
            late_ns = lags.read_late_ns(second, [part])
            if late_ns:
                paused = add(paused, self._at_best(target, [part], lags.longest(second), late_ns))
            else:
                calm.add(part)
                longest_ns = max(longest_ns, lags.longest(second))
        return not keeps(target, add(paused, self._at_best(target, [calm.slice()], longest_ns, 0)))

    def _at_best(self, target: Target, slices: list[Slice], longest_ns: int, read_late_ns: int) -> Reading:
        limit_ns = self._lags.limit_ns
        return without_lag(
            target, slices, longest_ns=longest_ns, read_late_ns=read_late_ns, limit_ns=limit_ns
        )

    def over_windows(self, target: Target) -> JudgedTarget:
        """Judge a target in every window."""
        length = duration_text(target.window_s * NS)
        stretches = self._seconds.stretches
        if max(map(len, stretches), default=0) < target.window_s:
            spans = judged_spans_ns(self._stages, self._judged)
            until_ns = math.inf if self._until_s is None else round(self._until_s * NS)
            lengths = (max(0, int(min(end_ns, until_ns)) - start_ns) for start_ns, end_ns in spans)
            longest_ns = max(lengths, default=0)
            return without_samples(
                target, f"no full window of {length} in {duration_text(longest_ns)} measured"
            )
        count, worst, missed = 0, None, []
        for window in self._seconds.windows(target, stretches):
            count += 1
            if worst is None or window.severity > worst.severity:
                worst = window
            if not window.holds:
                missed.append(window)
        if worst is None:
            return without_samples(target, f"no window of {length} has samples")
        note = f"worst of {count:,} {'window' if count == 1 else 'windows'} of {length}"
        if not missed or next(self._seconds.sure(target, [worst]), None):
            return self._shown(target, worst, note)
        sure = list(self._seconds.sure(target, missed))
        if sure:
            return self._shown(target, max(sure, key=lambda window: window.severity), note)
        excuse = self._window_excuse(target, worst)
        return replace(self._shown(target, worst, f"{note}; {excuse}"), state=State.VOID)

    def that_ended_the_run(self, target: Target) -> JudgedTarget:
        """Judge it as it was judged while the run went on: by what was sent, window by window."""
        ended = "ended the run before its plan was done"
        if not target.window_s:
            judged = self.over_all(target)
            return replace(judged, note=ended) if judged.state is State.MISSED else judged
        before = self._seconds.before_unsent()
        missed = [window for window in self._seconds.windows(target, before) if not window.holds]
        window = next(self._seconds.sure(target, missed), None)
        if window is not None:
            return self._shown(target, window, ended)
        if not missed:
            return without_samples(target, "no window before the end of the run misses it")
        excuse = self._window_excuse(target, missed[0])
        return replace(self._shown(target, missed[0], excuse), state=State.VOID)

    def _of_window(self, target: Target, window: Window) -> range:
        """Return the seconds whose lag may have changed a window."""
        ends = (
            self._lags.under_way_until(second, self._seconds.slices(second))
            for second in range(window.start, window.start + target.window_s)
        )
        return range(window.start, max(ends) + 1)

    def _shown(self, target: Target, window: Window, note: str) -> JudgedTarget:
        end = window.start + target.window_s
        measured = self._sum_of(target, window)
        judged = judged_of(target, measured)
        note = "; ".join(filter(None, (note, judged.note)))
        return replace(judged, note=note, window=f"{window.start} s to {end} s")

    def _sum_of(self, target: Target, window: Window) -> Slice:
        seconds = range(window.start, window.start + target.window_s)
        return total(part for second in seconds for part in self._seconds.slices(second))

    def _window_excuse(self, target: Target, window: Window) -> str:
        return self._excuse(target, self._of_window(target, window), self._sum_of(target, window))

    def _excuse(self, target: Target, seconds: range, measured: Slice) -> str:
        """Return what of our own doing a target is missed with, and not without."""
        if not measured.lost:
            return f"missed only with {self._lag_text(seconds)}"
        lost = "the arrival that was lost" if measured.lost == 1 else f"the {measured.lost:,} lost arrivals"
        if keeps(target, self._at_best(target, [measured], 0, 0)):
            return f"missed only with {lost}"
        return f"missed only with {lost} and {self._lag_text(seconds)}"

    def _lag_text(self, seconds: range) -> str:
        """Return which seconds had the lag without which a target is not missed."""
        lags = self._lags
        by_lag = sorted(seconds, key=lags.longest, reverse=True)
        named = [second for second in by_lag if lags.longest(second) > lags.limit_ns] or by_lag[:1]
        places = ", ".join(
            f"{duration_text(lags.longest(second))} at {second} s" for second in sorted(named[:_MOST_SECONDS])
        )
        further = len(named) - _MOST_SECONDS
        more = f" and {further:,} further {'second' if further == 1 else 'seconds'}" if further > 0 else ""
        return f"the generator's own lag of up to {places}{more}"

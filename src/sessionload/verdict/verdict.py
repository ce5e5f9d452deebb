"""Met, missed or void: what a run is worth.

Any reason to doubt the numbers makes a run void; else any missed target makes it missed; else any void target
makes it void. A target over no samples is void. So is one that is missed only with the generator's own lag: a
target is missed only if it is missed even without (see `without_lag`). Only slices of stages that are not
warm-up are judged. A run that ended early is judged over its whole plan: what was never sent counts as never.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from sessionload.metrics.stage_sums import over
from sessionload.metrics.sums import Sum, total
from sessionload.units import NS, duration_text
from sessionload.verdict.doubts import doubts
from sessionload.verdict.judged_stages import judged_spans_ns, judged_stages
from sessionload.verdict.metric_values import (
    holds,
    in_time_text,
    margin_text,
    measured_text,
    metric_value,
    near_text,
    samples_of,
    value_of,
)
from sessionload.verdict.readings import NOTHING, add, keeps
from sessionload.verdict.targets import Target, named_target, parse_target
from sessionload.verdict.turn_value import is_missed_without_lag, turn_value, turns_of
from sessionload.verdict.windows import Seconds
from sessionload.verdict.without_lag import LagBySecond, without_lag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Evidence
    from sessionload.verdict.metric_values import MetricValue
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.windows import Window

_ALWAYS = parse_target("contract_violations == 0")
_ALWAYS_OF_TURNS = parse_target("turn.contract_violations == 0")
_MOST_SECONDS = 3
"""A note names at most so many seconds with lag."""


class State(StrEnum):
    """The three verdicts, of a target and of a run."""

    MET = "met"
    MISSED = "missed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class JudgedTarget:
    """A target and what was found, as text for people; empty where there is nothing to say."""

    expr: str
    state: State
    measured: str
    bound: str
    margin: str
    samples: int
    """How many arrivals `measured` is of; of a target with a window, those of the window that is shown."""
    note: str = ""
    window: str | None = None
    """The seconds of the window that is shown, `12 s to 42 s`; `None` for a target without one.

    That is the window that ended the run, or the worst one."""
    stages: tuple[str, ...] = ()
    """The names of the stages that it was judged over; all that are measured, if there are none."""

    @property
    def name(self) -> str:
        """The target with its stages."""
        return named_target(self.expr, self.stages)


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
        measurement = evidence.measurement
        self._lags = LagBySecond.of(
            measurement.slices.items(), evidence.limits.lag_p99_ns, evidence.patience_ns
        )
        self._parts: dict[frozenset[int], _Part] = {}

    @property
    def total(self) -> Slice:
        """The sum of the measured slices."""
        return self._part(()).total

    def _part(self, names: tuple[str, ...]) -> _Part:
        """Return what was measured in the stages of these names, or in all that are measured."""
        judged = judged_stages(self._evidence.stages, names)
        if judged not in self._parts:
            self._parts[judged] = _Part(self._evidence, judged, self._lags)
        return self._parts[judged]

    def ended_by(self, target: Target) -> bool:
        """Return whether a target is the one that ended the run."""
        return target.abort and target.name == self._evidence.aborted_by

    def of(self, target: Target) -> JudgedTarget:
        """Return a target and what was found."""
        part = self._part(target.stages)
        if target.metric.of_turns:
            return replace(self._of_turns(target), stages=target.stages)
        if self.ended_by(target):
            judged = part.that_ended_the_run(target)
        else:
            judged = part.over_windows(target) if target.window_s else part.over_all(target)
            if self._evidence.aborted_by is not None and not judged.note:
                judged = replace(judged, note="over the whole plan, with what was never sent")
        return replace(judged, stages=target.stages)

    def _of_turns(self, target: Target) -> JudgedTarget:
        """Judge a target about turns: over all of the arrivals of its stages, whenever they were due."""
        measured = turns_of(self._evidence.measurement, judged_stages(self._evidence.stages, target.stages))
        judged = _judged_value(target, turn_value(target, measured))
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

    def __init__(self, evidence: Evidence, judged: frozenset[int], lags: LagBySecond) -> None:
        """`judged` are the numbers of the stages."""
        measurement = evidence.measurement
        self._evidence, self._judged, self._lags = evidence, judged, lags
        self._seconds = Seconds(measurement, evidence.stages, judged, lags)
        self._places = [(stage, second) for stage, second in measurement.slices if stage in judged]

    @cached_property
    def total(self) -> Slice:
        """The sum of the slices."""
        return over(self._evidence.measurement, self._judged.__contains__)

    def _slices(self) -> Iterator[tuple[int, Slice]]:
        """Yield the second of each slice and the slice."""
        for stage, second in self._places:
            yield second, self._evidence.measurement.slices[stage, second]

    def over_all(self, target: Target) -> JudgedTarget:
        """Judge a target over all slices."""
        judged = _judged(target, self.total)
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
            spans = judged_spans_ns(self._evidence.stages, self._judged)
            longest_ns = max((end_ns - start_ns for start_ns, end_ns in spans), default=0)
            return _without(target, f"no full window of {length} in {duration_text(longest_ns)} measured")
        count, worst, missed = 0, None, []
        for window in self._seconds.windows(target, stretches):
            count += 1
            if worst is None or window.severity > worst.severity:
                worst = window
            if not window.holds:
                missed.append(window)
        if worst is None:
            return _without(target, f"no window of {length} has samples")
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
            return _without(target, "no window before the end of the run misses it")
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
        judged = _judged(target, measured)
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


def _judged(target: Target, measured: Slice) -> JudgedTarget:
    """Return a target and what it reads from the sum of some slices, without regard to lag."""
    judged = _judged_value(target, metric_value(target, measured))
    within_ns = target.metric.within_ns
    if within_ns is None or judged.state is not State.MISSED:
        return judged
    note = near_text(within_ns, measured)
    return replace(judged, measured=in_time_text(within_ns, measured), note=note)


def _judged_value(target: Target, reading: MetricValue) -> JudgedTarget:
    if not reading.count:
        return _without(target, "no samples")
    value = value_of(target, reading)
    return JudgedTarget(
        expr=target.expr,
        state=State.MET if holds(target, value) else State.MISSED,
        measured=measured_text(target, reading),
        bound=target.bound_text,
        margin=margin_text(target, value),
        samples=samples_of(target, reading),
    )


def _without(target: Target, note: str) -> JudgedTarget:
    return JudgedTarget(target.expr, State.VOID, "no samples", target.bound_text, "", 0, note)

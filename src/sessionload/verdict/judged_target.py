"""A target and what was found, as text for people: from what it reads, without regard to lag."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

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
from sessionload.verdict.targets import Target, named_target

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.metric_values import MetricValue


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


def judged_of(target: Target, measured: Slice) -> JudgedTarget:
    """Return a target and what it reads from the sum of some slices, without regard to lag."""
    judged = judged_value(target, metric_value(target, measured))
    within_ns = target.metric.within_ns
    if within_ns is None or judged.state is not State.MISSED:
        return judged
    note = near_text(within_ns, measured)
    return replace(judged, measured=in_time_text(within_ns, measured), note=note)


def judged_value(target: Target, reading: MetricValue) -> JudgedTarget:
    """Return a target and what a reading of it says."""
    if not reading.count:
        return without_samples(target, "no samples")
    value = value_of(target, reading)
    return JudgedTarget(
        expr=target.expr,
        state=State.MET if holds(target, value) else State.MISSED,
        measured=measured_text(target, reading),
        bound=target.bound_text,
        margin=margin_text(target, value),
        samples=samples_of(target, reading),
    )


def without_samples(target: Target, note: str) -> JudgedTarget:
    """Return a target that cannot be judged, and why."""
    return JudgedTarget(target.expr, State.VOID, "no samples", target.bound_text, "", 0, note)

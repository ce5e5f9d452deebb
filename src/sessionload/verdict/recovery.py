"""How soon after a stage a percentile of the response is within its limit again, and stays there.

It is looked for in windows of five whole seconds, by due time, from the end of the stage until it should have
recovered: the first instant from which each window keeps the limit is the recovery. Where the last window
does not keep it there is none, and the target is missed. A window that is missed only with the generator's
own lag is not held against the server: where that decides, there is no evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.units import NS, duration_text
from sessionload.verdict.found_over_time import Found, nothing
from sessionload.verdict.judged_target import State
from sessionload.verdict.over_time_metrics import WINDOW_S
from sessionload.verdict.windows import Seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.over_time_metrics import Recovery
    from sessionload.verdict.targets import Target
    from sessionload.verdict.windows import Window
    from sessionload.verdict.without_lag import LagBySecond
    from sessionload.workload.stage import Stage


class Horizon(NamedTuple):
    """Where a recovery is looked for."""

    ended_ns: int
    """When the stage has ended."""
    seconds: range
    """The whole seconds after it in which there is a window."""
    following: frozenset[int]
    """The numbers of the stages that follow."""


def horizon(recovery: Recovery, stages: Sequence[Stage]) -> Horizon:
    """Return the horizon of a recovery; it has no seconds where there is no load after the stage."""
    ended_ns, number = 0, -1
    for place, stage in enumerate(stages):
        ended_ns += stage.duration_ns
        if stage.name == recovery.after:
            number = place
            break
    following = frozenset(range(number + 1, len(stages)) if number >= 0 else ())
    end_ns = ended_ns + sum(stages[place].duration_ns for place in following)
    last_ns = min(end_ns, ended_ns + recovery.within_ns)
    return Horizon(ended_ns, range(-(-ended_ns // NS), last_ns // NS), following)


def recovered_at(windows: Sequence[Window], missed: Sequence[Window]) -> int | None:
    """Return the second from which no window is missed; `None` if the last one is."""
    if not missed:
        return windows[0].start
    return next((window.start for window in windows if window.start > missed[-1].start), None)


def judge_recovery(
    recovery: Recovery,
    limit: Target,
    slices: Mapping[tuple[int, int], Slice],
    stages: Sequence[Stage],
    lags: LagBySecond,
    until_s: float | None = None,
) -> Found:
    """Return whether the percentile recovered in time; `limit` is what each window has to keep.

    Of a run that ended early, `until_s` is until when it was measured.
    """
    place = horizon(recovery, stages)
    if len(place.seconds) < recovery.within_ns // NS - 1:
        return nothing(f"only {len(place.seconds)} s of load after {recovery.after}")
    if until_s is not None and until_s < place.seconds.stop:
        return nothing(
            f"measured until {until_s:g} s only, before {recovery.bound_text} after {recovery.after}"
        )
    seconds = Seconds(slices, stages, place.following, lags)
    windows = list(seconds.windows(limit, [place.seconds]))
    if not windows:
        return nothing(f"no window of {WINDOW_S} s after {recovery.after} has samples")
    missed = [window for window in windows if not window.holds]
    at = recovered_at(windows, missed)
    samples = sum(part.accounted for second in place.seconds for part in seconds.slices(second))
    of = f"{limit.expr} in windows of {WINDOW_S} s"
    if at is not None:
        took_ns = max(0, at * NS - place.ended_ns) if missed else 0
        left = recovery.within_ns - took_ns
        note = f"{of} from {at} s of the run on" if missed else f"{of} all the time after {recovery.after}"
        return Found(State.MET, duration_text(took_ns), f"{duration_text(left)} below", samples, note)
    sure = list(seconds.sure(limit, missed))
    if recovered_at(windows, sure) is not None:
        note = f"not {of}, but only with the generator's own lag"
        return Found(State.VOID, "never", "", samples, note)
    return Found(
        State.MISSED, "never", "", samples, f"not {of} by {recovery.bound_text} after {recovery.after}"
    )

"""What a hold showed of the server, from what was measured in it.

A target on a percentile or a share is met or missed only beyond noise. One on a count, a mean, an end or a
window has no such bounds: it is what the verdict of the run says. The verdict of the last piece also says
whether the generator was able to show anything at all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import zip_longest
from typing import TYPE_CHECKING

from sessionload.capacity.hold import HoldResult, Shown
from sessionload.capacity.share_interval import shown_by
from sessionload.metrics.exchange import Outcome
from sessionload.units import share_text
from sessionload.verdict.readings import add, keeps, reading_of
from sessionload.verdict.targets import BoundKind
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.targets import Target
    from sessionload.verdict.verdict import JudgedTarget, Verdict

_SHOWN = {State.MET: Shown.MET, State.MISSED: Shown.MISSED, State.VOID: Shown.VOID}


def judge_hold(seconds: Sequence[Slice], targets: Sequence[Target], verdict: Verdict) -> HoldResult:
    """Return what a hold showed.

    `seconds` are the measured slices of all its pieces, in order; `verdict` is that of its last piece, whose
    first targets are `targets`.
    """
    if verdict.reasons:
        return HoldResult(Shown.VOID, verdict.reasons[0])
    arrivals = sum(part.accounted for part in seconds)
    throttled = sum(part.outcomes.get(Outcome.THROTTLED, 0) for part in seconds)
    if throttled:
        return HoldResult(Shown.THROTTLED, f"{share_text(throttled, arrivals)} of the answers were 429")
    results = [
        _of_target(judged, target, seconds) for judged, target in zip_longest(verdict.targets, targets)
    ]
    for shown in (Shown.MISSED, Shown.VOID):
        first = next((result for result in results if result.shown is shown), None)
        if first is not None:
            return first
    unsure = [result for result in results if result.shown is Shown.UNSURE]
    if unsure:
        return replace(unsure[0], leans_met=all(result.leans_met for result in unsure))
    return HoldResult(Shown.MET)


def _of_target(judged: JudgedTarget, target: Target | None, seconds: Sequence[Slice]) -> HoldResult:
    """Return what a hold showed of one target; `None` is one that is always judged."""
    allowed = _allowed(target) if target is not None else None
    if target is None or allowed is None:
        return HoldResult(_SHOWN[judged.state], judged.expr)
    readings = [reading_of(target, [part]) for part in seconds]
    shown = shown_by([_counts(target, reading) for reading in readings], allowed)
    whole = reduce(add, readings)
    return HoldResult(shown, judged.expr, leans_met=bool(whole.samples) and keeps(target, whole))


def _allowed(target: Target) -> Fraction | None:
    """Return the share of arrivals that may break the bound; `None` for a target that is of another kind."""
    share = target.metric.share
    if target.window_s:
        return None
    if share is not None:
        return 1 - share if target.caps else None
    if target.kind is not BoundKind.SHARE:
        return None
    return target.bound if target.caps else 1 - target.bound


def _counts(target: Target, reading: Reading) -> tuple[int, int]:
    """Return the arrivals of a second, and those that break the bound."""
    if target.metric.share is not None:
        return reading.samples, reading.samples - reading.part
    return reading.arrivals, reading.part if target.caps else reading.arrivals - reading.part

"""What rate so many clients got, where `max_in_flight` kept arrivals waiting.

Who thinks in clients, as most tools do, wants to know how much load so many of them make. It is known only
where all of them were busy: in a second in which most arrivals waited for a client, or never got one.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.units import NS, duration_text, rate_text
from sessionload.verdict.judged_stages import judged_seconds, judged_stages

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

_FEWEST = 3
"""Fewer seconds are a moment, such as the end of a stall, and say nothing about a rate."""


def busy_clients_sentence(result: Result) -> str:
    """Return in a sentence, without its full stop, what rate all clients got; nothing if not known."""
    clients = result.scenario.get("load", {}).get("max_in_flight")
    seconds = _busy_seconds(result)
    if not isinstance(clients, int) or len(seconds) < _FEWEST:
        return ""
    flow = result.measurement.flow
    got = Fraction(sum(flow[second].sent for second in seconds if second in flow), len(seconds))
    due = Fraction(sum(result.planned_by_second.get(second, 0) for second in seconds), len(seconds))
    return (
        f"For {duration_text(len(seconds) * NS)} all {clients:,} of max_in_flight were busy:"
        f" so many clients got {rate_text(got)}, where {rate_text(due)} were due"
    )


def _busy_seconds(result: Result) -> list[int]:
    waited: defaultdict[int, int] = defaultdict(int)
    due: defaultdict[int, int] = defaultdict(int)
    for (_, second), part in result.measured_slices.items():
        waited[second] += part.queued_lag.count + part.unsent
        due[second] += part.accounted
    stretches = judged_seconds(result.stages, judged_stages(result.stages))
    until_s = result.run.measured_until_s
    return [
        second
        for stretch in stretches
        for second in stretch
        if waited[second] * 2 > due[second] > 0 and (until_s is None or second + 1 <= until_s)
    ]

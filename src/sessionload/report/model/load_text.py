"""The load of a plan in a few words: what it asked for longest, its peak, or its rates and their time.

Constant stages of equal rate count together, and so do all ramps. Whichever lasted longest is named first; of
two that lasted equally long, the faster. A higher peak follows with its own length, so that a short burst is
neither hidden nor taken for the whole run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.report.model.quantities import NOTHING
from sessionload.units import duration_text, rate_text, significant
from sessionload.workload.peak import peak_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.workload.stage import Stage


def stage_rate_text(stage: Stage) -> str:
    """Return the rate of a stage: `50/s`, or `10/s to 50/s` for a ramp; of a burst, how many come."""
    if stage.kind == "burst":
        return f"{int(stage.area):,} within {duration_text(stage.duration_ns)}"
    if stage.kind == "file":
        return f"{_rate(stage)} in the mean, as recorded"
    start, end = rate_text(stage.start_rate), rate_text(stage.end_rate)
    return start if stage.start_rate == stage.end_rate else f"{start} to {end}"


def scale_text(scenario: Mapping[str, Any]) -> str:
    """Return how the scenario of a result was scaled: `rate 10%, time 1m`; nothing if it was not."""
    scale = scenario.get("scale")
    return ", ".join(f"{key} {value}" for key, value in scale.items()) if isinstance(scale, Mapping) else ""


def load_text(stages: Iterable[Stage]) -> str:
    """Return the load of stages: `50/s for 10 min (peak 200/s for 30 s)`; a dash without stages."""
    held_ns: defaultdict[Fraction, int] = defaultdict(int)
    ramp_ns, ramp_peak = 0, Fraction(0)
    for stage in stages:
        if stage.start_rate == stage.end_rate:
            held_ns[peak_of([stage])] += stage.duration_ns
        else:
            ramp_ns += stage.duration_ns
            ramp_peak = max(ramp_peak, stage.start_rate, stage.end_rate)
    longest_ns, rate = max(((ns, rate) for rate, ns in held_ns.items()), default=(0, Fraction(0)))
    peak = max(held_ns, default=Fraction(0))
    if not held_ns and not ramp_ns:
        return NOTHING
    if (ramp_ns, ramp_peak) > (longest_ns, rate):
        further = f" (peak {_for(peak, held_ns[peak])})" if peak >= ramp_peak else ""
        return f"up to {rate_text(ramp_peak)} over {duration_text(ramp_ns)}{further}"
    if ramp_peak > peak:
        return f"{_for(rate, longest_ns)} (peak {rate_text(ramp_peak)} in a ramp)"
    return _for(rate, longest_ns) + (f" (peak {_for(peak, held_ns[peak])})" if peak > rate else "")


def offered_text(stages: Iterable[Stage]) -> str:
    """Return at which rates arrivals were due, and for how long: `at up to 200/s over 12 min`."""
    parts = list(stages)
    rates = {min(rate, peak_of([stage])) for stage in parts for rate in (stage.start_rate, stage.end_rate)}
    over_ns = sum(stage.duration_ns for stage in parts)
    if any(stage.kind == "file" for stage in parts):
        return f"as recorded, at {_rate(parts[-1])} in the mean, over {duration_text(over_ns)}"
    most = rate_text(max(rates, default=Fraction(0)))
    return f"at {'up to ' if len(rates) > 1 else ''}{most} over {duration_text(over_ns)}"


def _rate(stage: Stage) -> str:
    """Return the mean rate of what was recorded, which is seldom a round number."""
    return f"{significant(stage.start_rate)}/s"


def _for(rate: Fraction, duration_ns: int) -> str:
    return f"{rate_text(rate)} for {duration_text(duration_ns)}"

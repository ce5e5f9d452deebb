"""The stages of the run that holds a rate, as a scenario has them.

Before it is held, a rate is approached from the lowest one: there the server works off what is left of the
hold before, and neither that nor the approach is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

    from sessionload.capacity.hold import Hold

CALM_S = 5
"""How long the lowest rate is kept before a rate is approached."""
APPROACH_S = 3
HELD = 2
"""The number of the stage that is judged."""


def stages_of(step: Hold, lowest: Fraction) -> list[dict[str, Any]]:
    """Return the stages that cool down, approach the rate and hold it; the last one is judged."""
    calm, rate = rate_value(lowest), rate_value(step.rate)
    return [
        {"name": "calm", "rate": calm, "duration": f"{CALM_S}s", "warmup": True},
        {"name": "approach", "rate": calm, "ramp_to": rate, "duration": f"{APPROACH_S}s", "warmup": True},
        {"name": f"hold {rate}", "rate": rate, "duration": f"{step.seconds}s"},
    ]


def rate_value(rate: Fraction) -> str:
    """Return a rate as a scenario has it: `412/s`, to the thousandth."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + "/s"

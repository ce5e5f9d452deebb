"""All that a verdict is made from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.targets import Target
    from sessionload.workload.stage import Stage


@dataclass(frozen=True, slots=True)
class Limits:
    """How late and busy the generator may be, and what it may lose, before its numbers are not believed."""

    lag_p99_ns: int = 10_000_000
    cpu_share: Fraction = Fraction(9, 10)
    lost_share: Fraction = Fraction(0)
    """Of all planned arrivals."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict is made from. `aborted_by` is the `expr` of the target that ended the run."""

    measurement: Measurement
    stages: tuple[Stage, ...]
    planned: int
    lost: int
    """All that are lost; those whose second is known are in the measurement, too."""
    interrupted: str | None = None
    aborted_by: str | None = None
    targets: tuple[Target, ...] = ()
    limits: Limits = Limits()
    script: int = 0
    """How many turns a conversation has; 0 in a run without any."""
    measured_until_s: float | None = None
    """Until when a run that ended early was measured; all of its plan was, if `None`."""
    clock_error_ns: int = 0
    """By how much the clock of a worker may differ from the master's at most."""
    patience_ns: int = 0
    """How long an arrival waits to be sent before it gives up; 0 if it does not."""

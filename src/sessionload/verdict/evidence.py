"""All that a verdict is made from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.targets import Target
    from sessionload.workload.schedule import Stage


@dataclass(frozen=True, slots=True)
class Limits:
    """How late and how busy the generator may be before its numbers are not believed."""

    lag_p99_ns: int = 10_000_000
    cpu_share: Fraction = Fraction(9, 10)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict is made from. `aborted_by` is the `expr` of the target that ended the run."""

    measurement: Measurement
    stages: tuple[Stage, ...]
    planned: int
    lost: int
    interrupted: str | None = None
    aborted_by: str | None = None
    targets: tuple[Target, ...] = ()
    limits: Limits = Limits()

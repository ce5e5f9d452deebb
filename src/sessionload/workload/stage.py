"""One stage of a schedule: a rate that is held or changes evenly, a burst, or what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sessionload.units import NS


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the schedule over which the rate goes linearly from `start_rate` to `end_rate`.

    Rates are arrivals per second. Equal rates make a constant stage, and two zeros make a pause.
    """

    name: str
    start_rate: Fraction
    end_rate: Fraction
    duration_ns: int
    warmup: bool = False
    kind: str = "rate"
    """`rate`; `burst` for exactly as many arrivals as its area; `file` for instants that were recorded."""

    @classmethod
    def burst(cls, name: str, arrivals: int, within_ns: int, *, warmup: bool = False) -> Stage:
        """Return the stage of so many arrivals within a time."""
        rate = Fraction(arrivals * NS, within_ns)
        return cls(name, rate, rate, within_ns, warmup, "burst")

    @property
    def area(self) -> Fraction:
        """Return the area under the rate: how many arrivals the stage is worth, fractions of one included."""
        return (self.start_rate + self.end_rate) / 2 * Fraction(self.duration_ns, NS)

"""What became of all arrivals of a run, as two equations that can fail.

`planned = sent + unsent + lost`, and what was sent is the sum of a closed set of outcomes. `sent` is counted
when an exchange begins and outcomes when it ends, by separate code. Never fill in a missing number by
subtraction: the equations would always hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.stage_sums import ended

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.metrics.measurement import Measurement


@dataclass(frozen=True, slots=True)
class Accounting:
    """What became of all arrivals of a run, those of warm-up stages included."""

    planned: int
    sent: int
    unsent: int
    lost: int
    outcomes: Mapping[Outcome, int]
    """All of the closed set, zeros too."""
    gave_up: int = 0
    """Those of the unsent that had waited as long as the patience of their scenario."""

    @classmethod
    def of(cls, measurement: Measurement, *, planned: int, lost: int) -> Self:
        """Return the accounting of a run that planned and lost so many arrivals."""
        known, unsent, gave_up = ended(measurement)
        outcomes = {outcome: known[outcome] for outcome in Outcome}
        return cls(planned, measurement.sent, unsent, lost, outcomes, gave_up)

    @property
    def ended(self) -> int:
        """The sum of all outcomes."""
        return sum(self.outcomes.values())

    @property
    def errors(self) -> int:
        """How many have ended without a valid session, were not sent, or are lost."""
        return self.ended - self.outcomes[Outcome.OK] + self.unsent + self.lost

    @property
    def arrivals_close(self) -> bool:
        """Whether planned = sent + unsent + lost."""
        return self.planned == self.sent + self.unsent + self.lost

    @property
    def outcomes_close(self) -> bool:
        """Whether what was sent is the sum of the outcomes."""
        return self.sent == self.ended

    @property
    def closes(self) -> bool:
        """Whether both equations hold."""
        return self.arrivals_close and self.outcomes_close

    @property
    def arrivals_sentence(self) -> str:
        """The first equation: `planned 10 = sent 9 + unsent 1 + lost 0`."""
        sign = "=" if self.arrivals_close else "≠"
        accounted = f"sent {self.sent:,} + unsent {self.unsent:,} + lost {self.lost:,}"
        return f"planned {self.planned:,} {sign} {accounted}"

    @property
    def outcomes_sentence(self) -> str:
        """The second equation, without outcomes that did not occur: `sent 9 = ok 8 + timeout 1`."""
        sign = "=" if self.outcomes_close else "≠"
        seen = " + ".join(f"{outcome} {count:,}" for outcome, count in self.outcomes.items() if count)
        return f"sent {self.sent:,} {sign} {seen or '0'}"

    @property
    def sentence(self) -> str:
        """Both equations, and how many of the unsent gave up, if any did."""
        split = f"; of the unsent {self.gave_up:,} gave up" if self.gave_up else ""
        return f"{self.arrivals_sentence}; {self.outcomes_sentence}{split}"

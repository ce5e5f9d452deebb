"""When a fault of the stub applies: `always`, `every 10`, `on 5..9`, `from 10s for 3s`, `if granted`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sessionload.errors import ValueProblem, quoted
from sessionload.units import parse_duration

WHEN_HINT = "end it with always, every 10, on 5, on 5..9, from 10s for 3s or if granted"


@dataclass(frozen=True, slots=True)
class When:
    """Arrivals `first` to `last`, only multiples of `step`, that come from `from_ns` to before `until_ns`."""

    step: int = 1
    first: int = 1
    last: float = math.inf
    from_ns: int = 0
    until_ns: float = math.inf
    preflights: bool = False
    """Whether requests that are no load are meant too."""
    granted: bool = False
    """Whether only requests are meant that would get a session."""

    def matches(self, number: int, elapsed_ns: int, *, granted: bool = True) -> bool:
        """Tell whether arrival `number`, `elapsed_ns` after the first arrival, is meant.

        `granted` says whether its honest answer is a session.
        """
        return (
            self.first <= number <= self.last
            and number % self.step == 0
            and self.from_ns <= elapsed_ns < self.until_ns
            and granted >= self.granted
        )


ALWAYS = When(preflights=True)
IF_GRANTED = When(preflights=True, granted=True)


def parse_when(text: str) -> When:
    """Return the time that `text` says. Raises `ValueProblem`."""
    if text == "always":
        return ALWAYS
    if text.startswith("if"):
        return IF_GRANTED
    if match := re.fullmatch(r"every\s+([1-9]\d{0,17})", text, re.ASCII):
        return When(step=int(match[1]))
    if match := re.fullmatch(r"on\s+([1-9]\d{0,17})(?:\.\.(\d{1,18}))?", text, re.ASCII):
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueProblem(f"{quoted(text)} ends before it begins", "write the smaller number first")
        return When(first=first, last=last)
    if match := re.fullmatch(r"from\s+(.+?)\s+for\s+(.+)", text):
        start, length = parse_duration(match[1]), parse_duration(match[2])
        if not length:
            raise ValueProblem(f"{quoted(text)} lasts no time at all", "write it like from 10s for 3s")
        return When(from_ns=start, until_ns=start + length)
    raise ValueProblem(f"{quoted(text)} is not a time for a fault", WHEN_HINT)

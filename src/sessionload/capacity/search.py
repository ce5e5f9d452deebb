"""Finds the highest rate that meets the targets: a state machine that says what to hold next.

It doubles from the lowest rate until a target gives way, halves what lies between until the precision is
reached, then holds the answer once more and for longer, and the rate above it, which must fail again. Where
the longer hold says otherwise it goes on from there. A hold that may be noise is lengthened three times, and
then its figures count as they stand. It knows no server and no clock, and always ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.capacity.hold import Hold, HoldResult, Purpose, Shown

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_HOLDS = 60
_MOST_CONTRADICTIONS = 6
"""A limit that moves while it is measured has no number."""
_LONGER = 3
"""How many times longer the holds are that confirm and refute; once more for each that said otherwise."""
_MOST_PIECES = 4
"""A hold that is unsure goes on for as long again, until it has this many pieces."""

_MOVED = "what was met once was missed the next time, again and again"


class Ending(StrEnum):
    """How a search ended."""

    FOUND = "found"
    OPEN = "open"
    """Even the highest rate meets the targets."""
    TOO_HIGH = "too high"
    """Not even the lowest rate meets the targets."""
    THROTTLED = "throttled"
    VOID = "void"
    """The generator's own limit was reached before the server's."""
    UNSTEADY = "unsteady"
    """What was met once was missed the next time, again and again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The limit is between `low`, which was met, and `high`, which was not; `None` is what no hold showed."""

    ending: Ending
    low: Fraction | None
    high: Fraction | None
    because: str = ""
    """The target that gave way at `high`, or why there is no more to say."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Between which rates to look, how close to come, and how long to hold a rate."""

    lowest: Fraction
    highest: Fraction
    precision: Fraction
    seconds_for: Callable[[Fraction], int]
    """How long a rate is held before its targets have evidence, in seconds."""


class Search:
    """A search under way: hold what `step` says, tell `take` what it showed, until there is an `answer`."""

    def __init__(self, plan: SearchPlan) -> None:
        self._plan = plan
        self._met: dict[Fraction, bool] = {}
        """Each rate that was held, and whether it was met the last time."""
        self._low: Fraction | None = None
        self._high: Fraction | None = None
        self._because: dict[Fraction, str] = {}
        self._sure: set[Fraction] = set()
        """Rates that the longer hold has confirmed or refuted."""
        self._pieces = 0
        self._voids = 0
        self._holds = 0
        self._contradictions = 0
        self._growth = Fraction(2)
        self.answer: Answer | None = None
        self.step: Hold | None = self._next()

    def take(self, result: HoldResult) -> None:
        """Learn what the current step showed; then `step` is the next one, or `answer` is there."""
        step = self.step
        if step is None:
            raise ValueError("the search has ended")
        self._holds += 1
        self._pieces += 1
        match result.shown:
            case Shown.THROTTLED:
                self._end(Ending.THROTTLED, step.rate, result.because)
            case Shown.VOID if self._voids:
                self._end(Ending.VOID, step.rate, result.because)
            case Shown.VOID:
                self._voids, self._pieces = 1, 0
            case Shown.UNSURE if self._pieces < _MOST_PIECES:
                pass
            case shown:
                self._learn(step, result, met=shown is Shown.MET or result.leans_met)
                self._pieces = self._voids = 0
                self.step = None
        if self.answer is None:
            self.step = self.step or self._next()
        if self._holds >= _MOST_HOLDS and self.answer is None:
            self._end(Ending.UNSTEADY, self._high, _MOVED)

    def give_up(self, because: str) -> None:
        """End the search where it stands: what it would take next is not allowed."""
        self._end(Ending.UNSTEADY, self._high, because)

    @property
    def goes_on(self) -> bool:
        """Whether the step is the last one again, and its evidence adds to what there is of it."""
        return bool(self._pieces)

    def _learn(self, step: Hold, result: HoldResult, *, met: bool) -> None:
        rate = step.rate
        before = self._met.get(rate)
        self._met[rate] = met
        if not met:
            self._because[rate] = result.because
        if step.purpose in {Purpose.CONFIRM, Purpose.REFUTE}:
            self._sure.add(rate)
        if before is not None and before != met:
            self._contradictions += 1
            self._growth = 1 + self._plan.precision
        if met:
            self._low = rate
            self._high = min(
                (other for other, kept in self._met.items() if not kept and other > rate), default=None
            )
        else:
            self._high = rate
            self._low = max(
                (other for other, kept in self._met.items() if kept and other < rate), default=None
            )

    def _next(self) -> Hold | None:
        plan, low, high = self._plan, self._low, self._high
        if low is None or self._contradictions > _MOST_CONTRADICTIONS:
            return self._begin_or_end()
        if high is None and low < plan.highest:
            rate = min(low * self._growth, plan.highest)
            self._growth = min(self._growth * self._growth, Fraction(2))
            return self._hold(rate, Purpose.BRACKET)
        if high is not None and high > low * (1 + plan.precision):
            return self._hold(_between(low, high), Purpose.BISECT)
        return self._check(low, high)

    def _begin_or_end(self) -> Hold | None:
        if self._contradictions:
            self._end(Ending.UNSTEADY, self._high, _MOVED)
            return None
        if self._high is None:
            return self._hold(self._plan.lowest, Purpose.BRACKET)
        self._end(Ending.TOO_HIGH, self._high, self._because[self._high])
        return None

    def _check(self, low: Fraction, high: Fraction | None) -> Hold | None:
        """Hold both ends of the answer once more and for longer; then the search has its answer."""
        if low not in self._sure:
            return self._hold(low, Purpose.CONFIRM)
        if high is None:
            self._end(Ending.OPEN, None, "")
            return None
        if high not in self._sure:
            return self._hold(high, Purpose.REFUTE)
        self._end(Ending.FOUND, high, self._because[high])
        return None

    def _hold(self, rate: Fraction, purpose: Purpose) -> Hold:
        checks = purpose in {Purpose.CONFIRM, Purpose.REFUTE}
        longer = _LONGER + self._contradictions if checks else 1
        return Hold(rate, longer * self._plan.seconds_for(rate), purpose)

    def _end(self, ending: Ending, high: Fraction | None, because: str) -> None:
        self.step = None
        self.answer = Answer(ending, self._low, high, because)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """Return a rate in the middle, to three digits, so that people can read it; strictly between the two."""
    middle = (low + high) / 2
    digit = Fraction(10) ** (len(str(int(middle))) - 3) if middle >= 1 else Fraction(1, 1000)
    rounded = round(middle / digit) * digit
    return rounded if low < rounded < high else middle

"""What a result says of turns: what became of them, their figures, and the section of the file.

`conversations x turns of the script = sent + unsent + skipped + lost`, and what was sent is the sum of a
closed set of outcomes. Turns are lost with the worker that was to take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins

from sessionload.metrics.bounds import Count, PositiveCount
from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.metrics.turn_form import TurnsForm, turn_members
from sessionload.metrics.turn_slices import TURN_VIEWS, TurnSlice
from sessionload.verdict.percentiles import LatencySummary
from sessionload.verdict.result_numbers import SummaryForm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sessionload.metrics.turn_measurement import TurnMeasurement


class TurnLatencyForm(Struct, forbid_unknown_fields=True):
    """The numbers of each view."""

    response: SummaryForm
    answered: SummaryForm
    service: SummaryForm
    lag: SummaryForm
    first_event: SummaryForm
    end_event: SummaryForm


class ByTurnForm(Struct, forbid_unknown_fields=True):
    """One turn of the script, over the measured stages."""

    turn: PositiveCount
    sent: Count
    unsent: Count
    skipped: Count
    outcomes: dict[TurnOutcome, Count]
    latency_ms: TurnLatencyForm


class TurnSectionForm(TurnsForm, kw_only=True):
    """The section of a result file."""

    planned: Count
    unsent: Count
    skipped: Count
    lost: Count
    outcomes: dict[TurnOutcome, Count]
    latency_ms: TurnLatencyForm
    by_turn: list[ByTurnForm]


@dataclass(frozen=True, slots=True)
class TurnSection:
    """The turns of a run that has ended."""

    measurement: TurnMeasurement
    script: int
    """How many turns the script has."""
    planned: int
    """How many there are by the plan, whatever became of the arrivals."""
    judged: Collection[int]
    """The numbers of the stages that are not warm-up."""

    def over(self, keep: Callable[[int, int], bool] = lambda _, __: True) -> TurnSlice:
        """Return the sum of the slices of which `keep(stage, turn)` is true."""
        total = TurnSlice()
        for (stage, _, turn), part in self.measurement.slices.items():
            if keep(stage, turn):
                total += part
        return total

    @property
    def measured(self) -> TurnSlice:
        """All turns of arrivals of the measured stages."""
        return self.over(lambda stage, _: stage in self.judged)

    def of_turn(self, number: int) -> TurnSlice:
        """Return the turns with this number, from 1, of arrivals of the measured stages."""
        return self.over(lambda stage, turn: stage in self.judged and turn == number)

    @property
    def expected(self) -> int:
        """How many turns the conversations that began have."""
        return self.measurement.counts.conversations * self.script

    @property
    def lost(self) -> int:
        """How many of these nobody has accounted for."""
        return max(0, self.expected - self.over().accounted)

    @property
    def closes(self) -> bool:
        """Whether both equations hold."""
        total = self.over()
        return self.measurement.counts.sent == total.sent and total.accounted + self.lost == self.expected

    @property
    def sentence(self) -> str:
        """Both equations: `conversations 9 x turns 3 = sent 27 + …; sent 27 = ok 26 + timeout 1`."""
        counts, total = self.measurement.counts, self.over()
        sign = "=" if total.accounted + self.lost == self.expected else "≠"
        seen = " + ".join(
            f"{name} {total.outcomes[name]:,}" for name in TurnOutcome if name in total.outcomes
        )
        return (
            f"conversations {counts.conversations:,} x turns {self.script:,} {sign} sent {total.sent:,}"
            f" + unsent {total.unsent:,} + skipped {total.skipped:,} + lost {self.lost:,};"
            f" sent {counts.sent:,} {'=' if counts.sent == total.sent else '≠'} {seen or '0'}"
        )

    def open_by_second(self) -> dict[int, int]:
        """Return how many conversations were open at the end of each second."""
        return self.measurement.open_by_second()

    def by_second(self) -> dict[int, TurnSlice]:
        """Return the turns that were due in each second, or step of seconds, of all stages."""
        seconds: dict[int, TurnSlice] = {}
        for (_, second, _), part in sorted(self.measurement.slices.items()):
            known = seconds.get(second)
            seconds[second] = part if known is None else known + part
        return seconds

    def to_json(self) -> dict[str, Any]:
        """Return the section as plain data."""
        total = self.over()
        data: dict[str, Any] = to_builtins(
            {
                "planned": self.planned,
                "unsent": total.unsent,
                "skipped": total.skipped,
                "lost": self.lost,
                "outcomes": all_outcomes(total),
                "latency_ms": summaries(self.measured),
                "by_turn": [_by_turn(number, self.of_turn(number)) for number in range(1, self.script + 1)],
                **turn_members(self.measurement),
            },
            str_keys=True,
        )
        return data

    def check(self, form: TurnSectionForm) -> None:
        """Raise `ValueError` if the totals of a section that was read are not the sums of its slices."""
        total = self.over()
        if (form.unsent, form.skipped, form.lost) != (total.unsent, total.skipped, self.lost):
            raise ValueError("the totals of its turns are not the sums of their slices")
        if form.outcomes != all_outcomes(total):
            raise ValueError("the outcomes of its turns are not the sums of their slices")
        if any(turn > self.script for _, _, turn in self.measurement.slices):
            raise ValueError("a turn is not in its script")


def all_outcomes(part: TurnSlice) -> dict[TurnOutcome, int]:
    """Return the counts of all of the closed set, zeros too."""
    return {outcome: part.outcomes.get(outcome, 0) for outcome in TurnOutcome}


def summaries(part: TurnSlice) -> dict[str, dict[str, float | None]]:
    """Return the figures of each view."""
    return {view: LatencySummary.of(getattr(part, view)).to_json() for view in TURN_VIEWS}


def _by_turn(number: int, part: TurnSlice) -> dict[str, Any]:
    return {
        "turn": number,
        "sent": part.sent,
        "unsent": part.unsent,
        "skipped": part.skipped,
        "outcomes": all_outcomes(part),
        "latency_ms": summaries(part),
    }

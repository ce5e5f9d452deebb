"""One conversation: the turns of a script, each due when the one before it is done and the user has thought.

Here is what happens when, and what is counted as what; how a turn is sent, and what time it is, comes from
outside, so that it can be simulated. Every turn of the script is counted once: sent, unsent or skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sessionload.metrics.exchange import Failure
from sessionload.metrics.turn_exchange import TurnExchange, TurnOutcome

if TYPE_CHECKING:
    from sessionload.contract.turn_answer import TurnJudgement
    from sessionload.metrics.turn_recorder import TurnRecorder

_CUT = Failure("aborted", "still in flight when the drain ran out")


class TurnAnswer(NamedTuple):
    """What came back for one turn. Instants are nanoseconds since the start of the schedule."""

    judgement: TurnJudgement
    status: int | None
    done_ns: int
    first_event_ns: int | None = None
    end_event_ns: int | None = None


class Talker(Protocol):
    """What a conversation needs of the world."""

    def now_ns(self) -> int:
        """Return the time since the start of the schedule."""

    def wait_until(self, due_ns: int) -> bool:
        """Wait for an instant; return whether it has come and a turn may be sent.

        It may not where the run is being ended, or without a lease.
        """

    def is_over(self) -> bool:
        """Tell whether a later start of this user has ended the session."""

    def think_ns(self, turn: int) -> int:
        """Return how long the user thinks before a turn."""

    def take(self, turn: int) -> TurnAnswer:
        """Send a turn and return what came back."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of the arrival `index` of a stage, whose session start was done at `started_ns`."""

    index: int
    stage: int
    started_ns: int
    turns: int
    """How many the script has."""

    def hold(self, talker: Talker, recorder: TurnRecorder) -> None:
        """Take the turns until the last, or the first that does not end well."""
        recorder.opened(self.started_ns)
        due_ns, counted = self.started_ns, 0
        try:
            for turn in range(1, self.turns + 1):
                if turn > 1:
                    due_ns += talker.think_ns(turn)
                if not talker.wait_until(due_ns):
                    return
                is_over = talker.is_over()
                if not is_over:
                    counted = turn
                    answer = self._take(talker, recorder, turn, due_ns)
                    due_ns, is_over = answer.done_ns, answer.judgement.outcome is not TurnOutcome.OK
                if is_over:
                    for left in range(counted + 1, self.turns + 1):
                        recorder.skipped(self.stage, due_ns, left)
                    counted = self.turns
                    return
        finally:
            end_ns = max(talker.now_ns(), self.started_ns)
            for left in range(counted + 1, self.turns + 1):
                recorder.unsent(self.stage, end_ns, left)
            recorder.closed(end_ns)

    def _take(self, talker: Talker, recorder: TurnRecorder, turn: int, due_ns: int) -> TurnAnswer:
        recorder.counts.sent += 1
        sent_ns = talker.now_ns()
        exchange = TurnExchange(self.index, turn, due_ns, sent_ns, sent_ns, TurnOutcome.ABORTED, failure=_CUT)
        try:
            answer = talker.take(turn)
            exchange.outcome, exchange.failure = answer.judgement
            exchange.status, exchange.done_ns = answer.status, answer.done_ns
            exchange.first_event_ns, exchange.end_event_ns = answer.first_event_ns, answer.end_event_ns
        finally:
            if exchange.outcome is TurnOutcome.ABORTED:
                exchange.done_ns = talker.now_ns()
            recorder.done(self.stage, exchange)
        return answer

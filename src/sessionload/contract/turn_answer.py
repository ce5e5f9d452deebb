"""What the answer to a turn is worth, whole or as a stream of events.

A whole answer is judged as any answer is, by what the document lists. Of a stream the document lists no more
than its media type, so each `trace` event is judged by the schema that a trace has in a whole answer, and an
`end` event has to come: a turn is over with it, whatever the connection does after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.contract.response.masking import mask
from sessionload.failure_causes import TRUNCATED
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.metrics.turn_exchange import TurnOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.contract.turn import TurnContract

_REFUSED = 401
TRACE = "trace"
END = "end"
"""The names of the events of a turn."""
ENDED_EARLY = Failure("turn/ended_early", "the stream was over before its 'end' event")
SHARED = Failure("turn/other_session", "the answer is of the session of another user")
EARLIER_ACCEPTED = Failure(
    "turn/earlier_key_accepted", "a key that a later start of its user has ended was accepted"
)
UNSENDABLE = Failure("turn/unsendable_key", "the session key cannot be sent as a header")


class TurnJudgement(NamedTuple):
    """What an answer is worth. `failure` is None exactly when `outcome` is ok."""

    outcome: TurnOutcome
    failure: Failure | None


_OK = TurnJudgement(TurnOutcome.OK, None)


def judge_turn(  # noqa: PLR0913 - all that an answer consists of
    turn: TurnContract,
    status: int,
    content_type: str | None,
    body: bytes,
    headers: Mapping[str, str],
    *,
    events: Sequence[str] | None = None,
    has_ended: bool = False,
    was_ended: bool = False,
) -> TurnJudgement:
    """Return what a whole answer, or a stream of which `events` has the data of each trace, is worth.

    `has_ended`: the `end` event has come. `was_ended`: a later start of this user has ended its session.
    """
    outcome, failure, _ = turn.contract.judge(status, content_type, body, headers)
    if outcome is Outcome.REJECTED and failure is not None:
        return _refused(status, failure, was_ended=was_ended)
    if outcome is not Outcome.OK or events is None:
        return TurnJudgement(TurnOutcome(outcome), failure)
    for text in events:
        fault = fault_of_trace(turn, text)
        if fault is not None:
            return TurnJudgement(TurnOutcome.CONTRACT_VIOLATION, fault)
    return _OK if has_ended else TurnJudgement(TurnOutcome.ENDED_EARLY, ENDED_EARLY)


def failed_turn(outcome: Outcome, failure: Failure | None, *, streams: bool) -> TurnJudgement:
    """Return what a turn without a whole answer is worth; `streams`: its answer was a stream so far.

    A stream whose connection was closed in its midst is one that ended early.
    """
    if streams and failure is not None and failure.cause == TRUNCATED.key:
        return TurnJudgement(TurnOutcome.ENDED_EARLY, ENDED_EARLY)
    return TurnJudgement(TurnOutcome(outcome), failure)


def _refused(status: int, failure: Failure, *, was_ended: bool) -> TurnJudgement:
    if status == _REFUSED and not was_ended:
        message = "401 to a session key that was given to this user and that no later start has ended"
        return TurnJudgement(TurnOutcome.DEAD_KEY, Failure("turn/dead_key", message, failure.example))
    message = f"the session key was not accepted (status {status})"
    return TurnJudgement(TurnOutcome.REJECTED, Failure(failure.cause, message, failure.example))


def fault_of_trace(turn: TurnContract, text: str) -> Failure | None:
    """Return what is wrong with the data of a `trace` event, if anything is."""
    try:
        value = parse(text.encode())
    except JsonError as error:
        return Failure(f"trace/json/{error.kind}", f"a trace: {error.message}", mask(text.encode()))
    violation = turn.trace.violation(value) if turn.trace is not None else None
    if violation is None:
        return None
    cause = violation.cause.replace("body/", "trace/", 1)
    return Failure(cause, f"a trace breaks the contract: {violation.sentence}", mask(text.encode()))

"""One turn of a conversation, from the instant it was due to the instant it was done with.

A conversation is what a user does with the key of a session start: its turns, one after the other, each due
when the one before it was done and the user has thought. Every turn that was sent ends in exactly one outcome
of a closed set: those of session starts, and two that only turns have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessionload.metrics.exchange import Failure


class TurnOutcome(StrEnum):
    """How a turn that was sent has ended. The set is closed."""

    OK = "ok"
    """Everything that the contract promises of a turn has come."""
    CONTRACT_VIOLATION = "contract_violation"
    REJECTED = "rejected"
    """401 or 403, but for `dead_key`."""
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION_ERROR = "connection_error"
    PROTOCOL_ERROR = "protocol_error"
    ABORTED = "aborted"
    ENDED_EARLY = "ended_early"
    """A stream that was over before its `end` event."""
    DEAD_KEY = "dead_key"
    """401 to a key that was given to this user and that no later start has ended."""


TURN_ANSWERED = frozenset(
    {
        TurnOutcome.OK,
        TurnOutcome.CONTRACT_VIOLATION,
        TurnOutcome.REJECTED,
        TurnOutcome.THROTTLED,
        TurnOutcome.SERVER_ERROR,
        TurnOutcome.ENDED_EARLY,
        TurnOutcome.DEAD_KEY,
    }
)
"""Outcomes in which an answer came back, and ended."""


@dataclass(slots=True)
class TurnExchange:
    """A turn that was sent. Instants are nanoseconds since the start of the schedule."""

    index: int
    """The number of the arrival whose session it is of."""
    turn: int
    """Its number in the conversation, from 1."""
    due_ns: int
    sent_ns: int
    done_ns: int
    outcome: TurnOutcome
    status: int | None = None
    failure: Failure | None = None
    first_event_ns: int | None = None
    """When the first `trace` of a stream had come."""
    end_event_ns: int | None = None
    """When the `end` of a stream had come."""

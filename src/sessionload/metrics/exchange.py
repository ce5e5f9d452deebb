"""One arrival from the instant it was due to the instant it was done with.

Every arrival that was sent ends in exactly one outcome of a closed set. Of its three instants and the part of
its lateness that was queueing everything else is made: response = done - due, service = done - sent, lateness
= sent - due, lag = lateness - queueing. `done - sent` alone hides a stalled server (coordinated omission), so
the headline is `done - due`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an arrival that was sent has ended. The set is closed: whatever a server does is one of these."""

    OK = "ok"
    """A documented success whose body keeps the contract: the user has a valid session key."""
    CONTRACT_VIOLATION = "contract_violation"
    """An answer that the contract does not allow: status, media type, JSON, body or a named rule."""
    REJECTED = "rejected"
    """401 or 403: the API key was not accepted."""
    THROTTLED = "throttled"
    """429."""
    SERVER_ERROR = "server_error"
    """Any 5xx."""
    TIMEOUT = "timeout"
    """The deadline for the whole exchange passed."""
    CONNECTION_ERROR = "connection_error"
    """Refused, reset, closed, unresolvable, or TLS that could not be verified."""
    PROTOCOL_ERROR = "protocol_error"
    """Bytes that are not an HTTP/1.1 response, or more of them than the bounds allow."""
    ABORTED = "aborted"
    """Cut by ourselves when the drain ran out."""


ANSWERED = frozenset(
    {Outcome.OK, Outcome.CONTRACT_VIOLATION, Outcome.REJECTED, Outcome.THROTTLED, Outcome.SERVER_ERROR}
)
"""Outcomes in which a whole HTTP response came back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange did not end `ok`: equal causes are one finding.

    `cause` is a stable key from a bounded set, `message` a sentence without anything a server
    chose, `example` a masked excerpt of what came back (or empty).
    """

    cause: str
    message: str
    example: str = ""


@dataclass(slots=True)
class Exchange:
    """One arrival that was sent. Instants are nanoseconds since the start of the schedule.

    Not frozen: one is made for every arrival, and a frozen one takes four times as long to make.
    """

    index: int
    due_ns: int
    sent_ns: int
    done_ns: int
    outcome: Outcome
    queued_ns: int = 0
    """How long it waited because `max_in_flight` were in flight: the server's part of the lateness."""
    status: int | None = None
    failure: Failure | None = None
    connect_ns: int | None = None
    """How long it took to open a connection, if one was opened for it: TCP, and looking up its address."""
    tls_ns: int | None = None
    """How long the handshake took, if there was one."""
    first_byte_ns: int | None = None
    """How long after it was sent the first byte of an answer came, if one did."""

"""What a master says of its workers: that one is there, what it was dealt, that it is lost.

Events stand between the deltas, on the pipe to the command and in the slices of a run. Each has the same form
in both.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.json import encode

from sessionload.metrics.bounds import Count

HostName = Annotated[str, Meta(min_length=1, max_length=253)]


class WorkerSeen(Struct, frozen=True, forbid_unknown_fields=True, tag="worker"):
    """A worker that takes part. Said again when more is known of its clock; the latest counts."""

    worker: Count
    where: HostName
    """The name of its machine, or `local`."""
    clock_error_ns: Count
    """By how much its schedule may be ahead of the master's, or behind it, at most."""
    round_trip_ns: Count
    """The quickest exchange of two messages with it."""
    joined_ns: Count = 0
    """When it was dealt its first arrivals, since the start of the schedule."""


class WorkDealt(Struct, frozen=True, forbid_unknown_fields=True, tag="deal"):
    """From arrival `first` on, these workers perform these stripes: (worker, stripe, stripes).

    Of 0 stripes a worker performs nothing.
    """

    first: Count
    parts: list[tuple[Count, Count, Count]]


class WorkerLoss(Struct, frozen=True, forbid_unknown_fields=True, tag="loss"):
    """A worker says nothing any more. Instants are nanoseconds since the start of the schedule."""

    worker: Count
    at_ns: Count
    """When it was noticed."""
    dealt_ns: Count
    """Arrivals that are due from then on are performed by the other workers."""


WorkerEvent = WorkerSeen | WorkDealt | WorkerLoss


def event_line(event: WorkerEvent) -> bytes:
    """Return an event as a line of JSON."""
    return encode(event) + b"\n"

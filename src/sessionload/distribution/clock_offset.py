"""How far the monotonic clock of another machine is ahead of ours, from questions and answers.

Of all exchanges the quickest one counts: its answer was given somewhere between question and answer, so the
offset is wrong by half of its round trip at most (Cristian, Probabilistic clock synchronization, 1989).
"""

from __future__ import annotations

from typing import NamedTuple


class Offset(NamedTuple):
    """Their clock less ours, in nanoseconds, and by how much that may be wrong."""

    offset_ns: int
    error_ns: int


def offset_of(sent_ns: int, there_ns: int, received_ns: int) -> Offset:
    """Return the offset that one exchange shows: sent and received by our clock, answered by theirs."""
    round_trip_ns = received_ns - sent_ns
    return Offset(there_ns - (sent_ns + received_ns) // 2, -(-round_trip_ns // 2))


def better(one: Offset | None, other: Offset) -> Offset:
    """Return the one that may be wrong by less."""
    return other if one is None or other.error_ns < one.error_ns else one

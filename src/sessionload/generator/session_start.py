"""One session start on its way through the generator: made ready, sent, ended, and then judged.

Law: what an arrival needs when it is due is there before, and what can wait until its answer has been read
waits. Idea: requests are made ready some at a time, ahead of their instants. Trap: Python and the kernel push
each other's code out of the processor's cache, so what is done for many arrivals in a row costs half of what
it costs between two calls of the system.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.generator.failures import Response
    from sessionload.workload.schedule import Arrival

_AHEAD = 32
"""So many requests are made ready together."""


class SessionStart(Exchange):
    """An exchange that has its request from the beginning; the rest is filled in as it comes to pass."""

    __slots__ = ("reply", "request", "stage")

    reply: Response

    def __init__(self, arrival: Arrival, request: bytes) -> None:
        self.index, self.due_ns, self.stage = arrival[:]
        self.request = request
        self.queued_ns = 0

    def __repr__(self) -> str:
        # The request holds the API key, and the reply may hold a session key.
        return f"SessionStart({self.index!r}, due {self.due_ns!r})"


def prebuild_requests(arrivals: Iterator[Arrival], request: Callable[[int], bytes]) -> Iterator[SessionStart]:
    """Yield the arrivals with their requests; `request(index)` returns one."""
    while some := list(islice(arrivals, _AHEAD)):
        yield from [SessionStart(arrival, request(arrival[0])) for arrival in some]

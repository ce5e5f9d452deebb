"""One session start on its way through the generator: built, sent, ended, judged.

Requests are built before they are due, 32 at a time, and judged after their response was read. Many in a
row cost half of what they cost between two system calls, because Python and the kernel evict each other's
code from the processor's cache.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.generator.failures import Response
    from sessionload.workload.schedule import Arrival

_BATCH = 32
"""How many requests are built together."""


class SessionStart(Exchange):
    """An exchange that has its request from the beginning; the rest is filled in on the way."""

    __slots__ = ("request", "response", "stage")

    response: Response

    def __init__(self, arrival: Arrival, request: bytes) -> None:
        self.index, self.due_ns, self.stage = arrival[:]
        self.request = request
        self.queued_ns = 0

    def __repr__(self) -> str:
        # The request holds the API key, and the response may hold a session key.
        return f"SessionStart({self.index!r}, due {self.due_ns!r})"


def prebuild_requests(arrivals: Iterator[Arrival], request: Callable[[int], bytes]) -> Iterator[SessionStart]:
    """Yield the arrivals with their requests; `request(index)` returns one."""
    while batch := list(islice(arrivals, _BATCH)):
        yield from [SessionStart(arrival, request(arrival[0])) for arrival in batch]

"""A server that serves so many requests at once, and keeps the others in one line.

Requests are served in the order in which they came, so when one will begin is known as soon as it comes: when
the first channel is free. A client that goes away meanwhile is served all the same, as by most servers.
"""

from __future__ import annotations

from heapq import heapreplace


class Channels:
    """When each channel is free, as instants in seconds of any clock."""

    def __init__(self, count: int) -> None:
        self._free = [0.0] * count

    def wait(self, now: float, service: float) -> float:
        """Return in how many seconds a request that comes now, and takes `service` seconds, is done."""
        done = max(now, self._free[0]) + service
        heapreplace(self._free, done)
        return done - now

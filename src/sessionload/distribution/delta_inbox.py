"""The deltas of one worker, put in order: each once, none before those that came before it.

A worker sends a delta again until it hears that it has arrived, so deltas may come twice and out of order. At
most so many wait for one that is missing; more are not taken, and come again.
"""

from __future__ import annotations

_MOST_WAITING = 1000


class DeltaInbox:
    """What has come so far; `next_delta` is the number of the first that has not."""

    def __init__(self) -> None:
        self.next_delta = 0
        self._waiting: dict[int, bytes] = {}

    def take(self, number: int, line: bytes) -> list[bytes]:
        """Return the lines that are in order now, the oldest first; none while one before them is missing."""
        if self.next_delta <= number < self.next_delta + _MOST_WAITING:
            self._waiting.setdefault(number, line)
        lines = []
        while self.next_delta in self._waiting:
            lines.append(self._waiting.pop(self.next_delta))
            self.next_delta += 1
        return lines

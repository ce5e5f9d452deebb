"""Calls functions at their due instants, for replies that are due later.

One heap holds the due instants, and one timer is set for the first of them; what is due together is released
together. On an idle machine a reply leaves within a millisecond of its due instant. The timers of the event
loop count whole milliseconds from a clock reading that may be old, so each wake-up reads the clock again.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle
    from collections.abc import Callable

_GRAIN = 0.001


class DelayQueue:
    """Calls functions at their due instants, in order."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._timer: TimerHandle | None = None
        self._armed_for = math.inf

    def after(self, seconds: float, release: Callable[[], None]) -> None:
        """Call `release` once, `seconds` from now."""
        due = monotonic() + seconds
        self._order += 1
        heappush(self._heap, (due, self._order, release))
        if due < self._armed_for:
            self._arm()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._armed_for = self._heap[0][0]
        ticks = math.ceil((self._armed_for - monotonic()) / _GRAIN - 0.5)
        self._timer = self._loop.call_later(max(1, ticks) * _GRAIN, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._armed_for = math.inf
        heap = self._heap
        horizon = monotonic() + _GRAIN / 2
        while heap and heap[0][0] <= horizon:
            heappop(heap)[2]()
        if heap and not self._timer:
            self._arm()

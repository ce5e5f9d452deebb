"""Replies that are due later.

Law: on an idle machine a reply leaves within a millisecond of the instant it is due. Idea: one heap of
due instants and one timer for its top; what is due together leaves together. Trap: the loop's timers
count whole milliseconds from a clock that was read some time ago, so the true clock decides at each
waking what is due.
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

    def after(self, seconds: float, leave: Callable[[], None]) -> None:
        """Call `leave` once, `seconds` from now."""
        due = monotonic() + seconds
        self._order += 1
        heappush(self._heap, (due, self._order, leave))
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

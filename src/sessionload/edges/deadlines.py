"""One timer for the deadlines of all exchanges of a process.

Law: an exchange that is not over when its time is up is told so, within a few milliseconds. Idea: each
exchange has the same time, so the one that began first ends first, and a dict in the order of beginning is
all there is to keep. Trap: what is told may begin another exchange before the next one is told.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadlines:
    """What to call for each exchange under way when its time is up."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ends: dict[Callable[[], object], float] = {}
        self._timer: Any = None

    def begin(self, expire: Callable[[], object]) -> None:
        """Call `expire()` in the loop after the timeout, unless `end(expire)` comes first."""
        self._ends[expire] = time.monotonic() + self._timeout_s
        if self._timer is None:
            self._wait(self._timeout_s)

    def end(self, expire: Callable[[], object]) -> None:
        """Forget an exchange that is over."""
        self._ends.pop(expire, None)

    def _wait(self, seconds: float) -> None:
        self._timer = gevent.get_hub().loop.timer(seconds)
        self._timer.start(self._ring)

    def _ring(self) -> None:
        self._timer.close()
        self._timer = None
        now = time.monotonic()
        late = []
        for expire, end in self._ends.items():
            if end > now:
                self._wait(end - now)
                break
            late.append(expire)
        for expire in late:
            del self._ends[expire]
        for expire in late:
            expire()

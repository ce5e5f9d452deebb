"""One timer for the deadlines of all exchanges of a process.

An exchange that is not over when its time is up is ended within a few milliseconds. All exchanges have the
same timeout, so the one that began first expires first, and a dict in the order of beginning is all that is
kept: an exchange registers when it begins and deregisters when it ends. Ending one exchange may begin
another, so all that have expired are taken out before the first of them is ended.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable

    Expire = Callable[[], object]


class Deadlines:
    """What to call for each exchange under way when its time is up."""

    def __init__(self, timeout_ns: int) -> None:
        self._timeout_ns = timeout_ns
        self._begun: dict[Expire, int] = {}
        self._timer: Any = None

    def watched(self) -> dict[Expire, int]:
        """Return what is watched: what to call in the loop, by when its exchange began (monotonic, ns)."""
        if self._timer is None:
            self._wait(self._timeout_ns)
        return self._begun

    def _wait(self, left_ns: int) -> None:
        self._timer = gevent.get_hub().loop.timer(left_ns / 1e9, ref=False)
        self._timer.start(self._fire)

    def _fire(self) -> None:
        self._timer.close()
        now_ns = time.monotonic_ns()
        left_ns = self._timeout_ns  # what begins from now on has all of it
        late = []
        for expire, begun_ns in self._begun.items():
            if begun_ns + self._timeout_ns > now_ns:
                left_ns = begun_ns + self._timeout_ns - now_ns
                break
            late.append(expire)
        for expire in late:
            del self._begun[expire]
        self._wait(left_ns)
        for expire in late:
            expire()

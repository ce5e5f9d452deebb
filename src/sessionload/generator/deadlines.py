"""One timer for the deadlines of all exchanges of a process, and a record of when the process stood still.

An exchange that is not over when its time is up is ended within a few milliseconds. All exchanges have the
same timeout, so the one that began first expires first, and a dict in the order of beginning is all that is
kept: an exchange registers when it begins and deregisters when it ends. Ending one exchange may begin
another, so all that have expired are taken out before the first of them is ended.

The timer fires twenty times a second at least. When it fires late, the loop was held up or the process was
stopped, and an exchange that needed the generator meanwhile (to shake hands, or to send) had less time than
it should have had.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable

    Expire = Callable[[int], object]
    """Ends an exchange, by how many nanoseconds after its deadline."""

_HEARTBEAT_NS = 50_000_000
_STALL_NS = 25_000_000
"""A timer that fires later than this was held up."""
_MOST_STALLS = 100
_TOLERANCE_SHARE = 10


class Deadlines:
    """What to call for each exchange under way when its time is up."""

    def __init__(self, timeout_ns: int) -> None:
        self._timeout_ns = timeout_ns
        self.tolerance_ns = max(2 * _STALL_NS, timeout_ns // _TOLERANCE_SHARE)
        """An exchange from which the generator took more than this did not have its time."""
        self._begun: dict[Expire, int] = {}
        self._timer: Any = None
        self._expected_ns = 0
        self._stalls: deque[tuple[int, int]] = deque(maxlen=_MOST_STALLS)

    def watched(self) -> dict[Expire, int]:
        """Return what is watched: what to call in the loop, by when its exchange began (monotonic, ns)."""
        if self._timer is None:
            self._wait(time.monotonic_ns(), self._timeout_ns)
        return self._begun

    def stalled_ns(self, from_ns: int, to_ns: int) -> int:
        """Return for how long the process stood still between two instants (monotonic)."""
        return sum(max(0, min(end, to_ns) - max(begin, from_ns)) for begin, end in self._stalls)

    def _wait(self, now_ns: int, left_ns: int) -> None:
        left_ns = min(left_ns, _HEARTBEAT_NS)
        self._expected_ns = now_ns + left_ns
        self._timer = gevent.get_hub().loop.timer(left_ns / 1e9, ref=False)
        self._timer.start(self._fire)

    def _fire(self) -> None:
        self._timer.close()
        now_ns = time.monotonic_ns()
        if now_ns - self._expected_ns > _STALL_NS:
            self._stalls.append((self._expected_ns, now_ns))
        left_ns = self._timeout_ns  # what begins from now on has all of it
        expired: list[tuple[Expire, int]] = []
        for expire, begun_ns in self._begun.items():
            late_ns = now_ns - begun_ns - self._timeout_ns
            if late_ns < 0:
                left_ns = -late_ns
                break
            expired.append((expire, late_ns))
        for expire, _ in expired:
            del self._begun[expire]
        self._wait(now_ns, left_ns)
        for expire, late_ns in expired:
            expire(late_ns)

"""The arrivals that wait for a user, first in, first out, and who of them gives up.

With patience, an arrival that is not sent so long after it was due gives up at that instant, whether a user
comes free later or not. Only what waits here is looked at: an arrival that finds an idle user costs nothing.
Arrivals come in the order in which they are due, so the first one is always the next to give up, and one
timer is enough.

An arrival that gives up has a lag, too: the part of its wait that the generator caused. That is the time
until it was here and `max_in_flight` users had started, and the time by which it was given up too late,
because nothing was read or sent meanwhile.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from sessionload.generator.pacer import Timer
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.generator.session_start import SessionStart


class Backlog:
    """Arrivals that wait, each with the instant (monotonic, ns) since which it does."""

    def __init__(
        self,
        patience_ns: int | None = None,
        gave_up: Callable[[SessionStart, int], object] = lambda _, __: None,
    ) -> None:
        """`gave_up(arrival, lag in nanoseconds)` is called in the loop; it must not block."""
        self._patience_ns = patience_ns
        self._gave_up = gave_up
        self._arrivals: deque[tuple[SessionStart, int]] = deque()
        self._origin_ns = 0
        self._timer: Timer | None = None
        self._longest: dict[int, int] = {}
        self.full_since_ns: int | None = None
        """Since when as many users have started as may be in flight: then the server is waited for."""

    def __len__(self) -> int:
        return len(self._arrivals)

    @property
    def oldest_due_ns(self) -> int | None:
        """When the first of the arrivals was due."""
        return self._arrivals[0][0].due_ns if self._arrivals else None

    def begin(self, origin_ns: int) -> None:
        """Let arrivals give up from now on; the schedule starts at `origin_ns` (monotonic)."""
        self._origin_ns = origin_ns
        if self._patience_ns is not None:
            self._timer = Timer(self._expire)

    def end(self) -> None:
        """Let none give up any more."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def add(self, arrival: SessionStart) -> None:
        """Let an arrival wait."""
        now_ns = time.monotonic_ns()
        self._arrivals.append((arrival, now_ns))
        self._note(now_ns)
        if len(self._arrivals) == 1 and self._timer is not None and self._patience_ns is not None:
            self._timer.set(self._origin_ns + arrival.due_ns + self._patience_ns)

    def take(self) -> SessionStart | None:
        """Return the first arrival that has not given up; `None` if none waits."""
        now_ns = time.monotonic_ns()
        while self._arrivals:
            arrival, since_ns = self._arrivals.popleft()
            if self._has_left(arrival, now_ns):
                self._let_go(arrival, since_ns, now_ns)
                continue
            arrival.queued_ns = self._queued_ns(since_ns, now_ns)
            return arrival
        return None

    def drop(self) -> list[SessionStart]:
        """Empty it, and return what was in it."""
        dropped = [arrival for arrival, _ in self._arrivals]
        self._arrivals.clear()
        return dropped

    def lengths(self, *, last: bool = False) -> dict[int, int]:
        """Return how many waited for the server at most in each second that is over, each second once.

        Seconds in which none did are left out. The `last` time, the second that is not over is there, too.
        """
        now_ns = time.monotonic_ns()
        self._note(now_ns)
        current = (now_ns - self._origin_ns) // NS
        over = {second: length for second, length in self._longest.items() if last or second < current}
        self._longest = {second: length for second, length in self._longest.items() if second not in over}
        return over

    def _note(self, now_ns: int) -> None:
        if self.full_since_ns is None:
            return  # what waits for a user to be started is no queue of the server
        second, length = (now_ns - self._origin_ns) // NS, len(self._arrivals)
        if length > self._longest.get(second, 0):
            self._longest[second] = length

    def _queued_ns(self, since_ns: int, now_ns: int) -> int:
        return 0 if self.full_since_ns is None else now_ns - max(since_ns, self.full_since_ns)

    def _has_left(self, arrival: SessionStart, now_ns: int) -> bool:
        patience_ns = self._patience_ns
        return patience_ns is not None and now_ns - self._origin_ns - arrival.due_ns >= patience_ns

    def _let_go(self, arrival: SessionStart, since_ns: int, now_ns: int) -> None:
        queued_ns = min(self._queued_ns(since_ns, now_ns), self._patience_ns or 0)
        self._gave_up(arrival, max(0, now_ns - self._origin_ns - arrival.due_ns - queued_ns))

    def _expire(self) -> None:
        now_ns = time.monotonic_ns()
        while self._arrivals and self._has_left(self._arrivals[0][0], now_ns):
            self._let_go(*self._arrivals.popleft(), now_ns)
        if self._timer is not None and self._patience_ns is not None:
            oldest_ns = self.oldest_due_ns
            # With nobody here, the next one to come sets the timer.
            following_ns = (
                now_ns + NS if oldest_ns is None else self._origin_ns + oldest_ns + self._patience_ns
            )
            self._timer.set(following_ns)

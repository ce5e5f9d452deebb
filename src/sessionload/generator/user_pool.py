"""Who does the next arrival: the idle users, and the arrivals that wait for one.

Law: an arrival is never dropped silently: it goes to an idle user, to the backlog, or is given
back as unsent. Idea: the user that was busy most recently goes first, so that few connections are
used and stay warm, as a connection pool would; but those whose connection the loop has looked at since go
before all others. The crew doubles when few are idle, but not again before those asked for are there, so that
a hiccup of our own does not call up thousands. Trap: waiting because `max_in_flight` users are busy is the
server's doing (queueing); waiting because a user has not been started yet is ours (lag).
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.generator.session_start import SessionStart


_MORE_IN_A_TURN = 8
"""When many are due at once, each further one would open a connection that is not needed a moment later."""


class UserPool:
    """Idle users (last in, first out) and the backlog (first in, first out)."""

    def __init__(self, max_in_flight: int, grow: Callable[[], None], *, start_with: int) -> None:
        """`grow()` is called when `wanted` has risen; it must not block."""
        self.max_in_flight = max_in_flight
        self._present = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self._wanted = min(start_with, max_in_flight)
        self._grow = grow
        self._hub = gevent.get_hub()
        self._loop = self._hub.loop
        self._idle: list[gevent.Greenlet] = []
        """Those that were idle already when the loop looked at all connections the last time."""
        self._just_idle: list[gevent.Greenlet] = []
        self._dispatch_limit = _MORE_IN_A_TURN
        self._last_poll = 0
        """How often the loop had looked when the last user became idle."""
        self._backlog: deque[tuple[SessionStart, int | None]] = deque()

    @property
    def wanted(self) -> int:
        """How many users are asked for so far."""
        return self._wanted

    @property
    def waiting(self) -> int:
        """How many arrivals are in the backlog."""
        return len(self._backlog)

    @property
    def oldest_due_ns(self) -> int | None:
        """When the first of the arrivals in the backlog was due."""
        return min((one.due_ns for one, _ in self._backlog), default=None)

    @property
    def saturated(self) -> bool:
        """Whether `max_in_flight` exchanges are in flight."""
        return self.in_flight >= self.max_in_flight

    def enter(self) -> None:
        """Count a user that has been started."""
        self._present += 1

    def leave(self) -> None:
        """Count a user that has been stopped."""
        self._present -= 1

    def begin_tick(self) -> None:
        """Let a few more be in flight than there are now, before answers are read again."""
        self._dispatch_limit = self.in_flight + _MORE_IN_A_TURN

    def hand_over(self, arrival: SessionStart) -> bool:
        """Give an arrival to the idle user that was busy last, or put it in the backlog.

        To be called in the loop: the user goes on at once, and comes back here when it has to wait. Return
        whether this turn may hand over more.
        """
        if self._loop.iteration != self._last_poll and self._just_idle:
            self._after_poll()
        idle = self._idle or self._just_idle
        user = idle.pop() if idle else None
        if len(self._idle) * 4 < self._wanted < self.max_in_flight and self._present >= self._wanted:
            self._grow_if_few_are_idle()
        if user is None:
            self._backlog.append((arrival, time.monotonic_ns() if self.saturated else None))
        else:
            self._count_in()
            user.switch(arrival)
        return self.in_flight < self._dispatch_limit

    def next(self) -> SessionStart:
        """Return the calling user's next arrival, from the backlog or when one is due.

        Raises GreenletExit when the user is stopped meanwhile.
        """
        if self._backlog:
            arrival, since = self._backlog.popleft()
            if since is not None:
                arrival.queued_ns = time.monotonic_ns() - since
            self._count_in()
            return arrival
        user = gevent.getcurrent()
        if self._loop.iteration != self._last_poll:
            self._after_poll()
        self._just_idle.append(user)
        try:
            given: SessionStart = self._hub.switch()
        except BaseException:
            (self._just_idle if user in self._just_idle else self._idle).remove(user)
            raise
        return given

    def done(self) -> None:
        """Count an exchange that has ended."""
        self.in_flight -= 1

    def give_up(self) -> list[SessionStart]:
        """Empty the backlog and return it: these arrivals are unsent."""
        left = [arrival for arrival, _ in self._backlog]
        self._backlog.clear()
        return left

    def _count_in(self) -> None:
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def _after_poll(self) -> None:
        self._last_poll = self._loop.iteration
        self._idle += self._just_idle
        self._just_idle.clear()

    def _grow_if_few_are_idle(self) -> None:
        if (len(self._idle) + len(self._just_idle)) * 4 < self._wanted:
            self._wanted = min(self.max_in_flight, self._wanted * 2)
            self._grow()

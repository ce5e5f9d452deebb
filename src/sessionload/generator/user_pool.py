"""The idle users, and the arrivals that wait for one.

An arrival goes to an idle user, into the backlog, or is given back as unsent; none is dropped. In the backlog
it may give up (see `backlog`). The user
that was busy most recently goes first, so that few connections are used and stay warm, as in a connection
pool; the connection itself finds out whether it can still be used. The number of users doubles when few are
idle, but not again before all that were asked for have started, so that a short stall of the generator does
not start thousands.

Once `max_in_flight` users have started, an arrival in the backlog waits for the server (queueing). Before
that it waits for a user that the generator has not started yet, and that is the generator's lag.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent

from sessionload.generator.backlog import Backlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.generator.session_start import SessionStart


_MORE_IN_A_TICK = 8
"""When many are due at once, each further one would open a connection that is not needed a moment later."""


class UserPool:
    """Idle users (last in, first out) and the backlog (first in, first out)."""

    def __init__(
        self,
        max_in_flight: int,
        grow: Callable[[], None],
        *,
        start_with: int,
        backlog: Backlog | None = None,
    ) -> None:
        """`grow()` is called when `wanted` has risen; it must not block."""
        self.max_in_flight = max_in_flight
        self._present = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self._wanted = min(start_with, max_in_flight)
        self._grow = grow
        self._hub = gevent.get_hub()
        self._idle: list[gevent.Greenlet] = []
        self._dispatch_limit = _MORE_IN_A_TICK
        self._backlog = backlog if backlog is not None else Backlog()

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
        return self._backlog.oldest_due_ns

    @property
    def full(self) -> bool:
        """Whether as many users have started as may be in flight."""
        return self._backlog.full_since_ns is not None

    def enter(self) -> None:
        """Count a user that has been started."""
        self._present += 1
        if self._present == self.max_in_flight:
            self._backlog.full_since_ns = time.monotonic_ns()
        elif self._backlog and self._present >= self._wanted:
            self._double()

    def leave(self) -> None:
        """Count a user that has been stopped."""
        self._present -= 1
        self._backlog.full_since_ns = None

    def begin_tick(self) -> None:
        """Let a few more be in flight than there are now, before responses are read again."""
        self._dispatch_limit = self.in_flight + _MORE_IN_A_TICK

    def hand_over(self, arrival: SessionStart) -> bool:
        """Give an arrival to the idle user that was busy last, or put it in the backlog.

        To be called in the loop: the user goes on at once, and comes back here when it has to wait. Return
        whether this tick may hand over more.
        """
        idle = self._idle
        user = idle.pop() if idle else None
        if len(idle) * 4 < self._wanted < self.max_in_flight and self._present >= self._wanted:
            self._double()
        if user is None:
            self._backlog.add(arrival)
        else:
            self._count_in()
            user.switch(arrival)
        return self.in_flight < self._dispatch_limit

    def next(self) -> SessionStart:
        """Return the calling user's next arrival, from the backlog or when one is due.

        Raises GreenletExit when the user is stopped meanwhile.
        """
        waiting = self._backlog.take() if self._backlog else None
        if waiting is not None:
            self._count_in()
            return waiting
        user = gevent.getcurrent()
        self._idle.append(user)
        try:
            arrival: SessionStart = self._hub.switch()
        except BaseException:
            self._idle.remove(user)
            raise
        return arrival

    def done(self) -> None:
        """Count an exchange that has ended."""
        self.in_flight -= 1

    def _count_in(self) -> None:
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def _double(self) -> None:
        self._wanted = min(self.max_in_flight, self._wanted * 2)
        self._grow()

"""Who does the next arrival: the idle users, and the arrivals that wait for one.

Law: an arrival is never dropped silently: it goes to an idle user, to the backlog, or is given
back as unsent. Idea: the user that was busy most recently goes first, so that few connections are
used and stay warm, as a connection pool would. The crew doubles when few are idle, but not again
before those asked for are there, so that a hiccup of our own does not call up thousands. Trap: waiting
because `max_in_flight` users are busy is the server's doing (queueing); waiting because a user has
not been started yet is ours (lag).
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.plan.schedule import Arrival


class Handed(NamedTuple):
    """An arrival in a user's hands, and how long it queued because all users were in flight."""

    arrival: Arrival
    queued_ns: int


class Roster:
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
        self._idle: list[gevent.Greenlet] = []
        self._promised: dict[gevent.Greenlet, Handed] = {}
        self._backlog: deque[tuple[Arrival, int | None]] = deque()

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
        """When the first of the arrivals was due that were handed over and are not begun."""
        waiting = [arrival.due_ns for arrival, _ in self._backlog]
        waiting += [handed.arrival.due_ns for handed in self._promised.values()]
        return min(waiting, default=None)

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

    def hand_over(self, arrival: Arrival) -> None:
        """Give an arrival to the idle user that was busy last, or put it in the backlog."""
        if self._idle:
            self._take_off(self._idle.pop(), Handed(arrival, 0))
        else:
            self._backlog.append((arrival, time.monotonic_ns() if self.saturated else None))
        if len(self._idle) * 4 < self._wanted < self.max_in_flight and self._present >= self._wanted:
            self._wanted = min(self.max_in_flight, self._wanted * 2)
            self._grow()

    def _take_off(self, user: gevent.Greenlet, handed: Handed) -> None:
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        self._promised[user] = handed
        self._hub.loop.run_callback(user.switch)

    def next(self) -> Handed:
        """Return the calling user's next arrival, from the backlog or when one is due.

        Raises GreenletExit when the user is stopped meanwhile.
        """
        if self._backlog:
            arrival, since = self._backlog.popleft()
            self.in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
            return Handed(arrival, time.monotonic_ns() - since if since is not None else 0)
        user = gevent.getcurrent()
        self._idle.append(user)
        try:
            self._hub.switch()
        except BaseException:  # it is being killed: what was promised to it is the next to be done
            handed = self._promised.pop(user, None)
            if handed is None:
                self._idle.remove(user)
            else:
                self._take_back(handed)
            raise
        return self._promised.pop(user)

    def _take_back(self, handed: Handed) -> None:
        self.in_flight -= 1
        if self._idle:
            self._take_off(self._idle.pop(), handed)
        else:
            self._backlog.appendleft((handed.arrival, None))

    def done(self) -> None:
        """Count an exchange that has ended and is recorded."""
        self.in_flight -= 1

    def give_up(self) -> list[Arrival]:
        """Empty the backlog and return it: these arrivals are unsent."""
        left = [arrival for arrival, _ in self._backlog]
        self._backlog.clear()
        return left

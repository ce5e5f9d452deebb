"""Arrivals leave when they are due.

Law: an arrival is handed over at its due instant or as soon after it as the machine allows, in
order, whatever became of the ones before it (an open model). Idea: one greenlet sleeps to the next due
instant and then hands over everything that is due at once; it does so every four tenths of a millisecond at
most, because each turn of the loop costs as much as an exchange. Trap: `gevent.sleep` wakes up to a
millisecond late, because libev counts milliseconds; a kernel timer (`timerfd`) watched by the loop does not.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import time
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.plan.schedule import Arrival

_CLOCK_MONOTONIC = 1
_TFD_FLAGS = 0o4000 | 0o2000000  # TFD_NONBLOCK | TFD_CLOEXEC, the same on every Linux that runs CPython
_TFD_TIMER_ABSTIME = 1
_READ = 1
_CLOSE_ENOUGH_NS = 30_000
"""A due instant this near is waited for by a turn of the loop: arming a timer takes as long."""
_TURN_NS = 400_000
"""Arrivals that follow each other sooner than this are handed over together, late by no more than this."""
_AT_ONCE = 32
"""After a stall of our own, so many are handed over before answers are read: their connections are warm."""
_LONGEST_SLEEP_NS = 200_000_000
"""A stop is noticed within this time, however far away the next arrival is."""


class Alarm:
    """Sleeps until an instant of the monotonic clock; other greenlets run meanwhile."""

    def __init__(self) -> None:
        self._fd: int | None = None
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
            if fd >= 0:
                self._fd = fd
                self._hub = gevent.get_hub()
                self._watcher = self._hub.loop.io(fd, _READ)

    def sleep_until(self, instant_ns: int) -> None:
        """Return at `instant_ns` of `time.monotonic_ns()`, or at once if it has passed."""
        left = instant_ns - time.monotonic_ns()
        if left <= _CLOSE_ENOUGH_NS:
            gevent.sleep(0)
        elif self._fd is None:
            gevent.sleep(left / 1e9)
        else:
            setting = struct.pack("qqqq", 0, 0, *divmod(instant_ns, 1_000_000_000))
            self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, setting, None)
            self._hub.wait(self._watcher)
            os.read(self._fd, 8)

    def close(self) -> None:
        """Give the kernel's timer back."""
        if self._fd is not None:
            self._watcher.close()
            os.close(self._fd)
            self._fd = None


class Pacer:
    """Hands arrivals over at their due instants until the schedule ends or `stop` is called."""

    def __init__(self, arrivals: Iterator[Arrival], hand_over: Callable[[Arrival], None]) -> None:
        self._arrivals = arrivals
        self._hand_over = hand_over
        self._stopped = False
        self.next_due_ns: int | None = None
        """When the first arrival that was not handed over is due, from the first turn of `run` on."""

    def stop(self) -> None:
        """Hand nothing more over."""
        self._stopped = True

    def run(self, origin_ns: int, end_ns: int) -> Arrival | None:
        """Hand over what is due until `end_ns` after `origin_ns` (monotonic).

        Return the first arrival that was not handed over: none at the end of a whole schedule.
        """
        alarm = Alarm()
        try:
            following = next(self._arrivals, None)
            self.next_due_ns = following.due_ns if following is not None else None
            while following is not None and not self._stopped:
                now = time.monotonic_ns() - origin_ns
                left = _AT_ONCE
                while following is not None and following.due_ns <= now and left:
                    self._hand_over(following)
                    following = next(self._arrivals, None)
                    left -= 1
                self.next_due_ns = following.due_ns if following is not None else None
                if not left:
                    gevent.sleep(0)
                elif following is not None:
                    wake = min(max(following.due_ns, now + _TURN_NS), now + _LONGEST_SLEEP_NS)
                    alarm.sleep_until(origin_ns + wake)
            while following is None and not self._stopped and time.monotonic_ns() < origin_ns + end_ns:
                alarm.sleep_until(min(origin_ns + end_ns, time.monotonic_ns() + _LONGEST_SLEEP_NS))
            return following
        finally:
            alarm.close()

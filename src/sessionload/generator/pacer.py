"""Hands arrivals over at their due instants.

An arrival is handed over at its due instant or as soon after it as the machine allows, in order, whatever
became of the arrivals before it (an open model). A timer fires in the event loop at the next due instant,
and one tick hands over everything that is due by then. Ticks are at least 0.4 ms apart, because each costs
as much as an exchange. `gevent.sleep` would wake up to a millisecond late, because libev counts
milliseconds; a kernel timer (`timerfd`) that the loop watches does not.
"""

from __future__ import annotations

import ctypes
import math
import os
import struct
import sys
import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.generator.session_start import SessionStart

_CLOCK_MONOTONIC = 1
_TFD_FLAGS = 0o4000 | 0o2000000  # TFD_NONBLOCK | TFD_CLOEXEC, the same on every Linux that runs CPython
_TFD_TIMER_ABSTIME = 1
_READ = 1
_TICK_NS = 400_000
"""Arrivals that follow each other sooner than this are handed over together, late by no more than this."""
_LONGEST_WAIT_NS = 200_000_000
"""A stop is noticed within this time, however far away the next arrival is."""


class Timer:
    """Calls `callback()` in the loop, once for each time that it was set."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback
        self._fd: int | None = None
        self._watcher: Any = None
        self._loop = gevent.get_hub().loop
        self._firing = False
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
            if fd >= 0:
                self._fd = fd
                self._watcher = self._loop.io(fd, _READ)
                self._watcher.start(self._expired)

    def set(self, instant_ns: int) -> None:
        """Fire at `instant_ns` of `time.monotonic_ns()`, or at once if that has passed."""
        left_ns = instant_ns - time.monotonic_ns()
        if self._fd is None:
            if self._watcher is not None:
                self._watcher.close()
            self._watcher = self._loop.timer(max(0.0, left_ns / 1e9))
            self._watcher.start(self._callback)
        elif left_ns > 0 or not self._firing:
            setting = struct.pack("qqqq", 0, 0, *divmod(instant_ns, 1_000_000_000))
            self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, setting, None)
            self._firing = False

    def _expired(self) -> None:
        # A timerfd that has expired and is neither read nor set is ready again in the next iteration.
        self._firing = True
        self._callback()

    def close(self) -> None:
        """Stop firing, and close the kernel's timer."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Pacer:
    """Hands session starts over at their due instants until the schedule ends or `stop` is called."""

    _timer: Timer

    def __init__(
        self,
        arrivals: Iterator[SessionStart],
        hand_over: Callable[[SessionStart], bool],
        begin_tick: Callable[[], object] = lambda: None,
        use_pause: Callable[[int], object] = lambda _: None,
        lapse: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare to hand `arrivals` over, in the loop.

        A tick calls `begin_tick()`, `hand_over(arrival)` for what is due, as long as that returns true, and
        `use_pause(nanoseconds until the next one is due)`. Without a lease it calls `lapse()` instead, and
        hands nothing over.
        """
        self._arrivals = arrivals
        self._hand_over = hand_over
        self._begin_tick = begin_tick
        self._use_pause = use_pause
        self._lapse = lapse
        self.lease_end_ns: float = math.inf
        """Until when arrivals may be handed over (monotonic). What is due without a lease is left out."""
        self._following: SessionStart | None = None
        self._origin_ns = self._end_ns = 0
        self._stopped = False
        self._ended = Event()
        self._error: BaseException | None = None

    @property
    def next_due_ns(self) -> int | None:
        """When the first arrival that was not handed over is due, while there is one."""
        return self._following.due_ns if self._following is not None else None

    @property
    def next_index(self) -> int | None:
        """The number of the first arrival that was not handed over, while there is one."""
        return self._following.index if self._following is not None else None

    def stop(self) -> None:
        """Hand nothing more over."""
        self._stopped = True

    def lease(self, end_ns: int) -> None:
        """Allow to hand over until `end_ns` (monotonic). What was due without a lease stays left out."""
        now_ns = time.monotonic_ns()
        if self._origin_ns and now_ns > self.lease_end_ns:
            self._leave_out_what_is_due(now_ns - self._origin_ns)
        self.lease_end_ns = end_ns

    def deal_again(self, first: int) -> None:
        """Take what follows once more from the arrivals, which are others from number `first` on."""
        if not self._origin_ns:
            return  # nothing was taken yet
        if self._following is None or self._following.index >= first:
            self._following = next(self._arrivals, None)
            if not self._ended.is_set():
                self._timer.set(time.monotonic_ns())

    def run(self, origin_ns: int, end_ns: int) -> SessionStart | None:
        """Hand over what is due until `end_ns` after `origin_ns` (monotonic).

        Return the first arrival that was not handed over: none at the end of a whole schedule.
        """
        self._origin_ns, self._end_ns = origin_ns, end_ns
        self._following = next(self._arrivals, None)
        self._timer = Timer(self._tick)
        self._timer.set(origin_ns)
        try:
            self._ended.wait()
        finally:
            self._timer.close()
        if self._error is not None:
            raise self._error
        return self._following

    def _tick(self) -> None:
        try:
            wake_ns = self._hand_over_what_is_due()
        except BaseException as error:  # noqa: BLE001 - the loop would only print it
            self._error = error
            wake_ns = None
        if wake_ns is None:
            self._ended.set()
        else:
            self._timer.set(self._origin_ns + wake_ns)

    def _hand_over_what_is_due(self) -> int | None:
        """Return when the next tick is due; `None` when there is none."""
        if self._stopped:
            return None
        following, now_ns = self._following, time.monotonic_ns() - self._origin_ns
        if now_ns + self._origin_ns > self.lease_end_ns:
            return self._leave_out_what_is_due(now_ns)
        self._begin_tick()
        more = True
        while more and following is not None and following.due_ns <= now_ns:
            self._following = next(self._arrivals, None)
            more = self._hand_over(following)
            following = self._following
        if following is None and now_ns >= self._end_ns:
            return None
        next_ns = following.due_ns if following is not None else self._end_ns
        self._use_pause(next_ns - now_ns)
        wake_ns = next_ns if not more else max(next_ns, now_ns + _TICK_NS)
        return min(wake_ns, now_ns + _LONGEST_WAIT_NS)

    def _leave_out_what_is_due(self, now_ns: int) -> int | None:
        self._lapse()
        while self._following is not None and self._following.due_ns <= now_ns:
            self._following = next(self._arrivals, None)
        if self._following is None and now_ns >= self._end_ns:
            return None
        return now_ns + _LONGEST_WAIT_NS // 4

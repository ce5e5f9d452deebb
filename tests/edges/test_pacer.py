"""When arrivals leave: never before they are due, in order, and soon after whatever held them up."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import gevent
import pytest

from sessionload.edges import pacer as pacer_module
from sessionload.edges.pacer import Alarm, Pacer
from sessionload.plan.schedule import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    InGreenlet = Callable[..., Any]

MS = 1_000_000
SOON_NS = 500 * MS
"""How late a busy machine may be."""
EARLY_NS = {"timerfd": 30_000, "gevent": 2 * MS, "refused": 2 * MS}
"""How early: what is nearer than 30 µs is not worth a timer, and libev counts milliseconds."""


class Refusing:
    """A C library whose kernel has no timer to give."""

    @staticmethod
    def timerfd_create(_: int, __: int) -> int:
        return -1


@pytest.fixture(params=EARLY_NS)
def manner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the alarm gets its time: from the kernel, from gevent on other systems, or for lack of timers."""
    name: str = request.param
    if name == "gevent":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif name == "refused":
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Refusing())
    return name


def test_an_alarm_wakes_at_its_instant(in_greenlet: InGreenlet, manner: str) -> None:
    def course() -> list[int]:
        alarm = Alarm()
        misses = []
        for wait_ns in (-MS, 0, 10_000, 100_000, MS, 5 * MS, 40 * MS):
            instant = time.monotonic_ns() + wait_ns
            alarm.sleep_until(instant)
            misses.append(time.monotonic_ns() - instant)
        alarm.close()
        return misses

    misses = in_greenlet(course)
    assert min(misses) >= -EARLY_NS[manner]
    assert max(misses) < SOON_NS


def test_others_run_while_an_alarm_waits(in_greenlet: InGreenlet, manner: str) -> None:
    def course() -> bool:
        alarm = Alarm()
        ran: list[str] = []
        gevent.spawn(ran.append, manner)
        alarm.sleep_until(time.monotonic_ns() + 20 * MS)
        alarm.close()
        return ran == [manner]

    assert in_greenlet(course)


def test_an_alarm_gives_its_timer_back_once(in_greenlet: InGreenlet) -> None:
    alarm = in_greenlet(Alarm)
    fd = alarm._fd
    if fd is not None:  # elsewhere than on Linux there is nothing to give back
        os.fstat(fd)
    alarm.close()
    alarm.close()
    if fd is not None:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def arrivals(*due_ms: float) -> list[Arrival]:
    return [Arrival(index, int(due * MS), 0) for index, due in enumerate(due_ms)]


class Log:
    """Takes arrivals over, and remembers when."""

    def __init__(self) -> None:
        self.taken: list[Arrival] = []
        self.late_ns: list[int] = []
        self.origin_ns = 0

    def take(self, arrival: Arrival) -> None:
        self.taken.append(arrival)
        self.late_ns.append(time.monotonic_ns() - self.origin_ns - arrival.due_ns)


def pace(
    plan: Sequence[Arrival], *, end_ms: float, stop_after_ms: float | None = None
) -> tuple[Log, Arrival | None, float, Pacer]:
    """Return what was taken over, the first arrival left, how many milliseconds it took, and the pacer."""
    log = Log()
    pacer = Pacer(iter(plan), log.take)
    log.origin_ns = time.monotonic_ns() + MS
    if stop_after_ms is not None:
        gevent.spawn_later(stop_after_ms / 1000, pacer.stop)
    left = pacer.run(log.origin_ns, int(end_ms * MS))
    return log, left, (time.monotonic_ns() - log.origin_ns) / MS, pacer


def test_every_arrival_is_handed_over_in_order_and_none_before_it_is_due(
    in_greenlet: InGreenlet, manner: str
) -> None:
    plan = arrivals(0, 0.01, 0.02, 3, 3, 3, 7.5, 20, 20.001, 60)
    log, left, took, pacer = in_greenlet(lambda: pace(plan, end_ms=80))
    assert log.taken == plan
    assert left is None
    assert pacer.next_due_ns is None
    assert min(log.late_ns) >= 0, manner
    assert max(log.late_ns) < SOON_NS
    assert took >= 80


def test_the_schedule_lasts_to_its_end_with_or_without_arrivals(in_greenlet: InGreenlet) -> None:
    for plan in ([], arrivals(0)):
        log, left, took, _ = in_greenlet(lambda plan=plan: pace(plan, end_ms=50))
        assert (log.taken, left) == (plan, None)
        assert 50 <= took < 50 + SOON_NS / MS


def test_what_fell_due_in_a_stall_is_handed_over_together_after_it(in_greenlet: InGreenlet) -> None:
    """The loop stands still for 100 ms; nobody has a turn between the arrivals that were due meanwhile."""
    plan = arrivals(*range(0, 100, 5), 150)
    taken_at_next_turn: dict[int, int] = {}

    def course() -> tuple[Log, Arrival | None]:
        log = Log()

        def look(index: int) -> None:
            taken_at_next_turn[index] = len(log.taken)

        def take(arrival: Arrival) -> None:
            log.take(arrival)
            gevent.spawn(look, arrival.index)

        pacer = Pacer(iter(plan), take)
        log.origin_ns = time.monotonic_ns()
        gevent.spawn(time.sleep, 0.1)
        return log, pacer.run(log.origin_ns, 150 * MS)

    log, left = in_greenlet(course)
    assert log.taken == plan
    assert left is None
    assert len({taken_at_next_turn[index] for index in range(1, 19)}) == 1
    assert max(log.late_ns) > 80 * MS


def test_a_stop_leaves_the_rest_and_says_where_it_begins(in_greenlet: InGreenlet) -> None:
    """The arrival that is left is an hour away; a stop is noticed within a fifth of a second."""
    plan = arrivals(0, 5, 3_600_000, 3_600_001)
    log, left, took, pacer = in_greenlet(lambda: pace(plan, end_ms=3_700_000, stop_after_ms=20))
    assert log.taken == plan[:2]
    assert left == plan[2]
    assert pacer.next_due_ns == plan[2].due_ns
    assert took < 200 + SOON_NS / MS


def test_a_stop_before_the_start_leaves_everything(in_greenlet: InGreenlet) -> None:
    plan = arrivals(0, 1)
    log = Log()
    pacer = Pacer(iter(plan), log.take)
    pacer.stop()
    assert in_greenlet(pacer.run, time.monotonic_ns(), MS) == plan[0]
    assert log.taken == []


def test_a_stop_after_the_last_arrival_leaves_nothing_and_waits_no_longer(in_greenlet: InGreenlet) -> None:
    log, left, took, _ = in_greenlet(lambda: pace(arrivals(0), end_ms=60_000, stop_after_ms=20))
    assert (len(log.taken), left) == (1, None)
    assert took < 200 + SOON_NS / MS


def test_a_pacer_that_is_killed_gives_its_timer_back(
    in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Alarm] = []

    class Watched(Alarm):
        def close(self) -> None:
            closed.append(self)
            super().close()

    monkeypatch.setattr(pacer_module, "Alarm", Watched)

    def course() -> None:
        pacing = gevent.spawn(pace, arrivals(3_600_000), end_ms=3_700_000)
        gevent.sleep(0.01)
        pacing.kill()

    in_greenlet(course)
    assert len(closed) == 1

"""When arrivals leave: never before they are due, in order, and soon after whatever held them up."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import gevent
import pytest
from gevent.event import Event

from sessionload.generator import pacer as pacer_module
from sessionload.generator.pacer import Pacer, Timer
from sessionload.generator.session_start import SessionStart
from sessionload.workload.schedule import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    InGreenlet = Callable[..., Any]

MS = 1_000_000
SOON_NS = 500 * MS
"""How late a busy machine may be."""
EARLY_NS = {"timerfd": 0, "gevent": 2 * MS, "refused": 2 * MS}
"""How early: libev counts milliseconds."""


class Refusing:
    """A C library whose kernel has no timer to give."""

    @staticmethod
    def timerfd_create(_: int, __: int) -> int:
        return -1


@pytest.fixture(params=EARLY_NS)
def manner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the timer gets its time: from the kernel, or from gevent where it has none."""
    name: str = request.param
    if name == "gevent":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif name == "refused":
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Refusing())
    return name


class Expiries:
    """A timer that notes when it fires, and can be waited for."""

    def __init__(self) -> None:
        self.at: list[int] = []
        self._event = Event()
        self.timer = Timer(self._fire)

    def _fire(self) -> None:
        self.at.append(time.monotonic_ns())
        self._event.set()

    def wait(self, instant_ns: int) -> int:
        """Set the timer, and return how late it fired."""
        self._event.clear()
        self.timer.set(instant_ns)
        assert self._event.wait(5)
        return self.at[-1] - instant_ns


def test_a_timer_fires_at_its_instant(in_greenlet: InGreenlet, manner: str) -> None:
    def run() -> list[int]:
        expiries = Expiries()
        waits = (-MS, 0, 10_000, 100_000, MS, 5 * MS, 40 * MS)
        misses = [expiries.wait(time.monotonic_ns() + wait_ns) for wait_ns in waits]
        expiries.timer.close()
        assert len(expiries.at) >= len(waits)
        return misses

    misses = in_greenlet(run)
    assert min(misses) >= -EARLY_NS[manner]
    assert max(misses) < SOON_NS


def test_a_timer_that_is_set_to_the_past_fires_in_each_iteration_of_the_loop(
    in_greenlet: InGreenlet, manner: str
) -> None:
    """What else is ready runs in between."""

    def run() -> list[str]:
        log: list[str] = []

        def callback() -> None:
            log.append(manner)
            if len(log) < 6:
                gevent.spawn(log.append, "other")
                timer.set(time.monotonic_ns())

        timer = Timer(callback)
        timer.set(time.monotonic_ns() - MS)
        gevent.sleep(0.05)
        timer.close()
        return log

    assert in_greenlet(run)[:6] == [manner, "other"] * 3


def test_a_timer_that_is_closed_fires_no_more(in_greenlet: InGreenlet, manner: str) -> None:
    def run() -> list[int]:
        expiries = Expiries()
        expiries.timer.set(time.monotonic_ns() + 5 * MS)
        expiries.timer.close()
        gevent.sleep(0.02)
        return expiries.at

    assert in_greenlet(run) == [], manner


def test_a_timer_is_closed_once(in_greenlet: InGreenlet) -> None:
    timer = in_greenlet(Timer, lambda: None)
    fd = timer._fd
    if fd is not None:  # elsewhere than on Linux there is nothing to give back
        os.fstat(fd)
    timer.close()
    timer.close()
    if fd is not None:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def arrivals(*due_ms: float) -> list[SessionStart]:
    return [SessionStart(Arrival(index, int(due * MS), 0), b"") for index, due in enumerate(due_ms)]


class Log:
    """Takes arrivals over, and remembers when."""

    def __init__(self) -> None:
        self.taken: list[SessionStart] = []
        self.late_ns: list[int] = []
        self.origin_ns = 0

    def take(self, arrival: SessionStart) -> bool:
        self.taken.append(arrival)
        self.late_ns.append(time.monotonic_ns() - self.origin_ns - arrival.due_ns)
        return True


def pace(
    plan: Sequence[SessionStart], *, end_ms: float, stop_after_ms: float | None = None
) -> tuple[Log, SessionStart | None, float, Pacer]:
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
        assert log.taken == plan
        assert left is None
        assert 50 <= took < 50 + SOON_NS / MS


def test_what_fell_due_in_a_stall_is_handed_over_together_after_it(in_greenlet: InGreenlet) -> None:
    """The loop stands still for 100 ms; nothing else runs between the arrivals that were due meanwhile."""
    plan = arrivals(*range(0, 100, 5), 150)
    taken_in_next_iteration: dict[int, int] = {}

    def run() -> tuple[Log, SessionStart | None]:
        log = Log()

        def look(index: int) -> None:
            taken_in_next_iteration[index] = len(log.taken)

        def take(arrival: SessionStart) -> bool:
            gevent.spawn(look, arrival.index)
            return log.take(arrival)

        pacer = Pacer(iter(plan), take)
        log.origin_ns = time.monotonic_ns()
        gevent.spawn(time.sleep, 0.1)
        return log, pacer.run(log.origin_ns, 150 * MS)

    log, left = in_greenlet(run)
    assert log.taken == plan
    assert left is None
    assert len({taken_in_next_iteration[index] for index in range(1, 19)}) == 1
    assert max(log.late_ns) > 80 * MS


def test_a_stop_leaves_the_rest_and_says_where_it_begins(in_greenlet: InGreenlet) -> None:
    """The arrival that is left is an hour away; a stop is noticed within a fifth of a second."""
    plan = arrivals(0, 5, 3_600_000, 3_600_001)
    log, left, took, pacer = in_greenlet(lambda: pace(plan, end_ms=3_700_000, stop_after_ms=20))
    assert log.taken == plan[:2]
    assert left is plan[2]
    assert pacer.next_due_ns == plan[2].due_ns
    assert took < 200 + SOON_NS / MS


def test_a_stop_before_the_start_leaves_everything(in_greenlet: InGreenlet) -> None:
    plan = arrivals(0, 1)
    log = Log()
    pacer = Pacer(iter(plan), log.take)
    pacer.stop()
    assert in_greenlet(pacer.run, time.monotonic_ns(), MS) is plan[0]
    assert log.taken == []


def test_a_stop_after_the_last_arrival_leaves_nothing_and_waits_no_longer(in_greenlet: InGreenlet) -> None:
    log, left, took, _ = in_greenlet(lambda: pace(arrivals(0), end_ms=60_000, stop_after_ms=20))
    assert (len(log.taken), left) == (1, None)
    assert took < 200 + SOON_NS / MS


def test_a_pacer_that_is_killed_gives_its_timer_back(
    in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Timer] = []

    class Watched(Timer):
        def close(self) -> None:
            closed.append(self)
            super().close()

    monkeypatch.setattr(pacer_module, "Timer", Watched)

    def run() -> None:
        pacing = gevent.spawn(pace, arrivals(3_600_000), end_ms=3_700_000)
        gevent.sleep(0.01)
        pacing.kill()

    in_greenlet(run)
    assert len(closed) == 1


def test_a_tick_that_has_given_enough_goes_on_in_the_next_iteration_of_the_loop(
    in_greenlet: InGreenlet,
) -> None:
    """Twelve are due at once, a tick takes five of them, and others run in between."""
    plan = arrivals(*[0] * 12)
    log: list[str] = []

    def run() -> SessionStart | None:
        def take(_: SessionStart) -> bool:
            log.append("arrival")
            return len(log) - log.index("tick") > 0 and log[::-1].index("tick") < 5

        def begin_tick() -> None:
            log.append("tick")
            gevent.spawn(log.append, "other")

        pacer = Pacer(iter(plan), take, begin_tick)
        return pacer.run(time.monotonic_ns(), MS)

    assert in_greenlet(run) is None
    taken = ["tick", *["arrival"] * 5, "other"]
    assert log[:17] == [*taken, *taken, "tick", "arrival", "arrival"]


def test_the_pause_until_the_next_arrival_can_be_used(in_greenlet: InGreenlet) -> None:
    pauses: list[int] = []

    def run() -> None:
        pacer = Pacer(iter(arrivals(0, 30)), lambda _: True, use_pause=pauses.append)
        pacer.run(time.monotonic_ns(), 40 * MS)

    in_greenlet(run)
    assert all(pause <= 30 * MS for pause in pauses)
    assert pauses[0] > 25 * MS


def test_what_goes_wrong_in_a_tick_ends_the_run(in_greenlet: InGreenlet) -> None:
    def plan() -> Iterator[SessionStart]:
        yield from arrivals(0, 1)
        raise LookupError("the plan is torn")

    with pytest.raises(LookupError, match="torn"):
        in_greenlet(Pacer(plan(), lambda _: True).run, time.monotonic_ns(), MS)

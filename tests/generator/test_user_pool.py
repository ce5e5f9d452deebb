"""Which user gets the next arrival, which arrivals wait, and whether that wait is queueing or lag."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st

from sessionload.generator.backlog import Backlog
from sessionload.generator.session_start import SessionStart
from sessionload.generator.user_pool import UserPool
from sessionload.workload.schedule import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable

    InGreenlet = Callable[..., Any]

MS = 1_000_000


def arrival(index: int) -> SessionStart:
    return SessionStart(Arrival(index, index * MS, 0), b"")


class Users:
    """Users with names, each of which holds an arrival until it is told to finish."""

    def __init__(self, max_in_flight: int, *, start_with: int = 1) -> None:
        self.asked_for: list[int] = []
        self.backlog = Backlog()
        self.user_pool = UserPool(max_in_flight, self._grow, start_with=start_with, backlog=self.backlog)
        self.log: list[tuple[str, int]] = []
        self.holding: dict[str, SessionStart] = {}
        self.greenlets: dict[str, gevent.Greenlet] = {}
        self.done: list[int] = []
        self._gates: dict[str, Event] = {}

    def _grow(self) -> None:
        self.asked_for.append(self.user_pool.wanted)

    def start(self, *names: str) -> None:
        """Start users; each is idle before the next one starts."""
        for name in names:
            self._gates[name] = Event()
            self.greenlets[name] = gevent.spawn(self._work, name)
            self.settle()

    def _work(self, name: str) -> None:
        self.user_pool.enter()
        try:
            while True:
                handed = self.user_pool.next()
                self.holding[name] = handed
                self.log.append((name, handed.index))
                try:
                    self._gates[name].wait()
                    self._gates[name].clear()
                finally:
                    self.done.append(self.holding.pop(name).index)
                    self.user_pool.done()
        finally:
            self.user_pool.leave()

    def hand_over(self, *indices: int) -> None:
        self.hand_over_soon(*indices)
        self.settle()

    def hand_over_soon(self, *indices: int) -> None:
        """Hand over in the loop, as a pacer does, in its next iteration."""
        for index in indices:
            gevent.get_hub().loop.run_callback(self.user_pool.hand_over, arrival(index))

    def finish(self, name: str) -> None:
        self.release(name)
        self.settle()

    def release(self, name: str) -> None:
        self._gates[name].set()

    def kill(self, name: str) -> None:
        self.greenlets.pop(name).kill()

    @staticmethod
    def settle() -> None:
        """Let everybody do what can be done now."""
        gevent.sleep(0.0005)
        gevent.sleep(0.0005)

    def end(self) -> None:
        gevent.killall(list(self.greenlets.values()))


def test_the_user_that_was_busy_last_goes_first(in_greenlet: InGreenlet) -> None:
    def run() -> list[tuple[str, int]]:
        users = Users(10, start_with=3)
        users.start("a", "b", "c")
        users.hand_over(0)
        users.finish("c")
        users.hand_over(1, 2, 3)
        users.finish("a")
        users.finish("c")
        users.finish("b")
        users.hand_over(4, 5)
        users.end()
        return users.log

    assert in_greenlet(run) == [("c", 0), ("c", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)]


def test_the_arrival_that_waited_longest_goes_first(in_greenlet: InGreenlet) -> None:
    def run() -> tuple[list[tuple[str, int]], list[int | None]]:
        users = Users(1)
        users.start("a")
        users.hand_over(0, 1, 2, 3)
        oldest = [users.user_pool.oldest_due_ns]
        assert users.user_pool.waiting == 3
        for _ in range(3):
            users.finish("a")
            oldest.append(users.user_pool.oldest_due_ns)
        users.end()
        return users.log, oldest

    log, oldest = in_greenlet(run)
    assert log == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]
    assert oldest == [1 * MS, 2 * MS, 3 * MS, None]


def test_waiting_is_queueing_only_once_as_many_users_are_there_as_may_be_in_flight(
    in_greenlet: InGreenlet,
) -> None:
    """One may be in flight in the first users; in the second two may, but one user is all there is."""

    def run(max_in_flight: int) -> tuple[int, int]:
        users = Users(max_in_flight)
        users.start("a")
        users.hand_over(0)
        assert users.user_pool.full is (max_in_flight == 1)
        unqueued = users.holding["a"].queued_ns
        users.hand_over(1)
        gevent.sleep(0.05)
        users.finish("a")
        queued = users.holding["a"].queued_ns
        users.end()
        return unqueued, queued

    unqueued, queued = in_greenlet(run, 1)
    assert unqueued == 0
    assert 49 * MS < queued < 1000 * MS
    assert in_greenlet(run, 2) == (0, 0)


def test_the_wait_for_a_user_that_is_not_started_is_lag_and_what_comes_after_it_is_queueing(
    in_greenlet: InGreenlet,
) -> None:
    """Two may be in flight; both arrivals wait 50 ms for the second user, and one waits on for an end."""

    def run() -> list[int]:
        users = Users(2)
        users.start("a")
        users.hand_over(0, 1, 2)
        gevent.sleep(0.05)
        full_ns = time.monotonic_ns()
        users.start("b")
        gevent.sleep(0.05)
        users.finish("a")
        queued = [users.holding[name].queued_ns for name in ("b", "a")]
        users.end()
        return [*queued, time.monotonic_ns() - full_ns]

    first, second, since_full = in_greenlet(run)
    assert first < second - 40 * MS
    assert 45 * MS < second <= since_full


def test_users_that_the_backlog_needs_are_asked_for_without_another_arrival(in_greenlet: InGreenlet) -> None:
    """The schedule has ended; what waits for users that are not started yet is not given up for that."""

    def run() -> tuple[list[int], int]:
        users = Users(8)
        users.start("a")
        users.hand_over(0, 1, 2, 3, 4, 5, 6)
        for name in "bcdefgh":
            if users.user_pool.wanted > len(users.greenlets):
                users.start(name)
        waiting = users.user_pool.waiting
        users.end()
        return users.asked_for, waiting

    assert in_greenlet(run) == ([2, 4, 8], 0)


def test_users_double_when_few_are_idle_but_not_before_those_asked_for_are_there(
    in_greenlet: InGreenlet,
) -> None:
    def run() -> list[int]:
        users = Users(20, start_with=4)
        assert users.user_pool.wanted == 4
        users.hand_over(0, 1, 2)
        assert users.asked_for == []  # the first four are not there yet
        users.start("a", "b", "c", "d", "e")
        users.hand_over(3)
        assert users.asked_for == []  # one of five is idle: a quarter of the four asked for
        users.hand_over(4)
        assert users.asked_for == [8]
        users.hand_over(5, 6, 7, 8)
        assert users.asked_for == [8]  # five of eight are there
        users.start("f", "g", "h")
        users.hand_over(9)
        users.start(*"ijklmnop")
        users.hand_over(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
        users.start(*"qrst")
        users.hand_over(21, 22, 23, 24)
        users.end()
        return users.asked_for

    assert in_greenlet(run) == [8, 16, 20]


def test_no_more_users_are_asked_for_than_may_be_in_flight(in_greenlet: InGreenlet) -> None:
    def run() -> None:
        users = Users(3, start_with=50)
        assert users.user_pool.wanted == 3
        users.start("a", "b", "c")
        users.hand_over(*range(10))
        assert users.asked_for == []
        assert (users.user_pool.in_flight, users.user_pool.peak_in_flight, users.user_pool.waiting) == (
            3,
            3,
            7,
        )
        users.finish("a")
        assert (users.user_pool.in_flight, users.user_pool.peak_in_flight, users.user_pool.waiting) == (
            3,
            3,
            6,
        )
        users.end()

    in_greenlet(run)


def test_an_idle_user_that_is_killed_is_given_nothing(in_greenlet: InGreenlet) -> None:
    def run() -> list[tuple[str, int]]:
        users = Users(5)
        users.start("a", "b")
        users.kill("b")
        users.hand_over(0)
        users.end()
        return users.log

    assert in_greenlet(run) == [("a", 0)]


def test_what_a_user_got_just_before_its_end_is_done_with_like_all_that_is_in_flight(
    in_greenlet: InGreenlet,
) -> None:
    def run() -> tuple[list[tuple[str, int]], list[int], int]:
        users = Users(5)
        users.start("a", "b")
        users.hand_over_soon(0)
        users.greenlets["b"].kill(block=False)
        users.settle()
        in_flight = users.user_pool.in_flight
        users.end()
        return users.log, users.done, in_flight

    assert in_greenlet(run) == ([("b", 0)], [0], 0)


def test_a_tick_ends_when_eight_more_are_in_flight_than_at_its_beginning(in_greenlet: InGreenlet) -> None:
    def run() -> list[bool]:
        users = Users(30, start_with=20)
        users.start(*"abcdefghijklmnopqrst")
        more: list[bool] = []

        def tick(*indices: int) -> None:
            users.user_pool.begin_tick()
            more.extend(users.user_pool.hand_over(arrival(index)) for index in indices)

        for indices in (range(8), range(8, 10)):
            gevent.get_hub().loop.run_callback(tick, *indices)
            users.settle()
        users.end()
        return more

    assert in_greenlet(run) == [True] * 7 + [False] + [True] * 2


def test_what_is_given_up_is_given_back_in_order(in_greenlet: InGreenlet) -> None:
    def run() -> None:
        users = Users(1)
        users.start("a")
        users.hand_over(0, 1, 2)
        assert [one.index for one in users.backlog.drop()] == [1, 2]
        assert users.backlog.drop() == []
        assert users.user_pool.waiting == 0
        users.finish("a")
        assert users.user_pool.in_flight == 0
        users.end()

    in_greenlet(run)


STEPS = st.tuples(
    st.sampled_from(("arrive", "start", "finish", "kill", "hand over and kill")), st.integers(0, 9)
)


class Story:
    """What a hypothesis does to a pool."""

    def __init__(self, max_in_flight: int) -> None:
        self.users = Users(max_in_flight)
        self.users.start(*(f"first-{number}" for number in range(max_in_flight)))
        self.arrived = 0
        self._names = 0

    def step(self, what: str, which: int) -> None:
        users = self.users
        if what == "arrive":
            self._arrive()
        elif what == "start" and len(users.greenlets) < users.user_pool.max_in_flight:
            self._names += 1
            users.start(f"user-{self._names}")
        elif what == "finish" and users.holding:
            users.finish(sorted(users.holding)[which % len(users.holding)])
        elif "kill" in what and users.greenlets:
            name = sorted(users.greenlets)[which % len(users.greenlets)]
            if what == "kill":
                users.kill(name)
            else:
                self._arrive_soon()
                users.greenlets.pop(name).kill(block=False)
        users.settle()

    def _arrive(self) -> None:
        self._arrive_soon()
        self.users.settle()

    def _arrive_soon(self) -> None:
        self.users.hand_over_soon(self.arrived)
        self.arrived += 1

    def check(self) -> None:
        users = self.users
        held = [handed.index for handed in users.holding.values()]
        waiting = [one.index for one, _ in users.backlog._arrivals]
        assert sorted([*held, *users.done, *waiting]) == list(range(self.arrived))
        assert users.user_pool.in_flight == len(held) <= users.user_pool.max_in_flight
        assert not waiting or len(held) == len(users.greenlets)


@given(st.lists(STEPS, max_size=40), st.integers(1, 6))
def test_no_arrival_is_lost_or_done_twice_whatever_users_do(
    steps: list[tuple[str, int]], max_in_flight: int
) -> None:
    """Each arrival is held, done or waiting, once; it waits only when nobody is idle."""

    def run() -> None:
        story = Story(max_in_flight)
        for what, which in steps:
            story.step(what, which)
            story.check()
        story.users.end()

    gevent.spawn(run).get(timeout=20)

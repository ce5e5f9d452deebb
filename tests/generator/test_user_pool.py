"""Who does the next arrival, who waits, and whose fault the waiting is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st

from sessionload.generator.session_start import SessionStart
from sessionload.generator.user_pool import UserPool
from sessionload.workload.schedule import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable

    InGreenlet = Callable[..., Any]

MS = 1_000_000


def arrival(index: int) -> SessionStart:
    return SessionStart(Arrival(index, index * MS, 0), b"")


class Crew:
    """Users with names, each of which holds an arrival until it is told to finish."""

    def __init__(self, max_in_flight: int, *, start_with: int = 1) -> None:
        self.asked_for: list[int] = []
        self.user_pool = UserPool(max_in_flight, self._grow, start_with=start_with)
        self.log: list[tuple[str, int]] = []
        self.holding: dict[str, SessionStart] = {}
        self.users: dict[str, gevent.Greenlet] = {}
        self.done: list[int] = []
        self._gates: dict[str, Event] = {}

    def _grow(self) -> None:
        self.asked_for.append(self.user_pool.wanted)

    def start(self, *names: str) -> None:
        """Start users; each is idle before the next one starts."""
        for name in names:
            self._gates[name] = Event()
            self.users[name] = gevent.spawn(self._work, name)
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
        """Hand over in the loop, as a pacer does, at its next turn."""
        for index in indices:
            gevent.get_hub().loop.run_callback(self.user_pool.hand_over, arrival(index))

    def finish(self, name: str) -> None:
        self.release(name)
        self.settle()

    def release(self, name: str) -> None:
        self._gates[name].set()

    def kill(self, name: str) -> None:
        self.users.pop(name).kill()

    @staticmethod
    def settle() -> None:
        """Let everybody do what can be done now."""
        gevent.sleep(0.0005)
        gevent.sleep(0.0005)

    def end(self) -> None:
        gevent.killall(list(self.users.values()))


def test_the_user_that_was_busy_last_goes_first(in_greenlet: InGreenlet) -> None:
    def run() -> list[tuple[str, int]]:
        crew = Crew(10, start_with=3)
        crew.start("a", "b", "c")
        crew.hand_over(0)
        crew.finish("c")
        crew.hand_over(1, 2, 3)
        crew.finish("a")
        crew.finish("c")
        crew.finish("b")
        crew.hand_over(4, 5)
        crew.end()
        return crew.log

    assert in_greenlet(run) == [("c", 0), ("c", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)]


def test_the_arrival_that_waited_longest_goes_first(in_greenlet: InGreenlet) -> None:
    def run() -> tuple[list[tuple[str, int]], list[int | None]]:
        crew = Crew(1)
        crew.start("a")
        crew.hand_over(0, 1, 2, 3)
        oldest = [crew.user_pool.oldest_due_ns]
        assert crew.user_pool.waiting == 3
        for _ in range(3):
            crew.finish("a")
            oldest.append(crew.user_pool.oldest_due_ns)
        crew.end()
        return crew.log, oldest

    log, oldest = in_greenlet(run)
    assert log == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]
    assert oldest == [1 * MS, 2 * MS, 3 * MS, None]


def test_waiting_is_queueing_only_while_as_many_are_in_flight_as_may_be(in_greenlet: InGreenlet) -> None:
    """One may be in flight in the first crew; in the second two may, but one user is all there is."""

    def run(max_in_flight: int) -> tuple[int, int]:
        crew = Crew(max_in_flight)
        crew.start("a")
        crew.hand_over(0)
        assert crew.user_pool.saturated is (max_in_flight == 1)
        unqueued = crew.holding["a"].queued_ns
        crew.hand_over(1)
        gevent.sleep(0.05)
        crew.finish("a")
        queued = crew.holding["a"].queued_ns
        crew.end()
        return unqueued, queued

    unqueued, queued = in_greenlet(run, 1)
    assert unqueued == 0
    assert 49 * MS < queued < 1000 * MS
    assert in_greenlet(run, 2) == (0, 0)


def test_the_crew_doubles_when_few_are_idle_but_not_before_those_asked_for_are_there(
    in_greenlet: InGreenlet,
) -> None:
    def run() -> list[int]:
        crew = Crew(20, start_with=4)
        assert crew.user_pool.wanted == 4
        crew.hand_over(0, 1, 2)
        assert crew.asked_for == []  # the first four are not there yet
        crew.start("a", "b", "c", "d", "e")
        crew.hand_over(3)
        assert crew.asked_for == []  # one of five is idle: a quarter of the four asked for
        crew.hand_over(4)
        assert crew.asked_for == [8]
        crew.hand_over(5, 6, 7, 8)
        assert crew.asked_for == [8]  # five of eight are there
        crew.start("f", "g", "h")
        crew.hand_over(9)
        crew.start(*"ijklmnop")
        crew.hand_over(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
        crew.start(*"qrst")
        crew.hand_over(21, 22, 23, 24)
        crew.end()
        return crew.asked_for

    assert in_greenlet(run) == [8, 16, 20]


def test_no_more_users_are_asked_for_than_may_be_in_flight(in_greenlet: InGreenlet) -> None:
    def run() -> None:
        crew = Crew(3, start_with=50)
        assert crew.user_pool.wanted == 3
        crew.start("a", "b", "c")
        crew.hand_over(*range(10))
        assert crew.asked_for == []
        assert (crew.user_pool.in_flight, crew.user_pool.peak_in_flight, crew.user_pool.waiting) == (3, 3, 7)
        crew.finish("a")
        assert (crew.user_pool.in_flight, crew.user_pool.peak_in_flight, crew.user_pool.waiting) == (3, 3, 6)
        crew.end()

    in_greenlet(run)


def test_an_idle_user_that_is_killed_is_given_nothing(in_greenlet: InGreenlet) -> None:
    def run() -> list[tuple[str, int]]:
        crew = Crew(5)
        crew.start("a", "b")
        crew.kill("b")
        crew.hand_over(0)
        crew.end()
        return crew.log

    assert in_greenlet(run) == [("a", 0)]


def test_what_a_user_got_just_before_its_end_is_done_with_like_all_that_is_in_flight(
    in_greenlet: InGreenlet,
) -> None:
    def run() -> tuple[list[tuple[str, int]], list[int], int]:
        crew = Crew(5)
        crew.start("a", "b")
        crew.hand_over_soon(0)
        crew.users["b"].kill(block=False)
        crew.settle()
        in_flight = crew.user_pool.in_flight
        crew.end()
        return crew.log, crew.done, in_flight

    assert in_greenlet(run) == ([("b", 0)], [0], 0)


def test_a_turn_ends_when_eight_more_are_in_flight_than_at_its_beginning(in_greenlet: InGreenlet) -> None:
    def run() -> list[bool]:
        crew = Crew(30, start_with=20)
        crew.start(*"abcdefghijklmnopqrst")
        more: list[bool] = []

        def turn(*indices: int) -> None:
            crew.user_pool.begin_tick()
            more.extend(crew.user_pool.hand_over(arrival(index)) for index in indices)

        for indices in (range(8), range(8, 10)):
            gevent.get_hub().loop.run_callback(turn, *indices)
            crew.settle()
        crew.end()
        return more

    assert in_greenlet(run) == [True] * 7 + [False] + [True] * 2


def test_of_two_idle_users_the_one_whose_connection_was_looked_at_goes_first(in_greenlet: InGreenlet) -> None:
    """b ends in the very turn of the loop in which the next arrival is due."""

    def run() -> list[tuple[str, int]]:
        crew = Crew(5)
        crew.start("a", "b")
        crew.hand_over(0)
        loop = gevent.get_hub().loop

        def end_and_hand_over() -> None:
            crew.release("b")
            loop.run_callback(loop.run_callback, crew.user_pool.hand_over, arrival(1))

        gevent.sleep(0.001)
        end_and_hand_over()
        crew.settle()
        crew.finish("a")
        crew.hand_over(2)
        crew.end()
        return crew.log

    assert in_greenlet(run) == [("b", 0), ("a", 1), ("a", 2)]


def test_what_is_given_up_is_given_back_in_order(in_greenlet: InGreenlet) -> None:
    def run() -> None:
        crew = Crew(1)
        crew.start("a")
        crew.hand_over(0, 1, 2)
        assert [one.index for one in crew.user_pool.give_up()] == [1, 2]
        assert crew.user_pool.give_up() == []
        assert crew.user_pool.waiting == 0
        crew.finish("a")
        assert crew.user_pool.in_flight == 0
        crew.end()

    in_greenlet(run)


STEPS = st.tuples(
    st.sampled_from(("arrive", "start", "finish", "kill", "promise and kill")), st.integers(0, 9)
)


class Story:
    """What a hypothesis does to a crew."""

    def __init__(self, max_in_flight: int) -> None:
        self.crew = Crew(max_in_flight)
        self.crew.start(*(f"first-{number}" for number in range(max_in_flight)))
        self.arrived = 0
        self._names = 0

    def step(self, what: str, which: int) -> None:
        crew = self.crew
        if what == "arrive":
            self._arrive()
        elif what == "start" and len(crew.users) < crew.user_pool.max_in_flight:
            self._names += 1
            crew.start(f"user-{self._names}")
        elif what == "finish" and crew.holding:
            crew.finish(sorted(crew.holding)[which % len(crew.holding)])
        elif "kill" in what and crew.users:
            name = sorted(crew.users)[which % len(crew.users)]
            if what == "kill":
                crew.kill(name)
            else:
                self._arrive_soon()
                crew.users.pop(name).kill(block=False)
        crew.settle()

    def _arrive(self) -> None:
        self._arrive_soon()
        self.crew.settle()

    def _arrive_soon(self) -> None:
        self.crew.hand_over_soon(self.arrived)
        self.arrived += 1

    def check(self) -> None:
        crew = self.crew
        held = [handed.index for handed in crew.holding.values()]
        waiting = [one.index for one, _ in crew.user_pool._backlog]
        assert sorted([*held, *crew.done, *waiting]) == list(range(self.arrived))
        assert crew.user_pool.in_flight == len(held) <= crew.user_pool.max_in_flight
        assert not waiting or len(held) == len(crew.users)


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
        story.crew.end()

    gevent.spawn(run).get(timeout=20)

"""Who waits for a user, who gives up, and whose fault that is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
import pytest

from sessionload.generator import backlog as backlog_module
from sessionload.generator.backlog import Backlog
from sessionload.generator.session_start import SessionStart
from sessionload.units import NS
from sessionload.workload.schedule import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    InGreenlet = Callable[..., Any]

MS = 1_000_000


class FakeClock:
    """An instant that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns


class Waiting:
    """A backlog in simulated time, full from the beginning, with a patience of 100 ms."""

    def __init__(self, patience_ns: int | None = 100 * MS) -> None:
        self.gave_up: list[tuple[int, int]] = []
        self.backlog = Backlog(patience_ns, lambda one, lag_ns: self.gave_up.append((one.index, lag_ns)))
        self.backlog.full_since_ns = 0

    def add(self, index: int, due_ms: int) -> None:
        self.backlog.add(SessionStart(Arrival(index, due_ms * MS, 0), b""))

    def take(self) -> int | None:
        taken = self.backlog.take()
        return None if taken is None else taken.index


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(backlog_module, "time", fake)
    return fake


def test_who_is_taken_in_time_is_sent_and_was_queueing(clock: FakeClock) -> None:
    waiting = Waiting()
    waiting.add(0, 0)
    clock.now_ns = 99 * MS
    taken = waiting.backlog.take()
    assert taken is not None
    assert (taken.index, taken.queued_ns, waiting.gave_up) == (0, 99 * MS, [])


def test_who_has_waited_as_long_as_the_patience_has_given_up_without_lag(clock: FakeClock) -> None:
    waiting = Waiting()
    waiting.add(0, 0)
    waiting.add(1, 0)
    clock.now_ns = 60 * MS
    waiting.add(2, 60)
    clock.now_ns = 100 * MS
    assert waiting.take() == 2
    assert waiting.gave_up == [(0, 0), (1, 0)]
    assert waiting.take() is None


def test_without_patience_nobody_gives_up(clock: FakeClock) -> None:
    waiting = Waiting(None)
    waiting.add(0, 0)
    clock.now_ns = 3600 * NS
    assert waiting.take() == 0


@pytest.mark.parametrize(
    ("added_ms", "full_ms", "left_ms", "lag_ms"),
    [
        (0, 0, 100, 0),
        (30, 0, 100, 30),
        (0, 40, 100, 40),
        (0, None, 100, 100),
        (250, 0, 250, 250),
        (0, 0, 170, 70),
    ],
    ids=["server", "handed over late", "users late", "no users", "later than patience", "read late"],
)
def test_what_the_generator_did_of_a_wait_is_its_lag(
    clock: FakeClock, added_ms: int, full_ms: int | None, left_ms: int, lag_ms: int
) -> None:
    waiting = Waiting()
    waiting.backlog.full_since_ns = None if full_ms is None else full_ms * MS
    clock.now_ns = added_ms * MS
    waiting.add(0, 0)
    clock.now_ns = left_ms * MS
    assert waiting.take() is None
    assert waiting.gave_up == [(0, lag_ms * MS)]


def test_each_second_has_the_most_that_waited_for_the_server_once(clock: FakeClock) -> None:
    waiting = Waiting(None)
    for index in range(3):
        waiting.add(index, 0)
    waiting.take()
    waiting.take()
    clock.now_ns = NS
    assert waiting.backlog.lengths() == {0: 3}
    clock.now_ns = 2 * NS
    waiting.add(3, 2000)
    assert waiting.backlog.lengths() == {1: 1}
    assert waiting.backlog.lengths(last=True) == {2: 2}
    waiting.backlog.drop()
    clock.now_ns = 9 * NS
    assert waiting.backlog.lengths(last=True) == {}


def test_waiting_for_a_user_to_be_started_is_no_backlog_of_the_server(clock: FakeClock) -> None:
    waiting = Waiting()
    waiting.backlog.full_since_ns = None
    waiting.add(0, 0)
    assert waiting.backlog.lengths(last=True) == {}
    assert clock.now_ns == 0


def test_they_give_up_by_themselves_one_after_the_other(in_greenlet: InGreenlet) -> None:
    """No user ever comes free; the second wave is there after the backlog was empty."""

    def run() -> list[int]:
        waiting = Waiting(60 * MS)
        origin_ns = time.monotonic_ns()
        waiting.backlog.begin(origin_ns)
        for wave in range(2):
            due_ms = (time.monotonic_ns() - origin_ns) // MS
            waiting.add(2 * wave, due_ms)
            waiting.add(2 * wave + 1, due_ms + 20)
            with gevent.Timeout(20):
                while len(waiting.gave_up) < 2 * wave + 2:
                    gevent.sleep(0.005)
            assert time.monotonic_ns() >= origin_ns + (due_ms + 80) * MS
        waiting.backlog.end()
        waiting.backlog.end()
        return [index for index, _ in waiting.gave_up]

    assert in_greenlet(run) == [0, 1, 2, 3]

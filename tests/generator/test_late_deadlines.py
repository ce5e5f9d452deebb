"""A deadline that the generator itself is late for: what is in the socket is read before anything is cut."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import gevent
import pytest

from sessionload.generator import deadlines as deadlines_module
from sessionload.generator.connection import Connection
from sessionload.generator.deadlines import Deadlines
from sessionload.generator.worker_process import GeneratorProcess
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response
    from sessionload.secret import Secret

    Serve = Callable[..., int]
    InGreenlet = Callable[..., Any]
    EndpointTo = Callable[..., Endpoint]
    ReadRequest = Callable[[Any], bytes]
    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
MS = 1_000_000


# In simulated time


class Simulated:
    """A clock that the test moves, and a loop whose one timer it lets fire."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 0
        self.left_s = 0.0
        self.fire: Callable[[], object] = lambda: None
        monkeypatch.setattr(deadlines_module, "time", self)
        monkeypatch.setattr(deadlines_module, "gevent", self)

    def monotonic_ns(self) -> int:
        return self.now_ns

    def get_hub(self) -> Simulated:
        return self

    @property
    def loop(self) -> Simulated:
        return self

    def timer(self, left_s: float, *, ref: bool) -> Simulated:
        assert not ref
        self.left_s = left_s
        return self

    def start(self, fire: Callable[[], object]) -> None:
        self.fire = fire

    def close(self) -> None:
        """The timer is made again each time."""

    def pass_time(self, until_ms: float, *, stopped_from_ms: float = 1e9) -> None:
        """Let the timer fire when it is due, but for a time in which the process stands still."""
        while self.now_ns + self.left_s * 1e9 <= until_ms * MS:
            due_ns = self.now_ns + int(self.left_s * 1e9)
            if due_ns > stopped_from_ms * MS:
                break
            self.now_ns = due_ns
            self.fire()
        self.now_ns = int(until_ms * MS)
        if stopped_from_ms < 1e9:
            self.fire()


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Simulated:
    return Simulated(monkeypatch)


def test_an_exchange_is_ended_at_its_deadline_and_the_others_at_theirs(simulated: Simulated) -> None:
    ended: list[tuple[str, int, int]] = []
    deadlines = Deadlines(200 * MS)
    watched = deadlines.watched()
    watched[lambda late_ns: ended.append(("a", simulated.now_ns // MS, late_ns // MS))] = 0
    simulated.pass_time(60)
    watched[lambda late_ns: ended.append(("b", simulated.now_ns // MS, late_ns // MS))] = 60 * MS
    simulated.pass_time(500)
    assert ended == [("a", 200, 0), ("b", 260, 0)]
    assert deadlines.stalled_ns(0, 500 * MS) == 0
    assert not watched


def test_a_process_that_stood_still_knows_for_how_long_and_how_late_each_deadline_is(
    simulated: Simulated,
) -> None:
    """It stands still from 110 to 400 ms; the timer was to fire at 150 ms."""
    ended: list[tuple[str, int]] = []
    deadlines = Deadlines(200 * MS)
    watched = deadlines.watched()
    watched[lambda late_ns: ended.append(("a", late_ns // MS))] = 0
    watched[lambda late_ns: ended.append(("b", late_ns // MS))] = 100 * MS
    simulated.pass_time(400, stopped_from_ms=110)
    assert ended == [("a", 200), ("b", 100)]
    assert deadlines.stalled_ns(0, 1000 * MS) == 250 * MS
    assert deadlines.stalled_ns(200 * MS, 300 * MS) == 100 * MS
    assert deadlines.stalled_ns(0, 100 * MS) == deadlines.stalled_ns(500 * MS, 900 * MS) == 0


def test_what_is_remembered_of_stalls_is_bounded(simulated: Simulated) -> None:
    deadlines = Deadlines(200 * MS)
    deadlines.watched()
    for number in range(1, 301):
        simulated.pass_time(number * 500, stopped_from_ms=number * 500 - 400)
    assert len(deadlines._stalls) == 100


# A loop that is held up


class Answering(threading.Thread):
    """A server in a thread of its own, which goes on while the loop stands still."""

    def __init__(self, *pieces: tuple[float, bytes]) -> None:
        super().__init__(daemon=True)
        import socket  # noqa: PLC0415 -- the one that gevent did not replace

        self._pieces = pieces
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.received = threading.Event()
        self.start()

    def run(self) -> None:
        link, _ = self._server.accept()
        with link, self._server:
            link.recv(1 << 16)
            self.received.set()
            for delay_s, piece in self._pieces:
                time.sleep(delay_s)
                link.sendall(piece)
            link.recv(1)  # returns when the client closes


def exchange_in_a_stall(endpoint: Endpoint, server: Answering) -> Response:
    """Exchange over a loop that stands still for a second as soon as the server has received something."""

    def stall() -> None:
        while not server.received.is_set():
            gevent.sleep(0.002)
        time.sleep(1)

    with closing(Connection(endpoint)) as connection:
        gevent.spawn(stall)
        return connection.exchange(endpoint.request(b"{}"))


@pytest.mark.parametrize("size", [2, 60_000], ids=["one piece", "many pieces"])
def test_an_answer_that_came_in_time_is_read_however_late_the_deadline_is(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, size: int
) -> None:
    """Answered after 0.15 s with a timeout of 0.4 s, while the loop stands still for a second."""
    server = Answering((0.15, ANSWER % (size, b"x" * size)))
    endpoint = endpoint_to(server.port, seconds=0.4)
    response = in_greenlet(exchange_in_a_stall, endpoint, server)
    assert (response.outcome, response.status, len(response.body)) == (None, 200, size)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], "timeout/answer"),
        ([(0.15, ANSWER[:40])], "timeout/body"),
        ([(0.15, ANSWER[:40]), (5, ANSWER)], "timeout/body"),
    ],
)
def test_a_server_that_had_its_time_is_late_however_late_the_deadline_is(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, pieces: list[tuple[float, bytes]], expected: str
) -> None:
    server = Answering(*pieces)
    endpoint = endpoint_to(server.port, seconds=0.4)
    response = in_greenlet(exchange_in_a_stall, endpoint, server)
    assert (response.outcome, response.failure.cause) == (Outcome.TIMEOUT, expected)


def test_a_handshake_that_only_the_generator_holds_up_is_its_own_failure(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet
) -> None:
    """The server is silent, but the loop stood still when its answer to the handshake could have come."""
    server = Answering()
    endpoint = endpoint_to(server.port, tls=True, seconds=0.4)
    response = in_greenlet(exchange_in_a_stall, endpoint, server)
    assert (response.outcome, response.failure.cause) == (
        Outcome.CONNECTION_ERROR,
        "generator/late_deadline",
    )


def test_the_next_exchange_has_its_own_deadline(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, read_request: ReadRequest
) -> None:
    """After an answer that was read at a late deadline, the connection is used as before."""
    numbers: list[int] = []

    def handle(link: Any, number: int) -> None:  # noqa: ANN401 -- a socket of gevent
        while read_request(link):
            numbers.append(number)
            link.sendall(ANSWER % (2, b"{}"))

    endpoint = endpoint_to(serve(handle), seconds=0.3)

    def run() -> list[int | None]:
        with closing(Connection(endpoint)) as connection:
            statuses = []
            for _ in range(3):
                gevent.get_hub().loop.run_callback(lambda: None)
                statuses.append(connection.exchange(endpoint.request(b"{}")).status)
                connection._unread = 0  # as a late deadline leaves it
            return statuses

    assert in_greenlet(run) == [200] * 3
    assert numbers == [1, 1, 1]


# A process that is stopped


@pytest.mark.parametrize("connections", ["reuse", pytest.param("per_session", marks=pytest.mark.long)])
def test_the_pause_of_a_stopped_generator_is_no_failure_of_the_server(
    plan_for: PlanFor, api_key: Secret, connections: str
) -> None:
    """Answers take 150 ms, the timeout is 300 ms, and the process is stopped for 0.6 s, three times."""
    with StubProcess.start(StubSettings(latency="150ms"), api_key) as stub:
        inputs, _, variables = plan_for(
            stub.url, rate="50/s", duration="4s", load={"timeout": "300ms", "connections": connections}
        )
        totals = RunTotals()
        with GeneratorProcess(variables) as generator:
            generator.start(inputs)
            stops = 0
            for delta in generator.deltas():
                totals.add(delta)
                if totals.measurement.sent >= 20 and stops < 3:
                    stops += 1
                    os.kill(generator.pid, signal.SIGSTOP)
                    time.sleep(0.6)
                    os.kill(generator.pid, signal.SIGCONT)
    assert stops == 3
    assert totals.complete()
    causes = set(totals.measurement.findings)
    assert causes <= {"generator/late_deadline"}
    outcomes = over(totals.measurement).outcomes
    assert set(outcomes) <= {Outcome.OK, Outcome.CONNECTION_ERROR}
    assert outcomes[Outcome.OK] > 150

"""`run --expect-workers` and `sessionload worker`: one run by processes that only an address connects."""

from __future__ import annotations

import base64
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
import pytest
import zmq
from world import KEY_VARIABLE, SCENARIO, free_port

import sessionload

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from world import Ended, World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]

ABORT = SCENARIO.replace("  - {target}", "  - {{expr: 'p95 < 1ms', window: 2s, abort: true}}\n  - {target}")

OTHER_VERSION = """
import sys
import sessionload
sessionload.__version__ = "9.9.9"
from sessionload.distribution.process_setup import WorkerSetup
from sessionload.distribution.worker_program import main
sys.exit(main(WorkerSetup(int(sys.argv[1]), local=False, keys="keys/worker.keys")))
"""


class Site:
    """A master and workers of one address, each started as a person starts it."""

    def __init__(self, world: World, *, keys: bool = True) -> None:
        self.world = world
        self.address = f"127.0.0.1:{free_port()}"
        self.master_keys: list[str] = []
        self.worker_keys: list[str] = []
        if keys:
            assert world.run("keys", "new").code == 0
            self.master_keys = ["--keys", "keys/master.keys"]
            self.worker_keys = ["--keys", "keys/worker.keys"]

    def run(self, scenario: str, count: int, *more: str) -> subprocess.Popen[str]:
        expected = ["--expect-workers", str(count), "--bind", self.address, *self.master_keys]
        return self.world.start("run", scenario, *expected, *more, start_new_session=True)

    def worker(self, *more: str, address: str = "", **settings: Any) -> subprocess.Popen[str]:  # noqa: ANN401
        where = ["--master", address or self.address, *self.worker_keys]
        return self.world.start("worker", *where, *more, **settings)


def wait_for(condition: Callable[[], object], within: float = 60.0) -> None:
    patience = time.monotonic() + within
    while not condition():
        assert time.monotonic() < patience, "it did not come to that"
        time.sleep(0.05)


def all_end(world: World, workers: list[subprocess.Popen[str]]) -> list[Ended]:
    return [world.end(worker, within=30) for worker in workers]


@pytest.mark.long
def test_workers_come_early_and_late_and_one_leaves(world: World, agrees: Agrees) -> None:
    """Two are waited for, a third comes under load, the first is told to end; nothing is lost or repeated."""
    stub = world.stub()
    site = Site(world)
    first, second = site.worker(), site.worker()
    process = site.run(world.scenario("60/s", "20s"), 2, "--out", "out")
    wait_for(lambda: stub.ledger()["arrivals"] >= 60)
    third = site.worker()
    wait_for(lambda: stub.ledger()["arrivals"] >= 660)
    first.send_signal(signal.SIGTERM)
    ended = world.end(process)
    assert ended.code == 0, ended.err
    assert [worker.code for worker in all_end(world, [first, second, third])] == [143, 0, 0]
    agrees(stub, ended.result)
    arrivals = ended.result["arrivals"]
    assert arrivals == {"planned": 1200, "sent": 1200, "unsent": 0, "lost": 0}
    assert "2 of 2 workers are ready" in ended.err
    assert "worker 3 came later" in ended.err
    assert ended.result["generator"]["workers"] == 3
    assert stub.ledger()["repeated"] == []


@pytest.mark.variation
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_under_load_reaches_all_workers(world: World, number: signal.Signals) -> None:
    """What is in flight ends, or is cut when the grace is over; all that was planned is accounted for."""
    stub = world.stub(latency="3s" if number is signal.SIGTERM else "300ms")
    site = Site(world, keys=False)
    workers = [site.worker(), site.worker()]
    process = site.run(world.scenario("20/s", "60s", timeout="60s"), 2, "--out", "out", "--grace", "2s")
    wait_for(lambda: stub.ledger()["arrivals"] >= 30)
    process.send_signal(number)
    began = time.monotonic()
    ended = world.end(process, within=30)
    assert time.monotonic() - began < 15
    assert ended.code == 128 + number
    assert [worker.code for worker in all_end(world, workers)] == [0, 0]
    arrivals = ended.result["arrivals"]
    assert arrivals["lost"] == 0
    assert arrivals["unsent"] > 0
    assert arrivals["planned"] == 1200 == arrivals["sent"] + arrivals["unsent"]
    assert (ended.result["outcomes"]["aborted"] > 0) is (number is signal.SIGTERM)


@pytest.mark.long
def test_a_target_that_aborts_reaches_all_workers(world: World) -> None:
    stub = world.stub(latency="50ms")
    site = Site(world, keys=False)
    workers = [site.worker(), site.worker()]
    ended = world.end(site.run(world.scenario("40/s", "60s", text=ABORT), 2, "--out", "out"))
    assert ended.code == 1, ended.err
    assert "stopping: 'p95 < 1ms' is missed" in ended.err
    assert [worker.code for worker in all_end(world, workers)] == [0, 0]
    arrivals = ended.result["arrivals"]
    assert arrivals["lost"] == 0
    assert arrivals["unsent"] > 1000
    sent = stub.ledger()["arrivals"]
    assert sent < 1400
    time.sleep(1)
    assert stub.ledger()["arrivals"] == sent


def test_a_signal_while_waiting_ends_the_run_and_the_workers(world: World) -> None:
    world.stub()
    site = Site(world, keys=False)
    worker = site.worker()
    process = site.run(world.scenario(), 2, "--out", "out")
    said: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if "1 of 2 workers are ready" in line:
            break
    left = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    ended = world.end(process, within=15)
    assert ended.code == 130
    assert ended.result["arrivals"] == {"planned": 200, "sent": 0, "unsent": 200, "lost": 0}
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in left)
    (alone,) = all_end(world, [worker])
    assert alone.code == 3
    assert "it was called off before the load" in alone.err


@pytest.mark.long
def test_workers_that_cannot_take_part_are_named_on_both_sides(world: World) -> None:
    """A wrong API key, a variable that is not set, and another version."""
    world.stub()
    site = Site(world)
    variables = world.variables
    wrong = site.worker(env={**variables, KEY_VARIABLE: "VF.DM.0123456789abcdef.wrong"})
    unset = site.worker(env={name: text for name, text in variables.items() if name != KEY_VARIABLE})
    other = site.world.start(program=[sys.executable, "-c", OTHER_VERSION, site.address.rpartition(":")[2]])
    good = site.worker()
    ended = world.end(site.run(world.scenario(), 2, "--out", "out", "--wait", "15s"))
    assert ended.code == 4
    assert "1 of 2 workers were ready after 15 s" in ended.err
    assert "[preflight-key-rejected]" in ended.err
    assert f"the environment variable {KEY_VARIABLE} is not set" in ended.err
    assert "it has sessionload 9.9.9, and the master" in ended.err
    codes = {}
    for name, worker in (("wrong", wrong), ("unset", unset), ("other", other), ("good", good)):
        codes[name] = world.end(worker, within=30)
    assert {name: worker.code for name, worker in codes.items()} == {
        "wrong": 4,
        "unset": 2,
        "other": 2,
        "good": 3,
    }
    assert "[preflight-key-rejected]" in codes["wrong"].err
    assert "the master refuses this worker: it has sessionload 9.9.9" in codes["other"].err


def test_a_worker_waits_for_its_master_a_stated_time(world: World) -> None:
    ended = world.run("worker", "--master", f"127.0.0.1:{free_port()}", "--wait", "1s")
    assert ended.code == 3
    assert "at most 1 s" in ended.err
    assert "was not there in time" in ended.err


class Tap:
    """Passes bytes on between a worker and its master, and keeps a copy of all of them."""

    def __init__(self, to: str) -> None:
        host, _, port = to.rpartition(":")
        self._to = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.heard = bytearray()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._to)
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with one, other:
            try:
                while data := one.recv(65536):
                    self.heard += data
                    other.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._server.close()


@pytest.mark.sample(1)
@pytest.mark.parametrize("keys", [False, pytest.param(True, marks=pytest.mark.long)])
def test_no_byte_between_master_and_worker_is_of_the_api_key(world: World, *, keys: bool) -> None:
    """The whole of a run in clear has the scenario and the deltas in it; with keys nothing can be read."""
    world.stub()
    site = Site(world, keys=keys)
    tap = Tap(site.address)
    worker = site.worker(address=tap.address)
    ended = world.end(site.run(world.scenario("50/s", "3s"), 1, "--out", "out"))
    assert ended.code == 0, ended.err
    assert [one.code for one in all_end(world, [worker])] == [0]
    tap.close()
    heard, key = bytes(tap.heard), world.key.encode()
    assert len(heard) > 5000
    assert (b"e2e-{n}" in heard) is not keys
    assert (b'"users_started"' in heard or b"users_started" in heard) is not keys
    for form in (key, key[:10], base64.b64encode(key)[:-4], key.hex().encode()):
        assert form not in heard


@pytest.mark.long
def test_another_user_of_the_machine_cannot_forge_figures_of_local_workers(
    world: World, agrees: Agrees
) -> None:
    """It knows the port, which anybody can see, and what a worker says; but it has no key of the run."""
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "6s"), "--workers", "2", "--out", "out")
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    children = psutil.Process(process.pid).children(recursive=True)
    family = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    ports = {
        one.laddr.port for child in family for one in child.net_connections("tcp") if one.status == "LISTEN"
    }
    workers = [child for child in family if any("worker_program" in word for word in child.cmdline())]
    assert len(workers) == 2
    assert not [word for worker in workers for word in worker.cmdline() if "secret" in word]
    with zmq.Context() as context:
        for port in ports:
            with context.socket(zmq.DEALER) as stranger:
                stranger.setsockopt(zmq.LINGER, 0)
                stranger.setsockopt(zmq.IDENTITY, b"stranger")
                stranger.connect(f"tcp://127.0.0.1:{port}")
                for kind, data in (
                    ("client_ready", "2.47"),
                    ("sessionload-hello", {"version": sessionload.__version__, "process": workers[0].pid}),
                    ("sessionload-delta", {"number": 0, "line": b"{}\n", "last": True}),
                    ("sessionload-leave", {}),
                    ("locustfile", {"version": "2.47"}),
                ):
                    stranger.send(msgspec.msgpack.encode([kind, data, "stranger"]))
                assert not stranger.poll(1000)  # and nobody answers
    ended = world.end(process)
    assert ended.code == 0, ended.err
    agrees(stub, ended.result)
    assert ended.result["arrivals"] == {"planned": 300, "sent": 300, "unsent": 0, "lost": 0}
    assert ended.result["generator"]["workers"] == 2


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--expect-workers", "2", "--bind", "203.0.113.7", "--keys", "keys/master.keys"), "[bind-failed]"),
        (("--expect-workers", "2", "--environment", "inside"), "[embedded-elsewhere]"),
        (("--expect-workers", "30", "--environment", "guarded", "--confirm", "guarded"), "[rate-over-limit]"),
        (("--workers", "30", "--environment", "guarded", "--confirm", "guarded"), "[rate-over-limit]"),
        (("--expect-workers", "2", "--environment", "locked"), "[not-confirmed]"),
        (("--workers", "2", "--environment", "small"), "[too-many-sessions]"),
    ],
)
def test_what_can_be_refused_is_refused_before_anybody_waits(
    world: World, options: tuple[str, ...], said: str
) -> None:
    """Guards hold for the sum: thirty workers at 100/s would each keep below the 5/s of `guarded`."""
    world.stub()
    text = (world.folder / "environments.yaml").read_text()
    more = "inside: {embedded: true}\nsmall: {extends: here, max_sessions: 199}\n"
    more += "locked: {extends: here, protected: true}\n"
    (world.folder / "environments.yaml").write_text(text + more)
    assert world.run("keys", "new").code == 0
    ended = world.run("run", world.scenario("100/s", "2s"), *options)
    assert ended.code == 2, ended.err
    (error,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert said in error

"""`run --workers N`: one run by several processes, with one plan, one verdict and one end."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def wait_for(condition: Callable[[], object], within: float = 60.0) -> None:
    patience = time.monotonic() + within
    while not condition():
        assert time.monotonic() < patience, "it did not come to that"
        time.sleep(0.05)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the workers of a command, when all have started."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        children = psutil.Process(process.pid).children(recursive=True)
        workers = [child for child in children if "sessionload.distribution.worker" in child.cmdline()]
        if len(workers) == 2:
            return workers
        time.sleep(0.05)
    raise AssertionError("no workers")


def test_two_workers_keep_one_plan(world: World, agrees: Agrees) -> None:
    stub = world.stub()
    ended = world.run("run", world.scenario("200/s", "3s"), "--workers", "2", "--out", "out")
    assert ended.code == 0, ended.err
    agrees(stub, ended.result)
    assert ended.result["arrivals"]["sent"] == 600
    assert ended.result["generator"]["workers"] == 2
    page = stub.ledger()
    assert (page["arrivals"], page["repeated"]) == (600, [])


def test_a_signal_drains_all_workers(world: World, agrees: Agrees) -> None:
    stub = world.stub(latency="500ms")
    process = world.start(
        "run", world.scenario("50/s", "30s"), "--workers", "2", "--out", "out", start_new_session=True
    )
    wait_for(lambda: stub.ledger()["arrivals"] >= 60)
    process.send_signal(signal.SIGTERM)
    ended = world.end(process, within=45)
    assert ended.code == 143
    agrees(stub, ended.result)
    assert ended.result["arrivals"]["lost"] == 0
    assert ended.result["arrivals"]["unsent"] > 0


@pytest.mark.long
@pytest.mark.parametrize(
    "delay", [3.0, *(pytest.param(delay, marks=pytest.mark.long) for delay in (1.5, 4.5))]
)
def test_a_signal_before_the_load_ends_the_run(world: World, agrees: Agrees, delay: float) -> None:
    """Whether the workers are being started, briefed, or wait for the first instant."""
    stub = world.stub(latency="20ms")
    process = world.start("run", world.scenario("50/s", "30s"), "--workers", "2", start_new_session=True)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    ended = world.end(process, within=45)
    assert ended.code == 143
    if "planned" in ended.out:
        agrees(stub, ended.result)
        assert ended.result["arrivals"]["lost"] == 0


def test_a_worker_that_is_killed_is_named_and_its_arrivals_are_dealt_again(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("100/s", "12s"), "--workers", "2", "--out", "out")
    workers = workers_of(process)
    wait_for(lambda: stub.ledger()["arrivals"] >= 200)
    os.kill(workers[1].pid, signal.SIGKILL)
    ended = world.end(process)
    assert ended.code == 3
    assert "was lost at" in ended.err
    arrivals = ended.result["arrivals"]
    assert arrivals["planned"] == 1200
    assert 0 < arrivals["lost"] < 300
    sent = {second: count for second, count, _ in ended.result["flow"]}
    assert abs(sent[10] - 100) < 10  # all of them, give or take those at its borders
    assert stub.ledger()["repeated"] == []


@pytest.mark.long
def test_a_worker_that_is_frozen_sends_nothing_that_others_send(world: World) -> None:
    """It stands still for 8 s of 14: what was its is dealt again, and it keeps to that when it goes on."""
    stub = world.stub()
    process = world.start("run", world.scenario("100/s", "14s"), "--workers", "2", "--out", "out")
    worker = workers_of(process)[1]
    wait_for(lambda: stub.ledger()["arrivals"] >= 200)
    worker.suspend()
    time.sleep(8)
    worker.resume()
    ended = world.end(process)
    assert ended.code == 3
    assert "was lost at" in ended.err
    arrivals = ended.result["arrivals"]
    assert 0 < arrivals["lost"] < 500
    assert arrivals["planned"] == arrivals["sent"] + arrivals["unsent"] + arrivals["lost"]
    page = stub.ledger()
    assert page["repeated"] == []
    assert page["arrivals"] >= arrivals["sent"]
    sent = {second: count for second, count, _ in ended.result["flow"]}
    assert abs(sent[12] - 100) < 10


@pytest.mark.long
def test_without_its_master_no_worker_sends(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("100/s", "30s"), "--workers", "2", "--out", "out")
    workers = workers_of(process)
    wait_for(lambda: stub.ledger()["arrivals"] >= 200)
    master = workers[0].parent()
    assert master is not None
    master.kill()
    ended = world.end(process)
    assert ended.code == 3
    psutil.wait_procs(workers, timeout=5)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
    assert ended.result["arrivals"]["lost"] > 1000
    before = stub.ledger()["arrivals"]
    time.sleep(1)
    assert stub.ledger()["arrivals"] == before < 1500

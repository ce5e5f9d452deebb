"""`run --workers N`: one run by several processes, with one plan, one verdict and one end."""

from __future__ import annotations

import json
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


_WORKER = "sessionload.distribution.worker_program"


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
        workers = [
            child for child in children if "sessionload.distribution.worker_program" in child.cmdline()
        ]
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


@pytest.mark.variation
def test_a_key_that_both_workers_were_given_breaks_the_contract(world: World, agrees: Agrees) -> None:
    """Each twentieth start gets one key, the first of them rightly. Each worker alone would miss one more."""
    stub = world.stub("same_key every 20")
    ended = world.run("run", world.scenario("100/s", "4s"), "--workers", "2", "--out", "out")
    agrees(stub, ended.result)
    assert ended.result["outcomes"]["contract_violation"] == 400 // 20 - 1
    (finding,) = ended.result["findings"]
    assert (finding["cause"], finding["count"]) == ("key/repeated", 19)
    assert "keys_unchecked" not in ended.result["generator"]


@pytest.mark.variation
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


def test_without_its_master_no_worker_sends_and_what_they_measured_is_in_the_result(
    world: World, agrees: Agrees
) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("100/s", "30s"), "--workers", "2", "--out", "out")
    workers = workers_of(process)
    wait_for(lambda: stub.ledger()["arrivals"] >= 200)
    master = workers[0].parent()
    assert master is not None
    master.kill()
    ended = world.end(process)
    assert ended.code == 3
    assert "the master was lost" in ended.err
    psutil.wait_procs(workers, timeout=5)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
    assert stub.ledger()["arrivals"] < 1500
    agrees(stub, ended.result)
    assert ended.result["run"]["interrupted"] == "the master was lost"
    assert sum(row["sent"] for row in ended.result["workers"]) == ended.result["arrivals"]["sent"]
    assert not list((world.folder / "out").glob("worker-*"))


@pytest.mark.long
def test_a_report_is_made_of_what_workers_kept_when_command_and_master_were_killed(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("100/s", "30s"), "--workers", "2", "--out", "out")
    workers = workers_of(process)
    wait_for(lambda: stub.ledger()["arrivals"] >= 300)
    master = workers[0].parent()
    assert master is not None
    process.kill()
    master.kill()
    psutil.wait_procs(workers, timeout=15)
    process.wait()
    kept = [f"out/worker-{number}" for number in (1, 2)]
    assert world.run("report", *kept, "--out", "together").code == 0
    assert world.run("report", "out").code == 0
    result = json.loads((world.folder / "together" / "result.json").read_text())
    arrivals = result["arrivals"]
    assert arrivals["sent"] == stub.ledger()["arrivals"]
    assert arrivals["planned"] == arrivals["sent"] + arrivals["unsent"] + arrivals["lost"]
    assert (result["verdict"]["state"], result["run"]["interrupted"]) == ("void", "killed")
    assert "void" in (world.folder / "out" / "summary.md").read_text()

"""Locust's own master and workers: what `sessionload run --expect-workers` promises holds here."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from locust_command import WebUi, locust, result_of, wait_for
from world import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def master(world: World, port: int, *arguments: str, workers: int = 2) -> subprocess.Popen[str]:
    ports = ("--master", "--master-bind-port", str(port), "--expect-workers", str(workers))
    return world.start(program=locust(*ports, *arguments, "--out", "out"))


def worker(world: World, port: int, *arguments: str) -> subprocess.Popen[str]:
    return world.start(program=locust("--worker", "--master-port", str(port), *arguments))


def test_headless_two_workers_perform_one_plan_and_all_end(world: World, agrees: Agrees) -> None:
    """One worker has files of its own, which are the master's."""
    stub = world.stub()
    scenario, port = world.scenario("100/s", "3s"), free_port()
    leader = master(world, port, "--headless", "--scenario", scenario)
    workers = [worker(world, port), worker(world, port, "--scenario", scenario)]
    wait_for(lambda: stub.ledger()["arrivals"] > 0)
    listening = [one for one in psutil.Process(leader.pid).net_connections("inet") if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} == {"127.0.0.1"}
    ended = world.end(leader)
    result = result_of(world)
    assert ended.code == 0, ended.err
    assert result["arrivals"] == {"planned": 300, "sent": 300, "unsent": 0, "lost": 0}
    assert result["generator"]["workers"] == 2
    assert "2 of 2 workers are ready" in ended.err
    assert "MET: 300 measured arrivals" in ended.out
    agrees(stub, result)
    assert [world.end(one).code for one in workers] == [0, 0]


@pytest.mark.long
def test_runs_of_the_web_ui_are_performed_by_the_same_workers(world: World, agrees: Agrees) -> None:
    """Start is pressed, the run ends, start is pressed again, and stop."""
    stub = world.stub()
    scenario, port, web_port = world.scenario("50/s", "3s"), free_port(), free_port()
    leader = world.start(
        program=locust(
            *("--master", "--master-bind-port", str(port), "--expect-workers", "2"),
            *("--scenario", scenario, "--web-port", str(web_port)),
        )
    )
    ui = WebUi(leader, web_port)
    workers = [worker(world, port), worker(world, port)]
    form = "user_count=1&spawn_rate=1&host=http://127.0.0.1:1"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ui.ask("/swarm", form, origin="http://evil.example")
    ui.ask("/swarm", form, origin=ui.url)
    reports = world.folder / "reports"
    wait_for(lambda: len(list(reports.glob("*/spectrum.hgrm"))) == 1)
    (first,) = (json.loads(path.read_text()) for path in reports.glob("*/result.json"))
    assert first["arrivals"] == {"planned": 150, "sent": 150, "unsent": 0, "lost": 0}
    agrees(stub, first)
    _, stats = ui.ask("/stats/requests")
    assert json.loads(stats)["stats"][-1]["num_requests"] == 150
    assert len(json.loads(stats)["workers"]) == 2
    ui.ask("/swarm", form, origin=ui.url)
    wait_for(lambda: stub.ledger()["arrivals"] >= 160)
    ui.ask("/stop", "", origin=ui.url)
    wait_for(lambda: len(list(reports.glob("*/spectrum.hgrm"))) == 2)
    results = [json.loads(path.read_text()) for path in sorted(reports.glob("*/result.json"))]
    assert [result["run"]["interrupted"] for result in results] == [None, "the stop button"]
    assert results[1]["arrivals"]["lost"] == 0
    leader.send_signal(signal.SIGINT)
    assert world.end(leader, within=45).code == 3
    assert [world.end(one).code for one in workers] == [0, 0]


@pytest.mark.long
@pytest.mark.parametrize(("signalled", "code"), [(None, 0), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_processes_that_locust_forks_are_workers_of_one_run(
    world: World, agrees: Agrees, signalled: signal.Signals | None, code: int
) -> None:
    """A signal from a terminal reaches all of them, and the master drains."""
    stub = world.stub(latency="300ms")
    scenario, port = world.scenario("50/s", "3s" if signalled is None else "30s"), free_port()
    ports = ("--master-bind-port", str(port), "--master-port", str(port))
    program = locust("--headless", "--processes", "2", *ports, "--scenario", scenario, "--out", "out")
    process = world.start(program=program, start_new_session=True)
    if signalled is not None:
        wait_for(lambda: stub.ledger()["arrivals"] >= 60)
        for one in (*psutil.Process(process.pid).children(), psutil.Process(process.pid)):
            one.send_signal(signalled)
    ended = world.end(process, within=45)
    result = result_of(world)
    assert ended.code == code, ended.err
    assert result["arrivals"]["lost"] == 0
    agrees(stub, result)
    assert (result["arrivals"]["unsent"] > 0) == (signalled is not None)


@pytest.mark.long
def test_a_worker_that_is_killed_is_lost_and_the_run_is_void(world: World) -> None:
    stub = world.stub()
    scenario, port = world.scenario("100/s", "14s"), free_port()
    leader = master(world, port, "--headless", "--scenario", scenario)
    workers = [worker(world, port), worker(world, port)]
    wait_for(lambda: stub.ledger()["arrivals"] >= 200)
    workers[1].kill()
    ended = world.end(leader)
    assert ended.code == 3
    assert "was lost at" in ended.err
    result = result_of(world)
    assert 0 < result["arrivals"]["lost"] < 500
    sent = {second: count for second, count, _ in result["flow"]}
    assert abs(sent[12] - 100) < 10
    assert stub.ledger()["repeated"] == []
    assert world.end(workers[0]).code == 0


@pytest.mark.long
def test_a_worker_with_another_scenario_is_refused_and_a_signal_ends_the_wait(world: World) -> None:
    world.stub()
    port = free_port()
    leader = master(world, port, "--headless", "--scenario", world.scenario("100/s", "3s"))
    other = world.end(worker(world, port, "--scenario", world.scenario("101/s", "3s")))
    assert other.code == 2
    assert "its scenario is not the master's" in other.err
    leader.send_signal(signal.SIGTERM)
    ended = world.end(leader)
    assert ended.code == 143
    assert "its scenario is not the master's" in ended.err


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--master", "--headless", "--master-bind-host", "*"], "bind-without-keys"),
        (["--master", "--headless", "--master-bind-host", "0.0.0.0"], "bind-without-keys"),
        (
            ["--master", "--headless", "--environment", "stub", "--environments", "stub.yaml"],
            "embedded-elsewhere",
        ),
        (["--worker", "--keys", "none.keys"], "file-missing"),
    ],
)
def test_what_a_master_or_worker_cannot_do_is_refused(world: World, arguments: list[str], code: str) -> None:
    world.stub()
    (world.folder / "stub.yaml").write_text("stub: {embedded: true}\n")
    scenario = [] if "--worker" in arguments else ["--scenario", world.scenario()]
    ports = ["--master-bind-port", str(free_port())] if "--master" in arguments else []
    ended = world.run(program=locust(*arguments, *scenario, *ports))
    assert ended.code == 2, ended.err
    assert f"[{code}]" in ended.err


@pytest.mark.long
def test_with_keys_a_master_listens_where_it_is_told_to(world: World, agrees: Agrees) -> None:
    """A worker without the key has no part in it."""
    stub = world.stub()
    world.run("keys", "new")
    scenario, port = world.scenario("50/s", "2s"), free_port()
    everywhere = ("--master-bind-host", "0.0.0.0", "--keys", "keys/master.keys")
    leader = master(world, port, *everywhere, "--headless", "--scenario", scenario, workers=1)
    stranger = worker(world, port)
    time.sleep(3)
    assert stub.ledger()["arrivals"] == 0
    known = worker(world, port, "--keys", "keys/worker.keys")
    assert world.end(leader).code == 0
    agrees(stub, result_of(world))
    assert world.end(known).code == 0
    stranger.kill()

"""Signals and deaths, at any moment: there is a report, nothing is forgotten, and nothing runs on."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def wait_for(condition: Callable[[], object], within: float = 30.0) -> None:
    """Return when `condition` holds."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def children_of(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children(recursive=True) if child.is_running()]


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("name", "code", "after"),
    [
        ("SIGINT", 130, 1),
        ("SIGTERM", 143, 60),
        pytest.param("SIGHUP", 129, 150, marks=pytest.mark.long),
    ],
)
def test_a_signal_under_load_drains_and_reports(
    world: World, agrees: Agrees, name: str, code: int, after: int
) -> None:
    """The signal comes after so many arrivals, each of which takes half a second: some are in flight."""
    stub = world.stub(latency="500ms")
    process = world.start("run", world.scenario("50/s", "30s"), start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= after)
    process.send_signal(signal.Signals[name])
    ended = world.end(process, within=45)
    result = ended.result
    assert ended.code == code
    assert ended.out.startswith("VOID")
    assert result["run"]["interrupted"] == name
    assert result["arrivals"]["sent"] >= after
    assert result["arrivals"]["unsent"] > 1000
    assert result["outcomes"]["ok"] == result["arrivals"]["sent"]
    assert 0 < result["run"]["measured_until_s"] < result["run"]["seconds"]
    response = result["latency_ms"]["response"]
    assert (response["count"], response["max"] is not None) == (result["arrivals"]["sent"], True)
    assert "measured until" in " ".join(ended.out.split())
    assert (ended.folder / "report.html").is_file()
    agrees(stub, result)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "delay", [0.15, 0.7, 1.4, *(pytest.param(delay, marks=pytest.mark.long) for delay in (0.4, 1.0, 1.9))]
)
def test_a_signal_before_the_load_ends_the_run_at_once(world: World, agrees: Agrees, delay: float) -> None:
    """Whatever the program is doing by then: reading, the preflight, or starting the generator.

    Before there is a folder there is nothing to report, and from then on there is a result. A signal in
    the first instant may meet the interpreter before any of our code: then its own way of ending counts.
    """
    stub = world.stub(latency="20ms")
    process = world.start("run", world.scenario("50/s", "30s"), start_new_session=True)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    ended = world.end(process, within=45)
    assert ended.code in {143, -signal.SIGTERM}
    if "planned" in ended.out:
        assert ended.result["verdict"]["state"] == "void"
        agrees(stub, ended.result)
    else:
        assert stub.ledger()["arrivals"] == 0


@pytest.mark.variation
def test_a_background_job_that_was_started_with_sigint_ignored_obeys_it(world: World) -> None:
    stub = world.stub()
    process = world.start(
        "run", world.scenario("50/s", "30s"), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    )
    wait_for(lambda: stub.ledger()["arrivals"] >= 10)
    process.send_signal(signal.SIGINT)
    assert world.end(process, within=45).code == 130


def test_a_second_signal_does_not_wait_for_what_is_in_flight(world: World) -> None:
    """The server never answers and the time-out is a minute; the second signal cuts, and says what it cut."""
    stub = world.stub("hang from 0s for 1h")
    process = world.start("run", world.scenario("20/s", "30s", timeout="1m"), start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    ended = world.end(process, within=45)
    assert ended.code == 130
    assert ended.result["outcomes"]["aborted"] == ended.result["arrivals"]["sent"] >= 20
    assert ended.result["arrivals"]["lost"] == 0


@pytest.mark.long
def test_a_hanging_server_is_not_waited_for_longer_than_the_grace(world: World, agrees: Agrees) -> None:
    """The time-out is a minute; two seconds after one signal all is cut, counted and reported."""
    stub = world.stub("hang from 0s for 1h")
    scenario = world.scenario("20/s", "1m", timeout="1m")
    process = world.start("run", scenario, "--grace", "2s", start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    process.send_signal(signal.SIGTERM)
    ended = world.end(process, within=45)
    assert ended.code == 143
    assert ended.result["outcomes"]["aborted"] == ended.result["arrivals"]["sent"] >= 20
    assert ended.result["arrivals"]["lost"] == 0
    agrees(stub, ended.result)


@pytest.mark.long
def test_a_generator_that_does_not_obey_is_ended_when_the_grace_has_passed(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "1m"), "--grace", "2s", start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 100)
    generator_of(process).suspend()
    process.send_signal(signal.SIGTERM)
    ended = world.end(process, within=45)
    assert ended.code == 143
    assert ended.result["verdict"]["state"] == "void"
    assert ended.result["arrivals"]["lost"] > 1000


@pytest.mark.parametrize("grace", ["0s", "10", "2h"])
def test_a_grace_that_is_none_is_refused(world: World, grace: str) -> None:
    world.environments("http://127.0.0.1:1")
    ended = world.run("run", world.scenario(), "--grace", grace)
    assert ended.code == 2
    assert "--grace" in ended.err


@pytest.mark.long
def test_a_signal_that_comes_when_all_is_sent_changes_nothing(world: World, agrees: Agrees) -> None:
    """All arrivals are in flight, the server takes its time, and every one of them ends by itself."""
    stub = world.stub(latency="2s")
    process = world.start("run", world.scenario("20/s", "1s"), start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] == 20)
    process.send_signal(signal.SIGTERM)
    ended = world.end(process)
    assert ended.code == 0
    assert ended.out.startswith("MET")
    assert ended.result["run"]["interrupted"] is None
    agrees(stub, ended.result)


@pytest.mark.variation
def test_a_signal_that_comes_when_all_is_written_ends_the_speaking_alone(world: World) -> None:
    """Nobody reads standard output, so the command waits for room; its verdict stands."""
    world.stub()
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    process = world.start(
        "run", world.scenario("50/s", "1s"), "--out", "out", stdout=writer, stderr=subprocess.DEVNULL
    )
    wait_for((world.folder / "out" / "spectrum.hgrm").exists)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(45) == 0
    os.close(writer)
    os.close(reader)


@pytest.mark.long
def test_ctrl_z_does_not_stop_the_command_while_load_goes_out(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "2s"), start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    process.send_signal(signal.SIGTSTP)
    ended = world.end(process)
    assert ended.code == 0
    assert ended.result["arrivals"]["sent"] == 100


@pytest.mark.long
def test_a_run_under_nohup_outlives_its_terminal(world: World) -> None:
    stub = world.stub()
    process = world.start(
        "run", world.scenario("50/s", "2s"), preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    process.send_signal(signal.SIGHUP)
    assert world.end(process).code == 0


@pytest.mark.variation
def test_a_terminal_that_is_closed_drains_and_reports(world: World, agrees: Agrees) -> None:
    """The command sits on a real terminal, with all of its streams, and the window is closed."""
    stub = world.stub(latency="200ms")
    ours, theirs = pty.openpty()
    process = world.start(
        "run",
        world.scenario("50/s", "30s"),
        "--out",
        "out",
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    os.close(ours)
    assert process.wait(45) == 129
    result = json.loads((world.folder / "out" / "result.json").read_text())
    assert result["run"]["interrupted"] == "SIGHUP"
    assert result["outcomes"]["ok"] == result["arrivals"]["sent"]
    assert (world.folder / "out" / "report.html").is_file()
    agrees(stub, result)


@pytest.mark.variation
def test_a_generator_that_dies_while_it_starts_is_one_sentence(world: World) -> None:
    stub = world.stub()
    (world.folder / "broken").mkdir()
    (world.folder / "broken" / "locust.py").write_text("raise ImportError('no Locust here')")
    variables = {**world.variables, "PYTHONPATH": str(world.folder / "broken")}
    ended = world.run("run", world.scenario(), "--quiet", env=variables)
    assert ended.code == 4
    (line,) = ended.err.strip().splitlines()
    assert "ImportError: no Locust here" in line
    assert line.endswith("[generator-start]")
    assert stub.ledger()["arrivals"] == 0
    assert list((world.folder / "reports").iterdir()) == []


def generator_of(process: subprocess.Popen[str]) -> psutil.Process:
    (generator,) = [
        child for child in children_of(process.pid) if "sessionload.generator.worker" in command_of(child)
    ]
    return generator


def command_of(process: psutil.Process) -> list[str]:
    """Return the command line of a process; one that has just ended has none any more."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.mark.long
def test_the_pause_of_a_frozen_generator_is_its_own_lag(world: World, agrees: Agrees) -> None:
    """It stands still for a second of four: a quarter of the arrivals is late, and not because of the server.

    All of them are sent and answered all the same, so only the lag shows it, and the run is void.
    """
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "4s"), "--set", "load.max_lag=100ms")
    wait_for(lambda: stub.ledger()["arrivals"] >= 50)
    generator = generator_of(process)
    generator.suspend()
    time.sleep(1)
    generator.resume()
    ended = world.end(process)
    assert ended.code == 3
    assert "lag p99" in ended.out
    assert ended.result["arrivals"] == {"planned": 200, "sent": 200, "unsent": 0, "lost": 0}
    assert ended.result["outcomes"]["ok"] == 200
    assert ended.result["latency_ms"]["lag"]["p99"] > 500
    assert ended.result["latency_ms"]["service"]["p50"] < 500
    agrees(stub, ended.result)


def test_a_generator_that_is_killed_makes_the_run_void_and_its_arrivals_lost(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "20s"), start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 100)
    generator_of(process).kill()
    ended = world.end(process, within=45)
    assert ended.code == 3
    assert ended.result["arrivals"]["lost"] > 500
    assert "lost" in ended.out


def test_a_run_that_is_killed_stops_its_load_and_can_still_be_reported(world: World) -> None:
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "60s"), "--out", "killed", start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 150)
    children = children_of(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(_alive(child) for child in children), within=10)
    arrived = stub.ledger()["arrivals"]
    time.sleep(1)
    assert stub.ledger()["arrivals"] == arrived
    world.end(process)
    ended = world.run("report", "killed", "--format", "md,html")
    assert ended.code == 0
    summary = (world.folder / "killed" / "summary.md").read_text()
    assert "VOID" in summary
    assert "killed" in summary


def _alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.long
def test_a_result_that_cannot_be_written_is_kept_elsewhere(world: World) -> None:
    """The folder goes away in mid-run: exit 5, a summary is printed, and the result is in a spare folder."""
    stub = world.stub()
    process = world.start("run", world.scenario("50/s", "4s"), "--out", "gone", start_new_session=True)
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    os.rename(world.folder / "gone", world.folder / "moved")  # noqa: PTH104  # the plain system call
    (world.folder / "gone").write_text("in the way")
    ended = world.end(process)
    assert ended.code == 5
    assert ended.out.startswith("MET")
    assert "result-unwritable" in ended.err
    kept = next(line for line in ended.err.splitlines() if "kept in" in line).split("kept in ")[1]
    with open(os.path.join(kept, "result.json")) as file:  # noqa: PTH118, PTH123
        assert json.load(file)["arrivals"]["planned"] == 200

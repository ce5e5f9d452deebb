"""A core dump would hold the API key: no process that holds it may write one."""

from __future__ import annotations

import resource
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from world import ROOT

if TYPE_CHECKING:
    from world import World

SCENARIO = """\
name: dumps
environment: stub
users: {id: "dumps-{n}"}
load: {stages: [{name: steady, rate: 20/s, duration: 60s}]}
targets: ["p95 < 10s"]
"""


def family(pid: int, wanted: int) -> list[psutil.Process]:
    """Return a process with its children, once there are as many as are wanted."""
    parent = psutil.Process(pid)
    end = time.monotonic() + 60
    while len(parent.children(recursive=True)) < wanted and time.monotonic() < end:
        time.sleep(0.05)
    children = parent.children(recursive=True)
    assert len(children) >= wanted
    return [parent, *children]


def core_limits(processes: list[psutil.Process]) -> list[tuple[int, int]]:
    return [resource.prlimit(process.pid, resource.RLIMIT_CORE) for process in processes]


def all_are_off(processes: list[psutil.Process]) -> bool:
    """Tell whether core dumps are off in all of them, once they have had a moment to begin."""
    end = time.monotonic() + 60
    while set(core_limits(processes)) != {(0, 0)} and time.monotonic() < end:
        time.sleep(0.05)
    return set(core_limits(processes)) == {(0, 0)}


@pytest.mark.parametrize("command", ["sessionload run", "locust -f", "sessionload stub"])
def test_the_command_its_generator_and_its_stub_write_no_core_dumps(world: World, command: str) -> None:
    """Locust's command has the generator in its own process; `stub` has only a stub."""
    world.environments("", "stub: {{embedded: true}}\n")
    (world.folder / "dumps.yaml").write_text(SCENARIO)
    scenario = ["--scenario", "dumps.yaml"]
    locust = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), "--headless", *scenario]
    if command == "sessionload run":
        process, children = world.start("run", "dumps.yaml"), 2
    elif command == "locust -f":
        process, children = world.start(program=locust), 1
    else:
        process, children = world.start("stub"), 1
    assert all_are_off(family(process.pid, children))

"""When the process of the stub dies, what waits for it ends, and says why."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    import subprocess

    from world import World


def kill_stub(process: subprocess.Popen[str]) -> None:
    """Kill the child of `process` that is the stub, as soon as there is one that listens."""
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        for child in psutil.Process(process.pid).children():
            with suppress(psutil.NoSuchProcess):  # another child may have ended just now
                if "sessionload.stub" in child.cmdline() and child.net_connections():
                    child.kill()
                    return
        time.sleep(0.05)
    raise AssertionError("no stub")


def test_the_command_stub_ends_with_its_process(world: World) -> None:
    process = world.start("stub")
    kill_stub(process)
    ended = world.end(process)
    assert ended.code == 4
    assert "the process of the stub ended by itself (killed by SIGKILL)" in ended.err
    assert "[stub-ended]" in ended.err


@pytest.mark.long
def test_a_run_names_the_death_of_its_stub(world: World) -> None:
    world.environments("", text="own: {{embedded: true}}\n")
    scenario = world.scenario("50/s", "3s")
    process = world.start("run", scenario, "--environment", "own", "--out", "out")
    patience = time.monotonic() + 30
    while not (world.folder / "out" / "slices.jsonl").exists() and time.monotonic() < patience:
        time.sleep(0.05)
    kill_stub(process)
    ended = world.end(process)
    sentence = "the embedded stub ended during the run (killed by SIGKILL)"
    assert sentence in ended.err
    assert ended.code in (1, 3)
    assert sentence in (world.folder / "out" / "result.json").read_text()
    assert sentence in (world.folder / "out" / "summary.md").read_text()

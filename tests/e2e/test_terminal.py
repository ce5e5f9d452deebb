"""What people see while a run goes on: a panel on a terminal, plain lines anywhere else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import World


def on_a_terminal(process: subprocess.Popen[str], terminal: int) -> str:
    """Return what a process writes to its terminal until it ends."""
    seen = b""
    while process.poll() is None or select.select([terminal], [], [], 0)[0]:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
    return seen.decode()


def test_a_terminal_gets_a_panel_and_standard_output_the_summary_alone(world: World) -> None:
    world.stub()
    ours, theirs = pty.openpty()
    variables = {name: text for name, text in world.variables.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        world.command("run", world.scenario("50/s", "3s")),
        cwd=world.folder,
        env={**variables, "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    world.started.append(process)
    os.close(theirs)
    seen = on_a_terminal(process, ours)
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    world.printed += [seen, out]
    assert process.returncode == 0
    assert "preflight of here passed" in seen
    panel = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert "e2e · here · steady" in panel
    for words in ("in flight", "of 150", "p50", "p95", "p99", "errors 0", "violations 0"):
        assert words in panel
    assert out.startswith("MET: 150 measured arrivals at 50/s over 3 s: ")
    assert "\x1b" not in out
    assert "in flight 0" not in out


@pytest.mark.long
def test_a_log_gets_a_plain_line_every_few_seconds(world: World) -> None:
    world.stub()
    ended = world.run("run", world.scenario("20/s", "7s"))
    assert ended.code == 0
    lines = [line for line in ended.err.splitlines() if " of 0:07 (steady): sent " in line]
    assert lines
    assert re.search(r"in flight \d+, p50 \S+ \S+ p95 \S+ \S+ p99 \S+ \S+, errors 0, violations 0$", lines[0])
    assert "\x1b" not in ended.err


@pytest.mark.long
def test_a_quiet_run_says_nothing_until_its_summary(world: World) -> None:
    world.stub()
    ended = world.run("run", world.scenario("20/s", "1s"), "--quiet")
    assert ended.err == ""
    assert ended.out.startswith("MET")

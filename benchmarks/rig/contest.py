"""A tool at work, measured from outside: what arrives at nginx, and what processor time that took.

Every tool is measured alike, in the middle of its work, so that neither its start nor its own counting
matters. All processes of a tool share one processor here, those of our own command too.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import psutil

from rig.cores import on_generator_core

if TYPE_CHECKING:
    from rig.peers import Claimed, Peer, Task
    from rig.servers import Nginx

_BEGUN = 5
"""So many requests are load, and no preflight."""
_PATIENCE_S = 60.0


class Shot(NamedTuple):
    """What one piece of work came to."""

    per_second: float
    """Requests that arrived, in a second of the middle."""
    cpu_us: float
    """Processor microseconds of the tool for each of them."""
    claimed: Claimed


class Failed(Exception):  # noqa: N818 - it is a result
    """The tool did not do its work; what it said last."""


def take(peer: Peer, program: list[str], task: Task, server: Nginx) -> Shot:
    """Let a tool do a task and measure it. Raises `Failed`."""
    log = task.folder / "log"
    before = server.requests()
    with log.open("wb") as output, on_generator_core():
        process = subprocess.Popen(
            peer.command(program, task),
            cwd=task.folder,
            env=task.variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_load(process, server, before)
        time.sleep(task.seconds * 0.2)
        first = _state(process, server)
        time.sleep(task.seconds * 0.5)
        second = _state(process, server)
        process.wait(_PATIENCE_S)
    except (psutil.NoSuchProcess, subprocess.TimeoutExpired):
        raise Failed(_last_words(log.read_text(errors="replace"))) from None
    finally:
        _end(process)
    printed = log.read_text(errors="replace")
    try:
        claimed = peer.claimed(task, printed)
    except (OSError, ValueError, LookupError):
        raise Failed(_last_words(printed)) from None
    seconds, cpu_s, count = (later - sooner for sooner, later in zip(first, second, strict=True))
    return Shot(count / seconds, cpu_s * 1e6 / max(1, count), claimed)


def _wait_for_load(process: subprocess.Popen[bytes], server: Nginx, before: int) -> None:
    """Return when load arrives. Raises `TimeoutExpired` when none does, also because the tool has ended."""
    end = time.monotonic() + _PATIENCE_S
    while server.requests() - before < _BEGUN:
        if process.poll() is not None or time.monotonic() > end:
            raise subprocess.TimeoutExpired(process.args, _PATIENCE_S)
        time.sleep(0.05)


def _state(process: subprocess.Popen[bytes], server: Nginx) -> tuple[float, float, int]:
    """Return the time, the processor time of the tool so far, and how many requests nginx has seen."""
    root = psutil.Process(process.pid)
    cpu_s = sum(sum(process.cpu_times()[:4]) for process in (root, *root.children(recursive=True)))
    return time.monotonic(), cpu_s, server.requests()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.wait()


def _last_words(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"

"""What each part of a run takes of the processors, and how much of a second that is, read from the system.

A run is a command and the processes below it. Their parts are told apart by their command lines: a master,
its workers (or the one generator of a run without a master), and the command itself.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

COMMAND, MASTER, WORKERS = "command", "master", "workers"
_PARTS = {
    "sessionload.generator.worker": WORKERS,
    "sessionload.distribution.worker_program": WORKERS,
    "sessionload.distribution.master": MASTER,
}


@dataclass(frozen=True)
class Shares:
    """Processor seconds by part from one look to another, and the time between the two looks."""

    cpu_s: dict[str, float]
    wall_s: float

    def of_a_processor(self, part: str) -> float:
        """Return what a part took, as a share of one processor."""
        return self.cpu_s[part] / self.wall_s


@dataclass(frozen=True)
class Look:
    """What the parts of a run had taken of the processors at an instant (monotonic)."""

    cpu_s: dict[str, float]
    at_s: float

    @classmethod
    def at(cls, command: int) -> Look:
        """Look at the run of the command with this process ID."""
        top = psutil.Process(command)
        taken = dict.fromkeys((COMMAND, MASTER, WORKERS), 0.0)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                parts = [_PARTS[word] for word in process.cmdline() if word in _PARTS]
                taken[parts[0] if parts else COMMAND] += sum(process.cpu_times()[:2])
        return cls(taken, time.monotonic())

    def until(self, later: Look) -> Shares:
        """Return what was taken from this look to a later one."""
        taken = {part: after - self.cpu_s[part] for part, after in later.cpu_s.items()}
        return Shares(taken, later.at_s - self.at_s)

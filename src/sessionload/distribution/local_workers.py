"""The workers that the master starts on its own machine: processes that end when it does.

They get the keys with which they may speak to it through their standard input, because every user of a
machine can read the arguments of its processes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

from sessionload.distribution.process_setup import WorkerSetup

if TYPE_CHECKING:
    from sessionload.distribution.curve_keys import CurveKeys


class LocalWorkers:
    """Running workers. They end with their standard input, so none outlives the master."""

    def __init__(self, count: int, port: int, keys: CurveKeys) -> None:
        """Start so many workers, whose master listens to `port` of the loopback interface."""
        started = [_started(port, keys) for _ in range(count)]
        self._by_id = {process.pid: process for process in started}

    def of(self, process_id: int) -> subprocess.Popen[bytes] | None:
        """Return the worker with a process id."""
        return self._by_id.get(process_id)

    @property
    def one_has_ended(self) -> bool:
        """Whether not all of them run any more."""
        return any(process.poll() is not None for process in self._by_id.values())

    def close(self) -> None:
        """End what is left of them."""
        for process in self._by_id.values():
            if process.poll() is None:
                process.kill()
            process.wait()


def _started(port: int, keys: CurveKeys) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "sessionload.distribution.worker_program", WorkerSetup(port).text()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
    with contextlib.suppress(OSError):  # it has ended already, which is noticed later
        process.stdin.write(keys.text().encode())
        process.stdin.flush()
    return process

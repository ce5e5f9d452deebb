"""The workers that the master starts on its own machine: processes that end when it does."""

from __future__ import annotations

import subprocess
import sys


class LocalWorkers:
    """Running workers. They end with their standard input, so none outlives the master."""

    def __init__(self, count: int, port: int) -> None:
        """Start so many workers, whose master listens to `port` of the loopback interface."""
        started = [_started(port) for _ in range(count)]
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


def _started(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "sessionload.distribution.worker", "127.0.0.1", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )

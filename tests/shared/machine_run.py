"""A run on a network of machines: a master, its workers and the target, each with an address of its own.

What arrived is known from the target alone: which numbers, and when, by the clock that all of them share.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self

import trustme
from machines import Network
from world import Ended, World

from sessionload.stub.settings import KEY_VARIABLE as STUB_KEY

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

    from machines import Machine

NS = 1_000_000_000
WORKERS = ("first", "second", "third")
_TARGET = Path(__file__).with_name("machine_target.py")
_TARGET_PORT, _PORT = 8443, 5557
_ENVIRONMENTS = """\
here:
  url: {url}
  project: stub
  environment: main
  api_key: ${{E2E_API_KEY}}
  ca_file: ca.pem
"""


@dataclass(frozen=True)
class Arrivals:
    """What came to the target, in the order in which it came; instants are monotonic, in nanoseconds."""

    numbers: list[int]
    instants: list[int]

    @classmethod
    def read(cls, record: Path) -> Self:
        """Read what a target has written down so far."""
        lines = record.read_bytes().rpartition(b"\n")[0].splitlines() if record.exists() else []
        pairs = [tuple(map(int, line.split())) for line in lines]
        return cls([number for number, _ in pairs], [instant for _, instant in pairs])

    def __len__(self) -> int:
        return len(self.numbers)

    def origin(self, rate: int) -> int:
        """Return when the schedule of a constant rate began: the arrival that came soonest was punctual."""
        return min(at - number * NS // rate for number, at in zip(self.numbers, self.instants, strict=True))

    def in_seconds(self, origin: int, count: int) -> list[int]:
        """Return how many came in each of the first `count` seconds after an instant."""
        places = [bisect_left(sorted(self.instants), origin + second * NS) for second in range(count + 1)]
        return [later - sooner for sooner, later in pairwise(places)]


class MachineRun:
    """One run. Use as a context manager: nothing of it is left on the way out."""

    def __init__(self, folder: Path, key: str, *, rate: int, seconds: int, latency: str = "2ms") -> None:
        """Prepare a run at a constant rate; nothing is started yet."""
        self.rate, self.seconds = rate, seconds
        self.network = Network("master", *WORKERS, "target")
        self.world = World(folder, key)
        self._record = folder / "arrivals"
        self._latency = latency
        self._target: subprocess.Popen[bytes] | None = None
        self.workers: dict[str, subprocess.Popen[str]] = {}

    def start(self, workers: tuple[str, ...] = WORKERS) -> None:
        """Start the target, the master and workers, and wait until the load has begun."""
        self._start_target()
        self.keys()
        scenario = self.world.scenario(f"{self.rate}/s", f"{self.seconds}s")
        self.master = self._command(
            self.network["master"],
            *("run", scenario, "--out", "out", "--expect-workers", str(len(workers))),
            *("--bind", f"{self.network['master'].address}:{_PORT}", "--keys", "keys/master.keys"),
        )
        for name in workers:
            self.join(name)
        self.wait_for(lambda: len(self.arrivals) > 0)

    def join(self, name: str) -> None:
        """Start a worker on its machine."""
        master = f"{self.network['master'].address}:{_PORT}"
        self.workers[name] = self._command(
            self.network[name], *("worker", "--master", master, "--keys", "keys/worker.keys")
        )

    def keys(self) -> None:
        """Make the keys with which master and workers know each other."""
        self.world.run("keys", "new")

    def _command(self, machine: Machine, *arguments: str) -> subprocess.Popen[str]:
        return self.world.start(program=machine.command(*self.world.command(*arguments)))

    def _start_target(self) -> None:
        machine = self.network["target"]
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.world.folder / "ca.pem"))
        certificate = self.world.folder / "target.pem"
        authority.issue_cert(machine.address).private_key_and_cert_chain_pem.write_to_path(str(certificate))
        self.world.environments(f"https://{machine.address}:{_TARGET_PORT}", _ENVIRONMENTS)
        words = (machine.address, str(_TARGET_PORT), str(certificate), str(self._record), self._latency)
        self._target = subprocess.Popen(
            machine.command(sys.executable, str(_TARGET), *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, STUB_KEY: self.world.key},
        )
        assert self._target.stdout is not None
        assert self._target.stdout.readline() == b"ready\n"

    # While it goes on

    @property
    def arrivals(self) -> Arrivals:
        """What has come to the target so far."""
        return Arrivals.read(self._record)

    def wait_for(self, condition: Callable[[], object], within_s: float = 90.0) -> None:
        """Wait until something holds."""
        end = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > end or self.master.poll() is not None:
                self.master.kill()
                raise AssertionError(f"it did not come to that: {self.master.communicate()}")
            time.sleep(0.05)

    def wait_until(self, seconds: float) -> int:
        """Wait until so many seconds after the first arrival; return the instant (monotonic, ns)."""
        due = self.arrivals.instants[0] + int(seconds * NS)
        time.sleep(max(0.0, (due - time.monotonic_ns()) / NS))
        return time.monotonic_ns()

    def signal(self, machine: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a machine."""
        for process in self.network[machine].processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    # At the end

    def end(self, within_s: float = 60.0) -> Ended:
        """Wait for the master's end."""
        return self.world.end(self.master, within_s)

    def end_of(self, worker: str, within_s: float = 30.0) -> Ended:
        """Wait for a worker's end."""
        return self.world.end(self.workers[worker], within_s)

    def close(self) -> None:
        """End and remove all of it; the key was printed and written nowhere."""
        self.world.close()
        for process in self.world.started:
            if process.stdout is not None and not process.stdout.closed:
                self.world.printed += process.communicate()
        if self._target is not None:
            self._target.kill()
            self._target.communicate()
        self.network.close()
        assert self.world.leaks() == []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

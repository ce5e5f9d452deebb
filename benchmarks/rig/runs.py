"""Runs of the real command, with the generator alone on its processor.

The command that starts the generator only collects what it measures once a second; it shares the server's
processor and gives way to the server. Where a third processor is free it would run there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from rig.claims import broken
from rig.cores import give_core, give_way
from rig.servers import CONTRACT
from sessionload.stub.settings import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.servers import Server

    Watch = Callable[[psutil.Process], None]

_KEY_VARIABLE = "BENCH_KEY"
_GENERATOR = "sessionload.generator.worker"
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Measured:
    """A run that has ended: its result, and the processor time that its server took."""

    result: dict[str, Any]
    server_cpu_s: float

    @property
    def sent(self) -> int:
        """How many arrivals were sent."""
        sent: int = self.result["arrivals"]["sent"]
        return sent

    @property
    def all_ok(self) -> bool:
        """Whether each planned arrival was sent and ended with a session that keeps the contract."""
        arrivals, planned = self.result["arrivals"], self.result["arrivals"]["planned"]
        everything = {"planned": planned, "sent": planned, "unsent": 0, "lost": 0}
        return bool(arrivals == everything and self.result["outcomes"]["ok"] == planned)

    def late_ms(self, name: str) -> float | None:
        """Return a figure (`p50`, `p99`, `max`) of the lateness, in milliseconds."""
        late: float | None = self.result["latency_ms"]["lateness"][name]
        return late

    def late_by_less_than(self, bound_ms: float) -> bool:
        """Tell whether all but one of a hundred arrivals were late by less than that."""
        late = self.late_ms("p99")
        return late is not None and late < bound_ms

    @property
    def generator_us(self) -> float:
        """Processor microseconds of the generator for one exchange."""
        cpu_ns: int = self.result["generator"]["cpu_ns"]
        return cpu_ns / 1000 / max(1, self.sent)

    @property
    def generator_share(self) -> float:
        """Processor time of the generator as a share of one processor."""
        generator = self.result["generator"]
        share: float = generator["cpu_ns"] / max(1, generator["wall_ns"])
        return share

    @property
    def server_us(self) -> float:
        """Processor microseconds of the server for one exchange."""
        return self.server_cpu_s * 1e6 / max(1, self.sent)


def order(
    folder: Path, server: Server, rate: int, seconds: float, *, in_flight: int | None = None
) -> list[str]:
    """Write a scenario and its environment to `folder`; return the command that is to be started there."""
    limit = f"max_in_flight: {in_flight}, " if in_flight else ""
    trust = f", ca_file: '{server.ca_file}'" if server.ca_file else ""
    (folder / "environments.yaml").write_text(
        f"here: {{url: '{server.url}', project: stub, environment: main, "
        f"api_key: '${{{_KEY_VARIABLE}}}'{trust}}}\n"
    )
    (folder / "bench.yaml").write_text(
        "name: bench\nenvironment: here\nusers: {id: 'bench-{n}'}\n"
        f"load: {{stages: [{{name: steady, rate: {rate}/s, duration: {round(seconds * 1000)}ms}}], "
        f"{limit}max_lag: 10s, max_cpu: 100%}}\ntargets: [achieved_rate >= 99%]\n"
    )
    command = [sys.executable, "-m", "sessionload", "run", "bench.yaml"]
    return [*command, "--out", "out", "--quiet", "--contract", str(CONTRACT)]


def variables() -> dict[str, str]:
    """Return the environment variables of the command, the key of the stub among them."""
    return {**os.environ, _KEY_VARIABLE: DEFAULT_KEY}


def result_in(folder: Path) -> dict[str, Any]:
    """Return the result of a command that was ordered there and has ended."""
    result: dict[str, Any] = json.loads((folder / "out" / "result.json").read_text())
    return result


def run(
    server: Server, rate: int, seconds: float, *, watch: Watch | None = None, every_s: float = 1.0
) -> Measured:
    """Run the command at a constant rate; `watch` is called with the generator each `every_s` of its life."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = order(folder, server, rate, seconds)
        before = server.cpu_seconds()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=variables(), stdout=log, stderr=subprocess.STDOUT
            )
        try:
            generator = _settled_generator(process)
            if watch is not None and generator is not None:
                _watch(generator, watch, every_s)
            process.wait(seconds + _PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if not (folder / "out" / "result.json").exists():
            broken((folder / "log").read_text())
        return Measured(result_in(folder), server.cpu_seconds() - before)


def _settled_generator(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    """Wait for the generator of a command and give each of the two its processor; `None` if none comes."""
    with suppress(psutil.NoSuchProcess):
        command = psutil.Process(process.pid)
        while process.poll() is None:
            for child in command.children():
                if _GENERATOR in child.cmdline():
                    give_core(child.pid)
                    give_way(command.pid)
                    return child
            time.sleep(0.05)
    return None


def _watch(generator: psutil.Process, watch: Watch, every_s: float) -> None:
    due = time.monotonic()
    with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
        while generator.status() != psutil.STATUS_ZOMBIE:
            watch(generator)
            due = max(due + every_s, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

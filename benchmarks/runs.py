"""Runs of the real command against the stub or nginx, with the processor time that the server took."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from sessionload.edges.files import read_contract
from sessionload.edges.stub.process import StubProcess
from sessionload.inputs.brief import OPERATION
from sessionload.plan.stub_settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "sessionload", "run"]
CONTRACT = Path(__file__).resolve().parents[1] / "contracts" / "openapi.yaml"

NGINX = """\
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path body; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{{"sessionKey":"key-$request_id"}}'; }}
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server under load: its name, where it listens, and its processes."""

    name: str
    url: str
    pids: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """Return the processor time of its processes so far."""
        return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in self.pids)


@contextmanager
def stub() -> Iterator[Server]:
    """Start the stub, answering at once."""
    document, _ = read_contract(CONTRACT)
    with StubProcess.start(
        StubSettings(latency="0ms"), None, document=document, operation=OPERATION
    ) as process:
        yield Server("stub", process.url, (process.pid,))


@contextmanager
def nginx() -> Iterator[Server]:
    """Start an nginx with one worker and a new key in each answer; without nginx the program ends here."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        print("nginx is not installed: apt-get install nginx-light")
        raise SystemExit(3)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "nginx.conf").write_text(NGINX.format(port=port))
        process = subprocess.Popen([program, "-p", folder, "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            workers = tuple(child.pid for child in psutil.Process(process.pid).children())
            yield Server("nginx", f"http://127.0.0.1:{port}", (process.pid, *workers))
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


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
    def generator_us(self) -> float:
        """Processor microseconds of the generator for one exchange."""
        cpu_ns: int = self.result["generator"]["cpu_ns"]
        return cpu_ns / 1000 / self.sent

    @property
    def server_us(self) -> float:
        """Processor microseconds of the server for one exchange."""
        return self.server_cpu_s * 1e6 / self.sent


def run(server: Server, rate: str, duration: str) -> Measured:
    """Run the command `sessionload run` against `server` at a constant rate."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "environments.yaml").write_text(
            f"here: {{url: '{server.url}', project: stub, environment: main, api_key: '${{BENCH_KEY}}'}}\n"
        )
        Path(folder, "bench.yaml").write_text(
            "name: bench\nenvironment: here\nusers: {id: 'bench-{n}'}\n"
            f"load: {{stages: [{{name: steady, rate: {rate}, duration: {duration}}}], max_lag: 10s}}\n"
            "targets: [achieved_rate >= 99%]\n"
        )
        before = server.cpu_seconds()
        ended = subprocess.run(
            [*COMMAND, "bench.yaml", "--out", "out", "--quiet", "--contract", str(CONTRACT)],
            cwd=folder,
            env={**os.environ, "BENCH_KEY": DEFAULT_KEY},
            capture_output=True,
            text=True,
            check=False,
        )
        after = server.cpu_seconds()
        if not Path(folder, "out", "result.json").exists():
            raise SystemExit(ended.stdout + ended.stderr)
        return Measured(json.loads(Path(folder, "out", "result.json").read_text()), after - before)

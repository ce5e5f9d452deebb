"""The servers that are loaded: nginx (over TLS if wanted), the stub, and the witness.

All answer a session start as the contract says, with a new key each time. nginx has one worker, and counts
what it has served, so that all tools can be measured where they arrive.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import trustme

from rig.claims import broken, missing
from rig.seen import Seen
from sessionload.config.contract_files import read_contract
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = Path(__file__).resolve().parents[2] / "contracts" / "openapi.yaml"
_WITNESS = Path(__file__).with_name("witness.py")
_PATIENCE_S = 10.0

_NGINX = """\
daemon off; worker_processes 1; worker_rlimit_nofile 16384; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 1h;
  client_body_temp_path body; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {{
    listen 127.0.0.1:{port} {tls}backlog=4096;
    {certificate}
    location / {{ default_type application/json; return 200 '{{"sessionKey":"key-$request_id"}}'; }}
  }}
  server {{ listen 127.0.0.1:{status_port}; location / {{ stub_status; }} }}
}}
"""
_CERTIFICATE = "ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_session_cache shared:tls:1m;"
_REQUESTS = re.compile(r"\n +\d+ +\d+ +(\d+)")


@dataclass(kw_only=True)
class Server:
    """A server under load: its name, where it listens, its processes, and which authority to trust."""

    name: str
    url: str
    pids: tuple[int, ...]
    ca_file: str | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """Return the processor time of its processes so far."""
        return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in self.pids)


@dataclass(kw_only=True)
class Nginx(Server):
    """An nginx that can be asked how much it has served."""

    status: HTTPConnection = field(repr=False)
    _asked: int = 0

    def requests(self) -> int:
        """Return how many requests it has served, without those of this method."""
        self._asked += 1
        self.status.request("GET", "/")
        count = _REQUESTS.search(self.status.getresponse().read().decode())
        if count is None:
            broken("nginx does not say how much it has served")
        return int(count[1]) - self._asked


@contextmanager
def stub() -> Iterator[Server]:
    """Start the stub, answering at once."""
    document, _ = read_contract(CONTRACT)
    with StubProcess.start(StubSettings(latency="0ms"), None, document=document) as process:
        yield Server(name="stub", url=process.url, pids=(process.pid,))


@contextmanager
def nginx(*, tls: bool = False) -> Iterator[Nginx]:
    """Start an nginx with one worker, of a certificate of its own making over TLS."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("nginx", "apt-get install nginx-light")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, status_port = _free_ports(2)
        ca_file = _make_certificate(folder) if tls else None
        text = _NGINX.format(
            port=port,
            status_port=status_port,
            tls="ssl " if tls else "",
            certificate=_CERTIFICATE if tls else "",
        )
        Path(folder, "nginx.conf").write_text(text)
        process = subprocess.Popen([program, "-p", name, "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            workers = tuple(child.pid for child in psutil.Process(process.pid).children())
            yield Nginx(
                name="nginx TLS" if tls else "nginx",
                url=f"http{'s' if tls else ''}://127.0.0.1:{port}",
                pids=(process.pid, *workers),
                ca_file=ca_file,
                status=HTTPConnection("127.0.0.1", status_port, timeout=_PATIENCE_S),
            )
        finally:
            process.terminate()
            process.wait()


@dataclass(kw_only=True)
class Witness(Server):
    """A server of our own that stamps what it sees; see `witness`."""

    process: subprocess.Popen[bytes] = field(repr=False)

    def seen(self) -> Seen:
        """End it, and return what it saw."""
        return Seen.from_bytes(self.process.communicate()[0])


@contextmanager
def witness(latency: str = "0ms", seed: int = 1) -> Iterator[Witness]:
    """Start a witness that answers each request after a drawn time."""
    process = subprocess.Popen(
        [sys.executable, str(_WITNESS), latency, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    try:
        port = process.stdout.readline()
        if not port:
            broken("the witness did not start")
        yield Witness(
            name="witness", url=f"http://127.0.0.1:{int(port)}", pids=(process.pid,), process=process
        )
    finally:
        if process.poll() is None:
            process.communicate()


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _make_certificate(folder: Path) -> str:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return str(folder / "ca.pem")


def _wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return

"""Claim: one core answers at least 60,000 session starts a second with the stub, at zero latency.

wrk (one thread, 32 connections) plays the client; the contract of this project judges each body. On a machine
with few cores wrk and the stub take time from each other, so what counts is the processor time of the
stub for one answer. Beside it stands the floor: a bare uvloop protocol that writes constant bytes and
reads nothing, measured in turn with the stub. Machines are shared, so the least disturbed of three
rounds is taken. Prints a table; exits 1 when the claim does not hold, 3 when wrk is not installed
(`apt-get install wrk`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
import uvloop
import yaml

from sessionload.edges.stub.answers import session
from sessionload.edges.stub.process import StubProcess
from sessionload.plan.stub_settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = 60_000
ROUNDS = 3
SECONDS = 4
OPENAPI = Path(__file__).resolve().parent.parent / "contracts" / "openapi.yaml"
SCRIPT = """
local number = 0
wrk.method = "POST"
wrk.headers["authorization"] = "%s"
wrk.headers["content-type"] = "application/json"
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, string.format('{"userID":"bench-%%08d"}', number))
end
"""


class Row(NamedTuple):
    """Processor microseconds of the server for one answer, and the answers per second that wrk saw."""

    cost_us: float
    seen: float


def under_wrk(pid: int, url: str, script: Path) -> Row:
    """Load the server `pid` and return what it took."""
    times = psutil.Process(pid).cpu_times
    before = times()
    output = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-s", str(script), url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    after = times()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    count = re.search(r"(\d+) requests in", output)
    if "Non-2xx" in output or not rate or not count:
        sys.exit(f"the server did not answer as the contract says:\n{output}")
    used = after.user + after.system - before.user - before.system
    return Row(used / int(count[1]) * 1e6, float(rate[1]))


def stub_row(script: Path) -> Row:
    """Measure the stub."""
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    with StubProcess.start(StubSettings(), document=document) as stub:
        row = under_wrk(stub.pid, f"{stub.url}/v4/project/stub/environment/main/session", script)
        page = stub.ledger()
        if page["repeated"] or page["without_number"] or page["unauthorized"]:
            sys.exit(f"the ledger says that something else was measured: {page}")
    return row


def floor_row(script: Path) -> Row:
    """Measure the bare protocol."""
    with bare_server() as (pid, port):
        return under_wrk(pid, f"http://127.0.0.1:{port}/", script)


class Bare(asyncio.Protocol):
    """Writes the same bytes for whatever comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - it reads nothing, that is the point
        """Answer."""
        self.transport.write(ANSWER)  # type: ignore[attr-defined]


ANSWER = session(b"k" * 35)


async def serve_bare() -> None:
    """Serve until killed; print the port."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


@contextmanager
def bare_server() -> Iterator[tuple[int, int]]:
    """Yield process ID and port of the bare protocol in a process of its own."""
    with subprocess.Popen([sys.executable, __file__, "bare"], stdout=subprocess.PIPE) as process:
        try:
            yield process.pid, int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.kill()


def main() -> int:
    """Measure, print, and tell by the exit code whether the claim holds."""
    if sys.argv[1:] == ["bare"]:
        uvloop.run(serve_bare())
    if not shutil.which("wrk"):
        print("wrk is not installed: apt-get install wrk")
        return 3
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start_session.lua"
        script.write_text(SCRIPT % DEFAULT_KEY, encoding="utf-8")
        pairs = [(floor_row(script), stub_row(script)) for _ in range(ROUNDS)]
    print("| server | µs of its processor for one answer | answers/s of one whole core | seen by wrk |")
    print("|---|---|---|---|")
    for name, rows in zip(("bare uvloop", "stub"), zip(*pairs, strict=True), strict=True):
        cost, seen = min(rows)
        print(f"| {name} | {cost:.1f} | {1e6 / cost:,.0f} | {seen:,.0f} |")
    capacity = 1e6 / min(stub.cost_us for _, stub in pairs)
    print(f"claimed: {CLAIM:,}/s; {'holds' if capacity >= CLAIM else 'does not hold'}")
    return 0 if capacity >= CLAIM else 1


if __name__ == "__main__":
    sys.exit(main())

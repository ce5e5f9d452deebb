"""The tools that are compared: how each is found, what it is asked to do, and what it reports afterwards.

All start sessions as the contract says, with the same header and body. The open ones are given a constant
rate of arrivals; the closed ones send the next request when an answer is there: the most that they can.
A program is taken from the path, or from the folder `.peers` that `fetch` fills from package indexes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rig.claims import missing
from rig.runs import order, result_in, variables
from rig.servers import CONTRACT
from sessionload.config.contract_files import read_contract
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.servers import Server

HERE = Path(__file__).resolve().parents[1] / ".peers"
_ORDERS = Path(__file__).with_name("orders")
_CONNECTIONS = 50
_USERS = 20
_HEY_ANSWERS = re.compile(r"^ +\[(\d+)\]\t(\d+) responses", re.MULTILINE)
_HEY_ERRORS = re.compile(r"^ +\[(\d+)\]\t(?!\d+ responses)", re.MULTILINE)
_WRK_BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)|(?:connect|read|write|timeout) (\d+)")
_BODY = '{"userID":"bench"}'


@dataclass(frozen=True)
class Task:
    """What a tool is asked to do. `rate` is 0 for as fast as it can."""

    server: Server
    rate: int
    seconds: int
    folder: Path
    """Where the tool is started; its files go here."""

    @property
    def route(self) -> str:
        """The path of a session start."""
        document, _ = read_contract(CONTRACT)
        contract = Contract.from_document(
            document, Binding(None, "stub", "main"), file=CONTRACT.name, sha256=""
        )
        return contract.request.path()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that the tool is started with."""
        return {
            **variables(),
            "TARGET": self.server.url,
            "ROUTE": self.route,
            "URL": self.server.url + self.route,
            "RATE": str(self.rate),
            "SECONDS": str(self.seconds),
            "SUMMARY": str(self.folder / "summary.json"),
            "ARTILLERY_DISABLE_TELEMETRY": "true",
        }

    @property
    def key(self) -> str:
        """The key that the server accepts."""
        return variables()["BENCH_KEY"]


class Claimed(NamedTuple):
    """What a tool reports after its work."""

    bad: int
    """Answers that were not what they should be, by what the tool checks."""
    left_out: int = 0
    """Arrivals that were due and not sent."""
    late_ms: float | None = None
    """How late arrivals were sent at p99, if the tool knows."""


@dataclass(frozen=True)
class Peer:
    """A tool that starts sessions."""

    name: str
    checks: str
    cure: str
    """How to get it."""
    find: Callable[[], list[str] | None]
    command: Callable[[list[str], Task], list[str]]
    claimed: Callable[[Task, str], Claimed]
    """What the tool reports, from its files and from what it printed."""
    rates: tuple[int, ...] = ()
    """Rates to try from the first on until one is held; none for a closed loop."""


def installed(name: str) -> list[str] | None:
    """Return the program `name` from the path or from what was fetched; `None` if it is in neither."""
    places = os.pathsep.join((str(HERE / "k6" / "bin"), str(HERE / "npm" / "node_modules" / ".bin")))
    path = shutil.which(name) or shutil.which(name, path=places)
    return [path] if path else None


def fetch() -> None:
    """Install the tools that package indexes have into `.peers`; the others come from Debian."""
    npm = shutil.which("npm") or missing("npm", "apt-get install npm")
    HERE.mkdir(exist_ok=True)
    (HERE / ".gitignore").write_text("*\n")
    subprocess.run([sys.executable, "-m", "venv", HERE / "k6"], check=True)
    subprocess.run([HERE / "k6" / "bin" / "python", "-m", "pip", "install", "--quiet", "k6"], check=True)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", HERE / "npm", *quiet, "autocannon", "artillery"], check=True)


def _summary(task: Task) -> Any:  # noqa: ANN401 - whatever a tool wrote
    return json.loads((task.folder / "summary.json").read_text())


def _json_in(printed: str, opening: str) -> Any:  # noqa: ANN401 - whatever a tool wrote
    return json.JSONDecoder().raw_decode(printed, printed.index(opening))[0]


# Our own


def _ours(_: list[str], task: Task) -> list[str]:
    return order(task.folder, task.server, task.rate, task.seconds)


def _claimed_by_us(task: Task, _: str) -> Claimed:
    result = result_in(task.folder)
    arrivals = result["arrivals"]
    bad = arrivals["sent"] - result["outcomes"]["ok"]
    late_ms = result["latency_ms"]["lateness"]["p99"]
    return Claimed(bad, arrivals["planned"] - arrivals["sent"], late_ms)


# Open ones


def _k6(program: list[str], _: Task) -> list[str]:
    return [*program, "run", "--quiet", "--no-usage-report", str(_ORDERS / "start_session.js")]


def _claimed_by_k6(task: Task, _: str) -> Claimed:
    metrics = _summary(task)
    dropped = metrics.get("dropped_iterations", {}).get("values", {}).get("count", 0)
    return Claimed(metrics["checks"]["values"]["fails"], dropped)


def _artillery(program: list[str], task: Task) -> list[str]:
    summary = str(task.folder / "summary.json")
    return [*program, "run", "--quiet", "--output", summary, str(_ORDERS / "start_session.yaml")]


def _claimed_by_artillery(task: Task, _: str) -> Claimed:
    counters = _summary(task)["aggregate"]["counters"]
    failed = counters.get("vusers.failed", 0) + counters.get("plugins.expect.failed", 0)
    return Claimed(failed, max(0, task.rate * task.seconds - counters.get("http.requests", 0)))


# Closed ones


def _fast_http_user(program: list[str], task: Task) -> list[str]:
    load = ["--users", str(_USERS), "--spawn-rate", str(_USERS), "--run-time", f"{task.seconds}s"]
    options = ["--headless", "--only-summary", "--json", "--loglevel", "ERROR"]
    return [*program, "-f", str(_ORDERS / "fast_http_user.py"), "--host", task.server.url, *options, *load]


def _claimed_by_locust(_: Task, printed: str) -> Claimed:
    return Claimed(sum(entry["num_failures"] for entry in _json_in(printed, "[")))


def _hey(program: list[str], task: Task) -> list[str]:
    load = ["-z", f"{task.seconds}s", "-c", str(_CONNECTIONS), "-cpus", "1"]
    request = ["-m", "POST", "-T", "application/json", "-H", f"authorization: {task.key}", "-d", _BODY]
    return [*program, *load, *request, task.variables["URL"]]


def _claimed_by_hey(_: Task, printed: str) -> Claimed:
    others = sum(int(count) for status, count in _HEY_ANSWERS.findall(printed) if status != "200")
    return Claimed(others + sum(map(int, _HEY_ERRORS.findall(printed))))


def _wrk(program: list[str], task: Task) -> list[str]:
    load = ["-t", "1", "-c", str(_CONNECTIONS), "-d", f"{task.seconds}s"]
    return [*program, *load, "-s", str(_ORDERS / "start_session.lua"), task.variables["URL"]]


def _claimed_by_wrk(_: Task, printed: str) -> Claimed:
    return Claimed(sum(int(number) for match in _WRK_BAD.findall(printed) for number in match if number))


def _autocannon(program: list[str], task: Task) -> list[str]:
    load = ["--json", "-c", str(_CONNECTIONS), "-d", str(task.seconds), "-m", "POST"]
    headers = ["-H", "content-type=application/json", "-H", f"authorization={task.key}"]
    return [*program, *load, *headers, "-b", _BODY, task.variables["URL"]]


def _claimed_by_autocannon(_: Task, printed: str) -> Claimed:
    summary = _json_in(printed, "{")
    return Claimed(summary["non2xx"] + summary["errors"] + summary["timeouts"])


_FETCH = "python benchmarks/peers.py fetch"
_CHECKED = "status, key"

OURS = Peer(
    "sessionload",
    "contract",
    "make setup",
    lambda: [sys.executable],
    _ours,
    _claimed_by_us,
    (30_000, 25_000, 20_000, 15_000, 12_000, 10_000, 8_000),
)
K6 = Peer(
    "k6",
    _CHECKED,
    _FETCH,
    lambda: installed("k6"),
    _k6,
    _claimed_by_k6,
    (8_000, 7_000, 6_000, 5_000, 4_000, 3_000, 2_000, 1_500, 1_000),
)
FAST_HTTP_USER = Peer(
    "FastHttpUser",
    "jsonschema",
    "make setup",
    lambda: [sys.executable, "-m", "locust"],
    _fast_http_user,
    _claimed_by_locust,
)
PEERS = (
    OURS,
    K6,
    FAST_HTTP_USER,
    Peer("hey", "none", "apt-get install hey", lambda: installed("hey"), _hey, _claimed_by_hey),
    Peer("wrk", "status", "apt-get install wrk", lambda: installed("wrk"), _wrk, _claimed_by_wrk),
    Peer(
        "autocannon", "status", _FETCH, lambda: installed("autocannon"), _autocannon, _claimed_by_autocannon
    ),
    Peer(
        "artillery",
        _CHECKED,
        _FETCH,
        lambda: installed("artillery"),
        _artillery,
        _claimed_by_artillery,
        (2_000, 1_500, 1_000, 700, 500, 300, 200),
    ),
)

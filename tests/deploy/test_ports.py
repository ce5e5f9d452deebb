"""What docs/scale.md says of ports: they bound new connections by the address, and more addresses give more.

In a network of its own with few ports, none of which can be had again within a minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from container import Container
from world import ROOT

from sessionload.stub.settings import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORTS = 400
NETWORK = f"""
ip link set lo up
echo 40000 {40000 + PORTS - 1} > /proc/sys/net/ipv4/ip_local_port_range
echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse
echo ready
exec sleep 600
"""
STUB = """
import sys
from pathlib import Path
from sessionload.config.contract_files import read_contract
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
document, _ = read_contract(Path(sys.argv[1]))
with StubProcess.start(StubSettings(latency="1ms", host=sys.argv[2], port=8080), document=document) as stub:
    print(stub.url, flush=True)
    sys.stdin.read()
"""
ENVIRONMENTS = """\
here: {url: 'http://localhost:8080', project: stub, environment: main, api_key: '${PORTS_KEY}'}
"""
SCENARIO = """\
name: ports
environment: here
users: {id: "ports-{n}"}
load:
  stages: [{name: steady, rate: 50/s, duration: 12s}]
  connections: per_session
  max_lag: 5s
targets: [error_rate < 1%]
"""


@pytest.fixture
def network() -> Iterator[int]:
    """The process that holds a network in which two stubs serve two addresses."""
    holder = subprocess.Popen(["unshare", "--net", "sh", "-euc", NETWORK], stdout=subprocess.PIPE, text=True)
    started = [holder]
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        for address in ("127.0.0.1", "127.0.0.2"):
            command = [sys.executable, "-c", STUB, str(ROOT / "contracts" / "openapi.yaml"), address]
            stub = subprocess.Popen(
                ["nsenter", f"--net=/proc/{holder.pid}/ns/net", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.append(stub)
            assert stub.stdout is not None
            assert stub.stdout.readline() == f"http://{address}:8080\n"
        yield holder.pid
    finally:
        for process in reversed(started):
            process.kill()
            process.communicate()


@pytest.mark.long
@pytest.mark.needs("containers", "namespaces")
@pytest.mark.parametrize(("addresses", "code", "causes"), [(1, 3, ["generator/ports"]), (2, 0, [])])
def test_two_addresses_of_a_host_take_twice_the_connections(
    network: int, tmp_path: Path, addresses: int, code: int, causes: list[str]
) -> None:
    tree, out, hosts = tmp_path / "tree", tmp_path / "out", tmp_path / "hosts"
    for folder in (tree, out):
        folder.mkdir()
    (tree / "environments.yaml").write_text(ENVIRONMENTS)
    (tree / "ports.yaml").write_text(SCENARIO)
    hosts.write_text("".join(f"127.0.0.{number} localhost\n" for number in range(1, addresses + 1)))
    container = Container(
        readable={"/tree": tree, "/etc/hosts": hosts, "/contracts": ROOT / "contracts"},
        writable={"/out": out},
        folder="/tree",
        variables={"PORTS_KEY": DEFAULT_KEY},
        network=network,
    )
    arguments = ("run", "ports.yaml", "--contract", "/contracts/openapi.yaml", "--out", "/out/run", "--quiet")
    process = container.start("sessionload", *arguments, roots=tmp_path)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == code, printed
    result = json.loads((out / "run" / "result.json").read_text())
    assert [finding["cause"] for finding in result["findings"]] == causes
    opened = result["generator"]["addresses"]
    assert len(opened) == addresses
    assert all(count < PORTS * 1.05 for count in opened.values())  # a few are closed by the server first
    assert result["outcomes"]["ok"] == min(600, sum(opened.values()))

"""What the tests with several machines rest on: addresses of their own, cables that can be cut, one clock."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from machines import Network, ip

pytestmark = pytest.mark.needs("namespaces")

LISTEN = """\
import socket, sys, time
server = socket.create_server((sys.argv[1], 4000))
print("ready", flush=True)
while True:
    server.accept()[0].sendall(b"%d" % time.monotonic_ns())
"""
ASK = """\
import socket, sys
try:
    print(socket.create_connection((sys.argv[1], 4000), 1).recv(99).decode())
except TimeoutError:
    print("silence")
"""


def test_machines_reach_each_other_until_a_cable_is_cut_and_when_it_is_healed() -> None:
    with Network("here", "there") as network:
        here, there = network["here"], network["there"]
        command = there.command(sys.executable, "-c", LISTEN, there.address)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            assert there.processes() == [server.pid]

            def ask() -> str:
                asking = here.command(sys.executable, "-c", ASK, there.address)
                return subprocess.run(asking, check=True, capture_output=True, text=True).stdout.strip()

            before_ns = time.monotonic_ns()
            assert before_ns < int(ask()) < time.monotonic_ns()
            there.cut()
            assert ask() == "silence"
            there.heal()
            assert int(ask()) > before_ns
            network.close()
            assert server.wait(10) == -9


def test_networks_stand_side_by_side_and_nothing_of_them_is_left() -> None:
    with Network("one") as first, Network("one") as second:
        assert first["one"].address == second["one"].address
        names = ip("netns", "list")
        assert len([line for line in names.splitlines() if line.split()[0] in first.names]) == 2
    assert not set(first.names) & set(ip("netns", "list").split())

"""Machines on one network: network namespaces of Linux with addresses of their own, on a bridge.

The bridge has a namespace of its own too, so all networks can have the same addresses, and nothing that runs
outside sees any of them. A cable is cut at the bridge: the machine keeps its address, and what it sends is
gone without an error, as if somebody had pulled the plug of the switch. Who makes one must be root.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from contextlib import suppress
from typing import Self

_NUMBERS = itertools.count()
_SUBNET = "10.77.0"


def ip(*arguments: str) -> str:
    """Run `ip` of iproute2 and return what it prints. Raises `CalledProcessError` and `FileNotFoundError`."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=30).stdout


def can_be_made() -> bool:
    """Tell whether this user may make namespaces and bridges here."""
    try:
        with Network("one"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


class Machine:
    """One machine: `address` is its place in the network."""

    def __init__(self, namespace: str, switch: str, name: str, address: str) -> None:
        self.name, self.address = name, address
        self._namespace, self._switch = namespace, switch
        self.port = f"to-{name}"
        """The bridge's end of its cable."""

    def command(self, *command: str) -> list[str]:
        """Return what runs `command` on this machine; the process that this starts is the command itself."""
        return ["ip", "netns", "exec", self._namespace, *command]

    def cut(self) -> None:
        """Pull the plug of its cable."""
        ip("-n", self._switch, "link", "set", self.port, "down")

    def heal(self) -> None:
        """Put the plug in again."""
        ip("-n", self._switch, "link", "set", self.port, "up")

    def processes(self) -> list[int]:
        """Return the IDs of the processes that run on this machine."""
        return [int(number) for number in ip("netns", "pids", self._namespace).split()]


class Network:
    """Machines by their names, from 10.77.0.1 on. Use as a context manager: all is removed on the way out."""

    def __init__(self, *names: str) -> None:
        """Make the machines. Raises as `ip` does, and leaves nothing behind then."""
        prefix = f"sessionload-{os.getpid()}-{next(_NUMBERS)}"
        self._switch = f"{prefix}-switch"
        self._namespaces = {name: f"{prefix}-{name}" for name in names}
        self.machines = {
            name: Machine(self._namespaces[name], self._switch, name, f"{_SUBNET}.{number}")
            for number, name in enumerate(names, 1)
        }
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        ip("netns", "add", self._switch)
        ip("-n", self._switch, "link", "add", "bridge", "type", "bridge", "forward_delay", "0")
        ip("-n", self._switch, "link", "set", "bridge", "up")
        for name, machine in self.machines.items():
            inside = ("-n", self._namespaces[name])
            ip("netns", "add", self._namespaces[name])
            ends = ("type", "veth", "peer", "name", "eth0", "netns", self._namespaces[name])
            ip("-n", self._switch, "link", "add", machine.port, *ends)
            ip("-n", self._switch, "link", "set", machine.port, "master", "bridge", "up")
            ip(*inside, "address", "add", f"{machine.address}/24", "dev", "eth0")
            ip(*inside, "link", "set", "eth0", "up")
            ip(*inside, "link", "set", "lo", "up")

    @property
    def names(self) -> list[str]:
        """The names of its namespaces."""
        return [*self._namespaces.values(), self._switch]

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def close(self) -> None:
        """End what still runs on the machines, and remove them."""
        for machine in self.machines.values():
            with suppress(OSError, subprocess.CalledProcessError):
                for number in machine.processes():
                    with suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
        for namespace in self.names:
            with suppress(OSError, subprocess.CalledProcessError):
                ip("netns", "delete", namespace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

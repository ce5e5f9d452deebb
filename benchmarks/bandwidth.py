"""Claim: on a connection that is kept, a session start takes less than 500 bytes each way, TLS included.

Counted are whole Ethernet frames, acknowledgements and the opening of connections among them, by a listener
at the loopback interface of a network of its own (`unshare --net`, which root may make). The user ID has at
most 10 characters, and the answer of the stub a session key of 35; what yours are longer comes on top. The
other rows show what new connections add: `per_session` opens one for each start, with a TLS session that is
taken up again or with a full handshake.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from threading import Thread

import trustme
from rig.claims import Table, begin, missing, parser_of, verdict
from rig.runs import order, result_in, variables
from rig.servers import CONTRACT, Server

from sessionload.config.contract_files import read_contract
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

MOST = 500
_INSIDE = "SESSIONLOAD_BANDWIDTH_INSIDE"
_ALL_PROTOCOLS, _OUTGOING = 3, 4
_SET_FLAGS, _UP = 0x8914, 1
_ETHERNET, _PORTS = 14, struct.Struct(">HH")
CASES = (
    ("kept, plain", False, ()),
    ("kept, TLS", True, ()),
    ("new, plain", False, ("load.connections=per_session",)),
    ("new, TLS taken up", True, ("load.connections=per_session",)),
    ("new, TLS in full", True, ("load.connections=per_session", "load.tls_resumption=false")),
)


class Listener:
    """Counts the frames to and from a port, and their bytes, until it is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.frames: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        self._socket.bind(("lo", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        self._socket.settimeout(0.5)
        self._ended = False
        self._thread = Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended:
            try:
                frame, address = self._socket.recvfrom(1 << 16)
            except TimeoutError:
                continue
            if address[2] != _OUTGOING:
                continue  # at loopback each frame comes by twice
            head = _ETHERNET + (frame[_ETHERNET] & 0xF) * 4
            source, target = _PORTS.unpack_from(frame, head)
            way = "up" if target == self._port else "down" if source == self._port else "else"
            self.frames[way] += 1
            self.bytes[way] += len(frame)

    def close(self) -> None:
        """Stop counting."""
        self._ended = True
        self._thread.join()
        self._socket.close()


def listened(rate: int, seconds: float, changes: tuple[str, ...], *, tls: bool) -> tuple[Listener, int]:
    """Return what was counted in a run against the stub, and how many sessions it started."""
    document, _ = read_contract(CONTRACT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths: dict[str, str] = {}
        if tls:
            authority = trustme.CA()
            certificate = authority.issue_cert("127.0.0.1")
            paths = {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
            certificate.private_key_and_cert_chain_pem.write_to_path(paths["cert"])
            certificate.private_key_pem.write_to_path(paths["key"])
            authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        with StubProcess.start(StubSettings(latency="5ms"), document=document, tls=paths or None) as stub:
            listener = Listener(stub.port)
            try:
                trusted = str(folder / "ca.pem") if tls else None
                server = Server(name="stub", url=stub.url, pids=(stub.pid,), ca_file=trusted)
                command = order(folder, server, rate, seconds)
                for change in changes:
                    command += ["--set", change]
                subprocess.run(
                    command, cwd=folder, env=variables(), stdout=subprocess.DEVNULL, check=True, timeout=120
                )
            finally:
                listener.close()
            return listener, result_in(folder)["arrivals"]["sent"] + 1  # and the preflight


def inside(*, quick: bool) -> int:
    """Print the table."""
    rate, seconds = (100, 1.0) if quick else (500, 10.0)
    table = Table(
        "connection", "starts", "bytes up", "bytes down", "frames up", "frames down", "claim", first=18
    )
    good = True
    for name, tls, changes in CASES:
        counted, starts = listened(rate, seconds, changes, tls=tls)
        up, down = (counted.bytes[way] / starts for way in ("up", "down"))
        claimed = not changes
        good = good and (not claimed or max(up, down) < MOST)
        table.row(
            name,
            f"{starts:,}",
            f"{up:,.0f}",
            f"{down:,.0f}",
            *(f"{counted.frames[way] / starts:.2f}" for way in ("up", "down")),
            verdict(good=max(up, down) < MOST) if claimed else "none",
        )
    return 0 if good else 1


def main() -> int:
    """Measure in a network of our own, made by starting again within it."""
    asked = begin(parser_of(__doc__))
    if _INSIDE in os.environ:
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
        return inside(quick=asked.quick)
    enter = ["unshare", "--net"]
    if subprocess.run([*enter, "true"], check=False, capture_output=True).returncode:
        missing("a network namespace", "only root can make one, with unshare of util-linux")
    return subprocess.run(
        [*enter, sys.executable, *sys.argv], env={**os.environ, _INSIDE: "1"}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())

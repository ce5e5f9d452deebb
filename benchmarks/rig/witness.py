"""A server that stamps what it sees, and can make each answer wait for a drawn time.

    python witness.py LATENCY SEED       the port on standard output; ends with its standard input

It reports what it did, not what it was asked to do. An answer may go out up to a millisecond after it was
due, because the system's wait is counted in milliseconds; the stamp is taken as the answer goes. One loop
over plain sockets serves all, so that nothing stands between a stamp and the call of the system. The
preflight is a request too; it has no number, and is answered and forgotten.
"""

from __future__ import annotations

import gc
import heapq
import re
import resource
import selectors
import socket
import sys
import time
from pathlib import Path
from random import Random

from sessionload.stub.latency import Latency

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rig.seen import Seen

_BODY = b'{"sessionKey":"witness-%012d"}'
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_BODY % 0)
_ANSWER = _HEAD + _BODY
_NOBODY = 10**12 - 1
"""The key of the preflight; no arrival has it."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_NUMBER = re.compile(rb'"bench-([0-9]+)"')
_MOST = 65_536
_IDLE_S = 0.5


class Client:
    """A connection, and the request on it that is read or waits for its answer."""

    __slots__ = ("arrived_ns", "buffer", "line", "number", "read_ns")

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.buffer = b""
        self.number = -1
        self.arrived_ns = self.read_ns = 0


class Witness:
    """Answers every request with a new key."""

    def __init__(self, latency: Latency, seed: int) -> None:
        self._latency, self._random = latency, Random(seed)  # noqa: S311 - a latency is no secret
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[int, int, Client]] = []
        self._keys = 0
        self._over = False
        self.seen = Seen()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._server.settimeout(0)
        self.port: int = self._server.getsockname()[1]
        self._selector.register(self._server, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)

    def serve(self) -> None:
        """Serve until standard input ends."""
        while not self._over:
            left_ns = self._due[0][0] - time.monotonic_ns() if self._due else _IDLE_S * 1e9
            for key, _ in self._selector.select(max(0.0, left_ns / 1e9)):
                if isinstance(key.data, Client):
                    self._read(key.data)
                elif key.fileobj is self._server:
                    self._accept()
                else:
                    self._over = True
            while self._due and self._due[0][0] <= time.monotonic_ns():
                self._answer(heapq.heappop(self._due)[2])

    def _accept(self) -> None:
        try:
            line, _ = self._server.accept()
        except OSError:  # it has gone again
            return
        line.settimeout(0)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(line, selectors.EVENT_READ, Client(line))

    def _read(self, client: Client) -> None:
        try:
            data = client.line.recv(_MOST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now_ns = time.monotonic_ns()
        if not data:
            self._selector.unregister(client.line)
            client.line.close()
            return
        if not client.buffer:
            client.arrived_ns = now_ns
        client.buffer += data
        head, end, body = client.buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and len(body) >= int(length[1] if length else 0):
            number = _NUMBER.search(body)
            client.number = int(number[1]) if number else -1
            client.buffer = b""
            client.read_ns = now_ns
            wait_ns = int(self._latency.sample(self._random) * 1e9)
            if wait_ns:
                heapq.heappush(self._due, (now_ns + wait_ns, self._keys, client))
                self._keys += 1
            else:
                self._answer(client)

    def _answer(self, client: Client) -> None:
        answer = _ANSWER % (len(self.seen.numbers) if client.number >= 0 else _NOBODY)
        waited_ns = time.monotonic_ns() - client.read_ns
        try:
            client.line.send(answer)
        except OSError:  # it has gone without its answer
            return
        if client.number >= 0:
            self.seen.numbers.append(client.number)
            self.seen.arrived.append(client.arrived_ns)
            self.seen.waited.append(waited_ns)


def main() -> int:
    """Serve, then write what was seen to standard output."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    witness = Witness(Latency.parse(sys.argv[1]), int(sys.argv[2]))
    print(witness.port, flush=True)
    gc.freeze()
    gc.disable()
    witness.serve()
    sys.stdout.buffer.write(witness.seen.to_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())

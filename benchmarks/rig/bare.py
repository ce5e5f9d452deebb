"""What the system itself takes for an exchange, and what it does to whoever wants to be on time.

    python benchmarks/rig/bare.py exchanges PORT     microseconds of processor time for an exchange, printed
    python benchmarks/rig/bare.py looks SECONDS      how long looks at the clock were apart, printed

Idea: the same bytes by nothing but `send`, `recv` and `epoll` are what no generator in Python can go below on
this machine; and a loop that does nothing but look at the clock is as punctual as the machine allows. Trap:
both must run where the generator runs, and right before or after it: machines change within a minute.
"""

from __future__ import annotations

import gc
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rig.cores import on_generator_core

_CONNECTIONS = 20
_EXCHANGES = 60_000
_WORTH_NS = 100_000
"""A look takes less than a microsecond: what is this far from the one before it was held up."""
_REQUEST = (
    b"POST /v4/project/stub/environment/main/session HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    b"authorization: stub-key-of-as-many-letters-as-a-real-one\r\nuser-agent: bare system calls\r\n"
    b"content-type: application/json\r\naccept: application/json\r\naccept-encoding: identity\r\n"
    b'content-length: 26\r\n\r\n{"userID":"bench-1234567"}'
)


def exchange_us(port: int) -> float:
    """Return the processor microseconds of an exchange by bare system calls, on the generator's processor."""
    return float(_asked("exchanges", str(port)))


def lost(seconds: float) -> tuple[float, float, float]:
    """Return what the machine takes from a loop on the generator's processor.

    The share of time, how late an arrival at a random instant would be at p99, and the longest time, the last
    two in milliseconds.
    """
    gaps = sorted(int(word) for word in _asked("looks", str(seconds)).split())
    share = sum(gaps) / 1e9 / seconds
    return share, _late_ns(gaps, 0.01 * seconds * 1e9) / 1e6, max(gaps, default=0) / 1e6


def _late_ns(gaps: list[int], outside_ns: float) -> float:
    """Return the lateness that instants of `outside_ns` in all exceed: each waits for its gap to end."""
    low, high = 0.0, float(max(gaps, default=0))
    for _ in range(40):
        middle = (low + high) / 2
        beyond = sum(gap - middle for gap in gaps if gap > middle)
        low, high = (middle, high) if beyond > outside_ns else (low, middle)
    return high


def _asked(*words: str) -> str:
    with on_generator_core():
        done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    return done.stdout


def _exchange(port: int) -> None:
    waiting = select.epoll()
    lines = {}
    for _ in range(_CONNECTIONS):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)  # noqa: FBT003 - its only argument
        waiting.register(line.fileno(), select.EPOLLIN)
        lines[line.fileno()] = line
    buffer = bytearray(16_384)
    began_ns, done = time.process_time_ns(), 0
    for line in lines.values():
        line.send(_REQUEST)
    while done < _EXCHANGES:
        for number, _ in waiting.poll():
            lines[number].recv_into(buffer)
            lines[number].send(_REQUEST)
            done += 1
    print((time.process_time_ns() - began_ns) / 1000 / done)


def _look(seconds: float) -> None:
    gaps = []
    last = time.monotonic_ns()
    end = last + int(seconds * 1e9)
    while last < end:
        now = time.monotonic_ns()
        if now - last > _WORTH_NS:
            gaps.append(now - last)
        last = now
    print(*gaps)


if __name__ == "__main__":
    gc.disable()
    if sys.argv[1] == "exchanges":
        _exchange(int(sys.argv[2]))
    else:
        _look(float(sys.argv[2]))

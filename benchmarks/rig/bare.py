"""What the machine itself takes for an exchange, and how punctual it is.

    python benchmarks/rig/bare.py exchanges PORT COUNT    prints processor microseconds for an exchange
    python benchmarks/rig/bare.py sleeps SECONDS          prints how late each of a thousand sleeps is

The same bytes by nothing but `send`, `recv` and `epoll` are the least that any generator in Python can take
on this machine, and no generator is more punctual than a loop that only sleeps until the next millisecond.
Both must run on the generator's processor and right before or after it: machines change within a minute.
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
EXCHANGES = 60_000
_PERIOD_NS = 1_000_000
_REQUEST = (
    b"POST /v4/project/stub/environment/main/session HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    b"authorization: stub-key-of-as-many-letters-as-a-real-one\r\nuser-agent: bare system calls\r\n"
    b"content-type: application/json\r\naccept: application/json\r\naccept-encoding: identity\r\n"
    b'content-length: 26\r\n\r\n{"userID":"bench-1234567"}'
)


def exchange_us(port: int, count: int = EXCHANGES) -> float:
    """Return the processor microseconds of an exchange by bare system calls, on the generator's processor."""
    return float(_in_process("exchanges", str(port), str(count)))


def sleeps_late_ns(seconds: float) -> list[int]:
    """Return how late each sleep of a loop ended that does nothing else, on the generator's processor."""
    return [int(word) for word in _in_process("sleeps", str(seconds)).split()]


def _in_process(*arguments: str) -> str:
    with on_generator_core():
        done = subprocess.run(
            [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
        )
    return done.stdout


def _exchange(port: int, count: int) -> None:
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
    while done < count:
        for number, _ in waiting.poll():
            lines[number].recv_into(buffer)
            lines[number].send(_REQUEST)
            done += 1
    print((time.process_time_ns() - began_ns) / 1000 / done)


def _sleep(seconds: float) -> None:
    late = []
    due = time.monotonic_ns() + _PERIOD_NS
    for _ in range(int(seconds * 1e9) // _PERIOD_NS):
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        late.append(time.monotonic_ns() - due)
        due += _PERIOD_NS
    print(*late)


if __name__ == "__main__":
    gc.disable()
    if sys.argv[1] == "exchanges":
        _exchange(int(sys.argv[2]), int(sys.argv[3]))
    else:
        _sleep(float(sys.argv[2]))

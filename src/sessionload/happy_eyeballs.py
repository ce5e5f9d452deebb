"""Connecting to a host that has several addresses, as RFC 8305 ("Happy Eyeballs") asks.

The addresses are tried in order. One that has not answered within 250 ms does not hold the next one up:
both go on, and the first to connect is taken. One that refuses gives way at once. How long all of it may
take is for the caller to bound: `wait` raises when the time is up.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Wait = Callable[[Sequence[int], float | None], Sequence[int]]
    """Returns those descriptors that are writable, or none after so many seconds."""

Address = tuple[int, tuple[str, int]]
"""An address family, and host and port."""

ATTEMPT_DELAY_S = 0.25
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})


@dataclass
class Connected:
    """A connection that does not block, its address, and the addresses that were tried in vain before it."""

    socket: socket.socket
    address: Address
    passed_over: list[Address] = field(default_factory=list)


def addresses_of(resolved: Iterable[tuple[int, int, int, str, tuple[Any, ...]]]) -> list[Address]:
    """Return what `getaddrinfo` found, its families by turns (RFC 8305, section 4), nothing twice."""
    by_family: dict[int, list[Address]] = {}
    for family, _, _, _, address in resolved:
        by_family.setdefault(family, []).append((family, (address[0], address[1])))
    return list(dict.fromkeys(each for each in chain(*zip_longest(*by_family.values())) if each is not None))


def connect(addresses: Sequence[Address], wait: Wait, make: Callable[..., socket.socket]) -> Connected:
    """Connect to the first of `addresses` that lets us in. `make(family, type)` makes a socket.

    Raises OSError: that of the last address that failed.
    """
    attempts = _Attempts(make)
    try:
        left = deque(addresses)
        while left:
            attempts.begin(left.popleft())
            until = time.monotonic() + ATTEMPT_DELAY_S
            while attempts.connected is None and attempts.pending:
                rest_s = until - time.monotonic() if left else None
                if rest_s is not None and rest_s <= 0:
                    break
                if attempts.settle(wait(list(attempts.pending), rest_s)) and left:
                    break  # one has failed: the next begins at once
            if attempts.connected is not None:
                return attempts.connected
        raise attempts.failure
    finally:
        attempts.abandon()


class _Attempts:
    """The attempts that are under way."""

    def __init__(self, make: Callable[..., socket.socket]) -> None:
        self._make = make
        self.pending: dict[int, tuple[socket.socket, Address]] = {}
        self.connected: Connected | None = None
        self.failure = OSError(errno.EHOSTUNREACH, "the name has no address")
        self._begun: list[Address] = []

    def begin(self, address: Address) -> None:
        """Begin to connect to an address. Raises OSError when no socket can be made."""
        family, target = address
        attempt = self._make(family, socket.SOCK_STREAM)
        attempt.settimeout(0.0)
        self.pending[attempt.fileno()] = (attempt, address)
        self._begun.append(address)
        code = attempt.connect_ex(target)
        if code not in _UNDER_WAY:
            self._end(attempt.fileno(), code)

    def settle(self, writable: Iterable[int]) -> bool:
        """Look at attempts that have ended, and tell whether one of them has failed."""
        codes = {fd: self.pending[fd][0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for fd in writable}
        for fd, code in sorted(codes.items(), key=lambda item: item[1] != 0):
            if self.connected is None:
                self._end(fd, code)
        return self.connected is None and any(codes.values())

    def _end(self, fd: int, code: int) -> None:
        attempt, address = self.pending.pop(fd)
        if code:
            self.failure = OSError(code, os.strerror(code))
            attempt.close()
        else:
            passed_over = [each for each in self._begun if each != address]
            self.connected = Connected(attempt, address, passed_over)

    def abandon(self) -> None:
        """Close what has not connected."""
        for attempt, _ in self.pending.values():
            attempt.close()
        self.pending.clear()

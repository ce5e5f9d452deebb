"""The addresses of the server's name: looked up seldom, used in turn, and counted.

A name is looked up before the load, and again when no address lets a connection in, but at most once a
second and once at a time, however many connections fail; a look-up that fails leaves the old addresses.
Connections begin with one address after the other, or all with the first. An address that failed, or was
overtaken by another, is tried last for ten seconds, so that a dead one does not slow down every connection.
"""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from typing import TYPE_CHECKING

import gevent
from gevent import select, socket

from sessionload import happy_eyeballs
from sessionload.happy_eyeballs import Address, addresses_of
from sessionload.metrics.generator_health import MAX_ADDRESSES, OTHER_ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK_UP_GAP_S = 1.0
_LAST_FOR_S = 10.0


class Addresses:
    """Where connections to one host go."""

    def __init__(self, host: str, port: int, *, in_turn: bool) -> None:
        """`in_turn` lets connections begin with one address after the other, and not all with the first."""
        self._host, self._port = host, port
        self._in_turn = in_turn
        self._known: list[Address] = []
        self._failed_at: dict[Address, float] = {}
        self._turn = 0
        self._stale = True
        self._looked_up_at = -_LOOK_UP_GAP_S
        self._look_up: gevent.Greenlet | None = None
        self._error: OSError = OSError(errno.EHOSTUNREACH, "the name has no address")
        self.used: Counter[str] = Counter()
        """How many connections were opened to each address."""

    def resolve(self) -> None:
        """Look the host up, so that the first connections need not. Raises OSError when it has no address."""
        self._refresh()
        if not self._known:
            if self._look_up is not None:
                self._look_up.join()
            if not self._known:
                # A new one each time: an exception that is raised again grows by a traceback.
                raise type(self._error)(*self._error.args)

    def connect(self) -> socket.socket:
        """Return a connection that does not block. Raises OSError when no address lets us in."""
        self.resolve()
        try:
            connected = happy_eyeballs.connect(self._order(), _wait, socket.socket)
        except OSError:
            self._stale = True
            raise
        now = time.monotonic()
        for address in connected.passed_over:
            self._failed_at[address] = now
        self._failed_at.pop(connected.address, None)
        self._count(connected.address[1][0])
        return connected.socket

    def _count(self, host: str) -> None:
        known = host in self.used or len(self.used) < MAX_ADDRESSES
        self.used[host if known else OTHER_ADDRESSES] += 1

    def _order(self) -> list[Address]:
        start = self._turn % len(self._known) if self._in_turn else 0
        self._turn += 1
        order = self._known[start:] + self._known[:start]
        if self._failed_at:
            recently = time.monotonic() - _LAST_FOR_S
            order.sort(key=lambda address: self._failed_at.get(address, recently) > recently)
        return order

    def _refresh(self) -> None:
        """Look up again what is stale, in a greenlet of its own: the deadline of a user does not end it."""
        due = time.monotonic() >= self._looked_up_at + _LOOK_UP_GAP_S
        if self._stale and due and self._look_up is None:
            self._look_up = gevent.spawn(self._resolve)

    def _resolve(self) -> None:
        try:
            known = addresses_of(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
        except OSError as error:
            self._error = _lack_of_descriptors() or error.with_traceback(None)
        else:
            self._stale = False
            if known:
                self._known = known
                self._failed_at = {each: at for each, at in self._failed_at.items() if each in known}
        finally:
            self._looked_up_at = time.monotonic()
            self._look_up = None


def _lack_of_descriptors() -> OSError | None:
    """Return the error of a process that can open nothing more: a resolver calls it an unknown name."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error
    return None


def _wait(fds: Sequence[int], seconds: float | None) -> Sequence[int]:
    if len(fds) == 1 and seconds is None:
        socket.wait_write(fds[0])
        return fds
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLOUT)
    return [fd for fd, _ in poll.poll(None if seconds is None else seconds * 1000)]

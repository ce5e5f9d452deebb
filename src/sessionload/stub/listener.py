"""Accepts connections for a stub that may run out of descriptors, and waits while it is out of them.

What is not accepted stays in the queue of the operating system, as it does at a busy server. A server of
uvloop closes a new connection instead, which looks to a client like a server that resets it. It accepts in
half the time, though, so it serves where descriptors are ample.
"""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import socket
    import ssl
    from collections.abc import Callable

AMPLE = 1 << 14
"""With as many descriptors a stub does not run out: a run has at most 10,000 connections."""
BACKLOG = 4_096
_AT_ONCE = 64
"""How many connections are accepted before others are served."""
_PAUSE_SECONDS = 0.02
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Listener:
    """Accepts connections of `sock`, which is bound, for protocols that `make_protocol` makes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._make_protocol = make_protocol
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned = False

    def start(self) -> None:
        """Accept connections from now on. Raises `OSError` when `sock` cannot listen."""
        self._sock.listen(BACKLOG)
        self._sock.setblocking(False)  # noqa: FBT003 -- as it is there
        self._resume()

    def _resume(self) -> None:
        self._loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = self._sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                self._pause(error)
                return
            connection.setblocking(False)  # noqa: FBT003 -- as it is there
            task = self._loop.create_task(self._connect(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connection, ssl=self._context)
        except OSError:
            connection.close()  # the client is gone, or TLS failed

    def _pause(self, error: OSError) -> None:
        self._loop.remove_reader(self._sock)
        self._loop.call_later(_PAUSE_SECONDS, self._resume)
        if not self._warned:
            self._warned = True
            sys.stderr.write(f"warning: the stub cannot accept a connection ({error.strerror}); it waits\n")
            sys.stderr.flush()

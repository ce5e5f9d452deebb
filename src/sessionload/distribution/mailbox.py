"""What workers say to the master, in the order in which it came, each with the instant of its arrival."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from gevent.queue import Empty, Queue

from sessionload.distribution.channel import Channel
from sessionload.distribution.messages import FROM_WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locust.runners import MasterRunner

    from sessionload.distribution.messages import Message

_TICK_S = 0.1


class Said(NamedTuple):
    """A message, the worker that sent it by its name among Locust's workers, and when it came."""

    node: str
    message: Message
    at_ns: int
    """Monotonic, of this machine."""


class Mailbox:
    """The master's side of all channels: what comes is kept until it is asked for."""

    def __init__(self, runner: MasterRunner) -> None:
        self._said: Queue[Said] = Queue()
        self._channel = Channel(runner, FROM_WORKERS, self._take)

    def _take(self, node: str, message: Message) -> None:
        self._said.put(Said(node, message, time.monotonic_ns()))

    def heard(self) -> Iterator[Said]:
        """Yield what was said. Wait for the first, but not for long: there is more to look after."""
        try:
            yield self._said.get(timeout=_TICK_S)
        except Empty:
            return
        while not self._said.empty():
            yield self._said.get()

    def send(self, node: str, message: Message) -> None:
        """Send a message to one worker. Nobody knows whether it arrives."""
        self._channel.send(message, node)

"""Locust's worker, which waits for its master as long as it is told to, and knows why it waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from locust import __version__
from locust.rpc import Message
from locust.runners import WorkerRunner

from sessionload.distribution.secure_sockets import KEY_REFUSED, secure_worker

if TYPE_CHECKING:
    from locust.env import Environment

    from sessionload.distribution.curve_keys import CurveKeys

_KNOCK_EVERY_S = 5.0
_TICK_S = 0.1


class MasterAbsentError(Exception):
    """There was no master in the time; the text says what was there instead, if anything was."""


class KeyRefusedError(Exception):
    """There is a master, and it does not know our key. To try again is of no use."""


class PatientRunner(WorkerRunner):  # type: ignore[misc]  # Locust has no types
    """A worker that has a master when it is made."""

    def __init__(
        self, environment: Environment, host: str, port: int, keys: CurveKeys | None, wait_s: float
    ) -> None:
        """Connect within `wait_s` seconds. Raises `MasterAbsentError` and `KeyRefusedError`."""
        self._until_s = time.monotonic() + wait_s
        self._fault = ""
        secure_worker(keys, self._failed)
        super().__init__(environment, host, port)
        environment.runner = self

    def _failed(self, why: str) -> None:
        self._fault = why

    def connect_to_master(self) -> None:
        """Say that we are there until the master answers."""
        knocked_s = 0.0
        while not self.connection_event.wait(_TICK_S):
            now_s = time.monotonic()
            if self._fault == KEY_REFUSED:
                raise KeyRefusedError(self._fault)
            if now_s > self._until_s:
                raise MasterAbsentError(self._fault)
            if now_s - knocked_s > _KNOCK_EVERY_S:
                knocked_s = now_s
                self.client.send(Message("client_ready", __version__, self.client_id))
        self.connected = True

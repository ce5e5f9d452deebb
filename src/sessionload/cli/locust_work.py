"""What a worker of Locust's command does: it takes part in one run of its master after another.

A worker with a scenario of its own has its own files, and the master's have to be the same; one without
takes the master's. It ends when its master does, when it cannot take part, and at a signal: before the load
at once, under load when others perform what it had. Processes that Locust forked leave signals to their
master.
"""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event

from sessionload.cli.console import defect, warn
from sessionload.distribution.no_part import NoPartError
from sessionload.distribution.worker import Worker

if TYPE_CHECKING:
    from locust.env import Environment as LocustEnvironment

    from sessionload.distribution.digests import Digests

_PAUSE_S = 2.0
"""A worker that has no part in a run asks again after this time: there may be another one."""
_GONE_AFTER_S = 60.0
"""A master that has answered no heartbeat for so long is gone for good."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
_NO_RUN = 3


class LocustWork:
    """The work of this process for Locust's master."""

    def __init__(self, environment: LocustEnvironment, files: Digests | None) -> None:
        """Work with the runner of `environment`; `files` are the digests of own files, if there are any."""
        self._environment, self._runner = environment, environment.runner
        self._forked = bool(environment.parsed_options.processes)
        host = "" if self._forked else socket.gethostname()[:100]
        self._worker = Worker(self._runner, host=host, tell=warn, files=files)
        self._leaving = False
        self._ended = Event()
        self._heard_s = time.monotonic()
        environment.events.heartbeat_received.add_listener(self._hear)
        environment.events.quitting.add_listener(self._wait)

    def begin(self) -> None:
        """Begin to work, beside what Locust does."""
        gevent.spawn(self._work)
        gevent.spawn(self._watch)
        for number in _ENDING:
            gevent.signal_handler(number, self._leave, number)

    def _work(self) -> None:
        while True:
            try:
                self._worker.run(float("inf"))
                self._environment.process_exit_code = self._environment.process_exit_code or 0
            except NoPartError as fault:
                warn(f"error: {fault}")
                self._environment.process_exit_code = fault.exit_code
                if fault.exit_code != _NO_RUN:
                    break
                gevent.sleep(_PAUSE_S)
            except Exception:  # noqa: BLE001 -- a defect must not look like a worker that is there
                self._environment.process_exit_code = defect()
                break
            if self._leaving:
                break
        self._end()

    def _leave(self, number: int) -> None:
        busy = self._worker.leave() if not self._forked and not self._leaving else self._worker.busy
        if self._forked and busy:
            return  # the master drains, and says when
        again, self._leaving = self._leaving, True
        self._environment.process_exit_code = 128 + number
        if again or not busy:
            self._end()

    def _hear(self, **_: Any) -> None:  # noqa: ANN401 -- Locust passes more
        self._heard_s = time.monotonic()

    def _watch(self) -> None:
        while time.monotonic() - self._heard_s < _GONE_AFTER_S:
            gevent.sleep(1)
        warn("error: the master does not say anything any more")
        self._environment.process_exit_code = self._environment.process_exit_code or _NO_RUN
        self._end()

    def _wait(self, **_: Any) -> None:  # noqa: ANN401
        """Do not let Locust end while there is load: at a SIGTERM it would."""
        if self._worker.busy:
            self._ended.wait()

    def _end(self) -> None:
        self._ended.set()
        self._runner.quit()

"""The load of one run under Locust's command, where the process itself sends it.

Locust starts and stops the users; the engine says how many there are, and what each of them does. A run with
workers has another load, with the same methods: see `locust_dealt_load`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import gevent
from gevent.event import Event

from sessionload.generator.engine import DELTA_EVERY_S
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.generator.turn_engine import engine_of, most_connections
from sessionload.process_limits import allow_connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import LocalRunner

    from sessionload.config.run_spec import RunSpec
    from sessionload.metrics.delta import Delta
    from sessionload.metrics.worker_events import WorkerEvent

    Take = Callable[[Delta | WorkerEvent], object]


class Load(Protocol):
    """Performs a plan, once."""

    workers: int
    """How many report what they measure."""

    def gather(self) -> None:
        """Wait until all that is needed is there. Raises `SessionloadError` if it will not be."""

    def perform(self, take: Take) -> bool:
        """Send what is planned and wait until it has ended; return whether there was any load.

        `take` gets what was measured, as it comes.
        """

    def stop_users(self) -> None:
        """Let Locust stop its users, none of whom is busy any more."""

    def close(self, take: Take) -> None:
        """Give `take` what was not reported yet, now that every user has ended."""

    def stop(self, grace_s: float | None = None) -> None:
        """Send nothing more; what is in flight may end, within so many seconds if that is said."""

    def cut(self) -> None:
        """Do not wait for what is in flight either."""


class OwnLoad:
    """The load that this process sends, with the users of Locust's local runner."""

    workers = 1

    def __init__(
        self, spec: RunSpec, runner: LocalRunner, start_locust: Callable[[int, int], object]
    ) -> None:
        """Prepare the load of a run; `start_locust` is the start method of the runner, before it was ours."""
        allow_connections(most_connections(spec))
        SessionUser.engine = self._engine = engine_of(spec)
        self._runner, self._start_locust = runner, start_locust
        self._ended = Event()
        self.stop, self.cut = self._engine.stop, self._engine.cut

    def gather(self) -> None:
        """Do nothing: all is here."""

    def perform(self, take: Take) -> bool:
        """Start Locust's test, and perform the plan."""
        self._start_locust(1, 1)
        self._runner.spawning_greenlet.join()
        reporter = gevent.spawn(self._report_often, take)
        try:
            self._engine.run(start_users_of(self._runner))
        finally:
            self._ended.set()
            reporter.get()  # the delta that it takes must be whole, and its defect is ours
        return True

    def _report_often(self, take: Take) -> None:
        try:
            while not self._ended.wait(DELTA_EVERY_S):
                if self._engine.begun:
                    take(self._engine.delta().packed())
        except BaseException:
            self._engine.cut()  # no target could end this run any more
            raise

    def stop_users(self) -> None:
        """Let Locust stop its users."""
        self._runner.stop()

    def close(self, take: Take) -> None:
        """Report the last delta: users that were cut have recorded it."""
        take(self._engine.delta(last=True).packed())

"""The load of one run under Locust's command, where its workers send it and its master deals.

It is coordinated here as `sessionload run --expect-workers` does it, in the process of Locust's master and
over the connections that Locust's workers have with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from sessionload.cli.console import warn
from sessionload.cli.worker_news import waiting_sentence
from sessionload.distribution.coordinator import Coordinator
from sessionload.distribution.gathering import Gathered, NoRun, Waiting
from sessionload.distribution.messages import Cut, Stop
from sessionload.metrics.raw import read_line

if TYPE_CHECKING:
    from locust.runners import MasterRunner

    from sessionload.cli.locust_load import Take
    from sessionload.cli.setup_run import PreparedRun
    from sessionload.distribution.coordinator import Wanted
    from sessionload.distribution.gathering import Step
    from sessionload.distribution.mailbox import Mailbox

_RUNNING = "running"


class DealtLoad:
    """The load that Locust's workers send."""

    def __init__(self, prepared: PreparedRun, runner: MasterRunner, mailbox: Mailbox, wanted: Wanted) -> None:
        """Prepare the load of a run by so many workers; nobody is asked yet."""
        self.workers = wanted.workers
        self._runner, self._wanted = runner, wanted
        self._take: Take = lambda _: None
        self._coordinator = Coordinator(mailbox, self._hear, prepared.inputs, prepared.spec)
        self._coordination: gevent.Greenlet | None = None
        self._gathered = Event()
        self._no_run: NoRun | None = None

    def gather(self) -> None:
        """Wait until all workers are ready. Raises `SessionloadError` if they will not be."""
        self._coordination = gevent.spawn(self._coordinator.run, self._wanted, self._show)
        self._coordination.link(lambda _: self._gathered.set())
        self._gathered.wait()
        if self._no_run is not None:
            raise self._no_run.error()

    def _show(self, step: Step) -> None:
        if isinstance(step, Waiting):
            warn(waiting_sentence(step))
        elif isinstance(step, NoRun):
            self._no_run = step
        elif isinstance(step, Gathered):
            self._gathered.set()

    def perform(self, take: Take) -> bool:
        """Let the load begin, and follow it to its end; return whether there was one."""
        assert self._coordination is not None  # noqa: S101 - workers were gathered
        self._take = take
        environment = self._runner.environment
        self._runner.stats.clear_all()
        environment.events.test_start.fire(environment=environment)
        self._runner.update_state(_RUNNING)
        self._coordinator.begin()
        try:
            return bool(self._coordination.get())
        finally:
            self.cut()  # after a defect nobody would follow what the workers go on with

    def _hear(self, line: bytes) -> None:
        self._take(read_line(line))

    def stop_users(self) -> None:
        """Let Locust end its test; its workers have stopped their users already."""
        self._runner.stop(send_stop_to_client=False)

    def close(self, take: Take) -> None:
        """Do nothing: each worker has sent its last delta, or is lost."""

    def stop(self, grace_s: float | None = None) -> None:
        """Let all workers send nothing more; what is in flight may end, within so many seconds."""
        self._coordinator.end(Stop(grace_s))

    def cut(self) -> None:
        """Let no worker wait for what is in flight."""
        self._coordinator.end(Cut())

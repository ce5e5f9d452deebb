"""Runs under Locust's own command: started when Locust is asked to, one at a time, each seen to its end.

Locust starts its users when all is checked, and fires `test_stopping` before it stops any of them, so the
drain waits there. The number of users is the engine's: what Locust's command, its keys and its web UI ask for
is of no consequence.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event

from sessionload.cli.console import defect, warn
from sessionload.cli.contract_tab import ContractTab
from sessionload.cli.finish_run import all_ended, finish_run
from sessionload.cli.interruption import DRAIN_SHARE
from sessionload.cli.report_trial import ReportTrial
from sessionload.cli.setup_run import make_run_folder, prepare_run, with_chosen, with_server
from sessionload.cli.worker_news import joined_sentence, lost_sentence
from sessionload.errors import SessionloadError
from sessionload.generator.locust_stats import feed_locust
from sessionload.metrics.delta import Delta
from sessionload.metrics.worker_events import WorkerLoss, WorkerSeen
from sessionload.suite.preflight import preflight
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.finalize import finalize_result, nothing_sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from locust.env import Environment as LocustEnvironment

    from sessionload.cli.locust_load import Load
    from sessionload.cli.setup_run import PreparedRun
    from sessionload.config.read import RunRequest
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.metrics.worker_events import WorkerEvent
    from sessionload.storage.run_folder import RunFolder

_STOP_S = 30.0
"""How long Locust may take to stop its users, none of whom is busy."""


@dataclass
class LocustRun:
    """One run, from its preflight to its report."""

    prepared: PreparedRun
    load: Load
    folder: RunFolder
    watch: AbortWatch
    totals: RunTotals
    drained: Event = field(default_factory=Event)
    users_stopped: Event = field(default_factory=Event)
    cut_short: bool = False
    """Whether somebody asked for an early end before all was sent and had ended."""
    stopping: bool = False
    """Whether Locust is stopping its users, or waits for the drain to do so."""
    aborted_by: str | None = None

    def stop(self, grace_s: float | None = None) -> None:
        """Ask for an early end."""
        self.cut_short |= not self.drained.is_set()
        self.load.stop(grace_s)


class LocustRuns:
    """Starts runs when Locust is asked to, one at a time, and sees each to its end."""

    def __init__(
        self,
        environment: LocustEnvironment,
        make_load: Callable[[PreparedRun], Load],
        request: RunRequest,
        *,
        out: Path | None,
        grace_s: float,
        quits_after_s: float | None,
    ) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._make_load = make_load
        self._request = request
        self._out = out
        self._grace_s = grace_s
        self._quits_after_s = quits_after_s
        """How long after a run Locust ends by itself, as `--autostart --autoquit` ask; else it does not."""
        self.tab = ContractTab()
        self._run: LocustRun | None = None
        self._idle = Event()
        self._idle.set()
        self._stop_asked = False
        self._interrupted: str | None = None

    def start(self) -> bool:
        """Begin a run; return whether this could be done, which it cannot while there is one."""
        if not self._idle.is_set() or self._interrupted:
            return False
        self._idle.clear()
        self._stop_asked = False
        gevent.spawn(self._go)
        return True

    def is_busy(self) -> bool:
        """Whether there is a run that is not closed yet."""
        return not self._idle.is_set()

    def stop(self) -> None:
        """Ask for an early end of the run, if there is one."""
        self._stop_asked = True
        if self._run is not None:
            self._run.stop()

    def interrupt(self, name: str) -> None:
        """Drain and leave at the first signal; do not wait any longer at the second."""
        first, self._interrupted = self._interrupted is None, self._interrupted or name
        if self._run is not None and first:
            self._run.stop(self._grace_s * DRAIN_SHARE)
        elif self._run is not None:
            self._run.load.cut()
        if first:
            gevent.spawn(self._leave)

    def wait(self, **_: Any) -> None:  # noqa: ANN401
        """Stop the run, if there is one, and wait until it is reported: Locust reads its exit code next."""
        self.stop()
        self._idle.wait()

    def drain(self, **_: Any) -> None:  # noqa: ANN401
        """Wait until nothing is in flight; Locust stops the users after that."""
        if self._run is not None:
            self._run.stopping = True
            self._run.stop()
            self._run.drained.wait()

    def users_stopped(self, **_: Any) -> None:  # noqa: ANN401
        """Take note that every user has ended."""
        if self._run is not None:
            self._run.users_stopped.set()

    def _leave(self) -> None:
        try:
            self.wait()
            self._runner.quit()
            if self._environment.web_ui:
                self._environment.web_ui.greenlet.kill(block=False)
        except Exception:  # noqa: BLE001 -- Locust cannot be ended in its own way, and would wait for ever
            os._exit(defect())

    def _go(self) -> None:
        """Run the scenario once. However it ends, another run can be started, or Locust ends."""
        leave = self._environment.web_ui is None
        try:
            with ExitStack() as stack:
                self._perform(with_server(prepare_run(self._request, dict(os.environ)), stack))
        except SessionloadError as error:
            warn(error.told)
            self._environment.process_exit_code = error.exit_code
        except Exception:  # noqa: BLE001 -- a defect must not keep the process, or look like a verdict
            self._environment.process_exit_code = defect()
            leave = True
        finally:
            self._run = None
            self._idle.set()
        if leave or self._nothing_follows():
            self._leave()

    def _nothing_follows(self) -> bool:
        """Whether Locust is to end now: as long after a run as was asked, unless another one has begun."""
        if self._quits_after_s is None:
            return False
        gevent.sleep(self._quits_after_s)
        return bool(self._idle.is_set())

    def _perform(self, prepared: PreparedRun) -> None:
        spec = prepared.spec
        folder = make_run_folder(prepared, self._out)
        try:
            with ReportTrial(spec) as trial:
                answer = preflight(spec)
                for warning in trial.warnings():
                    warn(warning)
            spec = replace(spec, header=with_chosen(spec.header, spec.environment, answer.body))
            prepared = replace(prepared, spec=spec)
            self._environment.host = spec.environment.url
            load = self._make_load(prepared)
            self._run = run = LocustRun(prepared, load, folder, AbortWatch.of(spec.header), folder.totals())
            run.totals.workers = load.workers
            self.tab.begin(spec.header, run.totals)
            if self._stop_asked or self._interrupted:
                run.stop()
            load.gather()
            folder.begin(spec.header)
        except BaseException:
            self._run = None
            folder.discard()
            raise
        try:
            if not load.perform(lambda measured: self._take(run, measured)):
                run.totals = nothing_sent(spec.scenario.schedule)
        finally:  # a defect, too, has a result: what it leaves unaccounted for makes it void
            run.drained.set()
            try:
                self._stop_users(run)
            finally:
                self._finalize(run)

    def _stop_users(self, run: LocustRun) -> None:
        if run.stopping:
            run.users_stopped.wait(_STOP_S)
        else:
            run.load.stop_users()

    def _take(self, run: LocustRun, measured: Delta | WorkerEvent) -> None:
        run.totals.add(measured)
        note = run.folder.append(measured)
        if isinstance(measured, WorkerSeen) and measured.joined_ns:
            warn(joined_sentence(measured))
        if isinstance(measured, WorkerLoss):
            run.folder.notes.append(lost_sentence(measured))
            warn(f"warning: {run.folder.notes[-1]}")
        if not isinstance(measured, Delta):
            return
        self.tab.add(measured)
        feed_locust(self._environment.stats, measured.measurement, run.prepared.spec.contract.request.method)
        if note is not None:
            warn(f"warning: {note}; the run goes on")
        if run.aborted_by is None and not run.totals.complete():
            run.watch.add(measured.measurement.slices)
            target = run.watch.aborting(run.totals.settled_ns // NS)
            if target is not None:
                run.aborted_by = target.name
                run.load.stop()

    def _finalize(self, run: LocustRun) -> None:
        """Judge and report the run, now that every user has ended."""
        run.load.close(lambda measured: self._take(run, measured))
        header = run.prepared.spec.header
        asked = self._stop_asked and run.cut_short and not run.aborted_by
        early = self._interrupted or ("the stop button" if asked else None)
        result = finalize_result(
            header,
            run.totals,
            interrupted=None if all_ended(run.totals, header.planned) else early,
            aborted_by=run.aborted_by,
            notes=run.folder.notes,
        )
        ending = finish_run(result, run.folder)
        self.tab.end(ending.sentence, ending.report)
        ending.say()
        self._environment.process_exit_code = ending.exit_code

"""The other door: the same run under Locust's own command, headless or with its web UI.

Law: what `sessionload run` promises holds here: the same schedule, drain, result folder, verdict and exit
code. Idea: Locust fires `test_stopping` before it stops any user, whoever asked for it (the end of the
schedule, a signal, the stop button), so the drain waits there. Trap: Locust reads its exit code
before it stops the runner, so the `quitting` listener stops it first.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from locust.runners import LocalRunner

from sessionload.cli.console import open_streams, warn
from sessionload.cli.finish_run import finish_run
from sessionload.cli.report_trial import ReportTrial
from sessionload.cli.setup_run import make_run_folder, prepare_run, with_server
from sessionload.cli.web_ui_guard import guarded
from sessionload.config.read import DEFAULT_CONTRACT, DEFAULT_ENVIRONMENTS, RunRequest
from sessionload.errors import InputError, Place, SessionloadError
from sessionload.generator.engine import LoadEngine
from sessionload.generator.locust_stats import feed_locust
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.generator.worker import DELTA_EVERY_S
from sessionload.generator.worker_process import run_variables
from sessionload.metrics.run_totals import RunTotals
from sessionload.process_limits import allow_connections, forbid_core_dumps
from sessionload.stub.settings import is_loopback
from sessionload.suite.preflight import preflight
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.verdict import first_aborting_target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from locust.env import Environment as LocustEnvironment
    from locust.event import Events

    from sessionload.cli.setup_run import PreparedRun
    from sessionload.metrics.delta import Delta
    from sessionload.storage.run_folder import RunFolder

__all__ = ["SessionUser", "install"]


def install(events: Events) -> None:
    """Let Locust's `events` run a scenario. To be called once, by `locustfile.py`."""
    open_streams()
    events.init_command_line_parser.add_listener(_add_options)
    events.init.add_listener(_init)


def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("sessionload")

    def option(name: str, **settings: Any) -> None:  # noqa: ANN401  # passed on to argparse
        group.add_argument(name, **settings)
        parser.args_included_in_web_ui.pop(settings["dest"], None)  # type: ignore[attr-defined]

    option("--scenario", dest="sl_scenario", metavar="FILE", help="The scenario to run.")
    option("--environment", dest="sl_environment", metavar="NAME", help="An entry of the environments file.")
    option("--environments", dest="sl_environments", metavar="FILE", default=str(DEFAULT_ENVIRONMENTS))
    option("--contract", dest="sl_contract", metavar="FILE", default=str(DEFAULT_CONTRACT))
    option("--set", dest="sl_set", metavar="PATH=VALUE", action="append", default=[])
    option("--confirm", dest="sl_confirm", metavar="NAME", help="Confirms a protected environment.")
    option("--out", dest="sl_out", metavar="DIR", help="The run's folder.")
    parser.set_defaults(web_host="127.0.0.1")


def _init(environment: LocustEnvironment, **_: Any) -> None:  # noqa: ANN401  # Locust passes more
    forbid_core_dumps()
    try:
        request = _request(environment)
        prepare_run(request, run_variables())  # what is wrong is said now, not when somebody presses start
    except SessionloadError as error:
        warn(f"error: {error}")
        sys.exit(error.exit_code)
    environment.stop_timeout = 0.0  # the drain is ours, and over before Locust stops a user
    if environment.web_ui:
        application = environment.web_ui.app
        application.wsgi_app = guarded(application.wsgi_app)
    door = _LocustIntegration(
        environment, request, Path(out) if (out := environment.parsed_options.sl_out) else None
    )
    events = environment.events
    events.test_start.add_listener(door.start)
    events.test_stopping.add_listener(door.drain)
    events.test_stop.add_listener(door.close)
    events.quitting.add_listener(door.stop)
    gevent.signal_handler(signal.SIGINT, door.interrupt, "SIGINT")
    gevent.signal_handler(signal.SIGTERM, door.interrupt, "SIGTERM")


def _request(environment: LocustEnvironment) -> RunRequest:
    options: Namespace = environment.parsed_options
    if not isinstance(environment.runner, LocalRunner):
        raise InputError(
            "one-process",
            "a run under Locust has one process",
            hint="leave out --master, --worker and --processes",
        )
    if options.run_time:
        raise InputError(
            "run-time",
            "the scenario says how long a run takes",
            place=Place("--run-time"),
            hint="leave it out",
        )
    if environment.web_ui and not is_loopback(options.web_host):
        raise InputError(
            "web-host",
            "Locust's web UI has no login, so it listens on loopback only",
            place=Place("--web-host"),
            hint="leave it out, and reach it through an ssh tunnel",
        )
    if not options.sl_scenario:
        raise InputError("no-scenario", "there is nothing to run", hint="name a file with --scenario")
    return RunRequest(
        scenario=Path(options.sl_scenario),
        environment=options.sl_environment,
        environments=Path(options.sl_environments),
        contract=Path(options.sl_contract),
        overrides=options.sl_set,
        confirmed=options.sl_confirm,
    )


@dataclass
class LocustRun:
    """One run, from Locust's start to its stop."""

    prepared: PreparedRun
    engine: LoadEngine
    stack: ExitStack
    folder: RunFolder | None = None
    totals: RunTotals = field(default_factory=RunTotals)
    ended: Event = field(default_factory=Event)
    """No more deltas but the last."""
    drained: Event = field(default_factory=Event)
    aborted_by: str | None = None


class _LocustIntegration:
    """Listens to Locust: each start is a run of its own, with its own folder."""

    def __init__(self, environment: LocustEnvironment, request: RunRequest, out: Path | None) -> None:
        self._environment = environment
        self._request = request
        self._out = out
        self._run: LocustRun | None = None
        self._interrupted: str | None = None
        self._stopping = False
        self._closed = Event()

    def start(self, **_: Any) -> None:  # noqa: ANN401
        """Make everything ready that users need; the rest goes on beside Locust."""
        self._stopping = False
        self._closed.clear()
        stack = ExitStack()
        prepared = with_server(prepare_run(self._request, run_variables()), stack)
        engine = LoadEngine(prepared.spec)
        self._run = LocustRun(prepared, engine, stack)
        SessionUser.engine = engine
        self._environment.host = prepared.spec.environment.url
        gevent.spawn(self._go, self._run)

    def _go(self, run: LocustRun) -> None:
        try:
            runner = self._environment.runner
            runner.spawning_greenlet.join()
            folder = make_run_folder(run.prepared, self._out)
            trial = ReportTrial(run.prepared.spec)
            try:
                preflight(run.prepared.spec)
            except SessionloadError:
                folder.discard()
                raise
            for warning in trial.warnings():
                warn(warning)
            run.folder = folder
            folder.begin(run.prepared.spec.header)
            allow_connections(run.prepared.spec.scenario.max_in_flight)
            telling = gevent.spawn(self._tell_often, run)
            run.engine.run(start_users_of(runner))
            run.ended.set()
            telling.join()  # what it is telling must be told
        except SessionloadError as error:
            self._refuse(error)
        finally:  # a defect, too, must end the run: what it leaves unaccounted for makes it void
            run.ended.set()
            run.drained.set()
            self._end()

    def _refuse(self, error: SessionloadError) -> None:
        warn(f"error: {error}")
        self._environment.process_exit_code = error.exit_code

    def _end(self) -> None:
        if self._environment.web_ui and not self._interrupted:
            self.stop()
        else:
            self._leave()

    def _leave(self) -> None:
        self.stop()
        self._environment.runner.quit()
        if self._environment.web_ui:
            self._environment.web_ui.greenlet.kill(block=False)

    def _tell_often(self, run: LocustRun) -> None:
        while not run.ended.wait(DELTA_EVERY_S):
            if run.engine.begun:
                self._take(run, run.engine.delta().packed())

    def _take(self, run: LocustRun, delta: Delta) -> None:
        run.totals.add(delta)
        feed_locust(self._environment.stats, delta.measurement)
        if run.folder is not None:
            note = run.folder.append(delta)
            if note is not None:
                warn(f"warning: {note}; the run goes on")
        spec = run.prepared.spec
        if run.aborted_by is None and not delta.last:
            second = run.totals.settled_ns // NS
            target = first_aborting_target(
                run.totals.measurement, spec.header.stages, spec.scenario.targets, second
            )
            if target is not None:
                run.aborted_by = target.expr
                run.engine.stop()

    def drain(self, **_: Any) -> None:  # noqa: ANN401
        """Wait until nothing is in flight; Locust stops the users after that."""
        self._stopping = True
        if self._run is not None:
            self._run.engine.stop()
            self._run.drained.wait()

    def close(self, **_: Any) -> None:  # noqa: ANN401
        """Judge and report the run, now that every user has ended."""
        run, self._run = self._run, None
        if run is not None:
            run.stack.close()
            if run.folder is not None:  # else nothing was sent, and the reason is said already
                self._conclude(run, run.folder)
        self._closed.set()

    def _conclude(self, run: LocustRun, folder: RunFolder) -> None:
        self._take(run, run.engine.delta(last=True).packed())
        early = None if run.engine.completed or run.aborted_by else "the stop button"
        interrupted = self._interrupted or early
        result = finalize_result(
            run.prepared.spec.header,
            run.totals,
            interrupted=interrupted,
            aborted_by=run.aborted_by,
            notes=folder.notes,
        )
        ending = finish_run(result, folder)
        ending.say()
        self._environment.process_exit_code = ending.exit_code

    def stop(self, **_: Any) -> None:  # noqa: ANN401
        """Stop the run, or wait until whoever is stopping it already has: it is reported after that."""
        if self._stopping:
            self._closed.wait()
        elif self._run is not None:
            self._environment.runner.stop()

    def interrupt(self, name: str) -> None:
        """Drain and leave at the first signal; do not wait any longer at the second."""
        if self._interrupted is None:
            self._interrupted = name
            gevent.spawn(self._leave)
        elif self._run is not None:
            self._run.engine.cut()

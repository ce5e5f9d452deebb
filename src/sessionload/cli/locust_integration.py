"""Runs a scenario under Locust's own command, headless or with its web UI.

What `sessionload run` promises holds here: the same schedule, drain, result folder, verdict and exit code.
Each start is a run with a folder of its own, and there is one at a time. Locust starts its users when all is
checked, and fires `test_stopping` before it stops any of them, so the drain waits there. The number of users
is the engine's: what Locust's command, its keys and its web UI ask for is of no consequence.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from locust.runners import LocalRunner

from sessionload.cli.console import defect, open_streams, warn
from sessionload.cli.finish_run import all_ended, finish_run
from sessionload.cli.interruption import DRAIN_SHARE, SIGNALS
from sessionload.cli.locust_options import new_folder, refuse_meaningless
from sessionload.cli.option_values import grace_option
from sessionload.cli.report_trial import ReportTrial
from sessionload.cli.setup_run import make_run_folder, prepare_run, with_chosen, with_server
from sessionload.cli.web_ui_guard import guarded
from sessionload.config.read import RunRequest
from sessionload.config.shipped_files import default_contract, default_environments, scenario_file
from sessionload.errors import InputError, Place, SessionloadError
from sessionload.generator.engine import LoadEngine
from sessionload.generator.locust_stats import feed_locust
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.generator.worker import DELTA_EVERY_S
from sessionload.generator.worker_process import run_variables
from sessionload.process_limits import allow_connections, forbid_core_dumps
from sessionload.stub.settings import is_loopback
from sessionload.suite.preflight import preflight
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.finalize import finalize_result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from locust.env import Environment as LocustEnvironment
    from locust.event import Events

    from sessionload.cli.setup_run import PreparedRun
    from sessionload.metrics.delta import Delta
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.storage.run_folder import RunFolder

__all__ = ["SessionUser", "install"]

_STOP_S = 30.0
"""How long Locust may take to stop its users, none of whom is busy."""


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

    option("--scenario", dest="sl_scenario", metavar="FILE", help="The scenario to run: a file, or its name.")
    option("--environment", dest="sl_environment", metavar="NAME", help="An entry of the environments file.")
    option("--environments", dest="sl_environments", metavar="FILE", type=Path)
    option("--contract", dest="sl_contract", metavar="FILE", type=Path)
    option("--operation", dest="sl_operation", metavar="ID", help="The operationId, or 'METHOD /path'.")
    option("--set", dest="sl_set", metavar="PATH=VALUE", action="append", default=[])
    option("--confirm", dest="sl_confirm", metavar="NAME", help="Confirms a protected environment.")
    option("--out", dest="sl_out", metavar="DIR", type=new_folder, help="The run's folder.")
    option("--grace", dest="sl_grace", metavar="DURATION", default="10s", help="Bounds an interrupted run.")
    parser.set_defaults(web_host="127.0.0.1")


def _init(environment: LocustEnvironment, **_: Any) -> None:  # noqa: ANN401  # Locust passes more
    forbid_core_dumps()
    options: Namespace = environment.parsed_options
    try:
        request = _request(environment)
        grace_s = grace_option(options.sl_grace)
        prepare_run(request, run_variables())  # what is wrong is said now, not when somebody presses start
    except SessionloadError as error:
        warn(f"error: {error}")
        sys.exit(error.exit_code)
    environment.stop_timeout = 0.0  # the drain is ours, and over before Locust stops a user
    quits_after_s = options.autoquit if options.autostart and options.autoquit >= 0 else None
    integration = _LocustIntegration(environment, request, options.sl_out, grace_s, quits_after_s)
    if environment.web_ui:
        application = environment.web_ui.app
        application.wsgi_app = guarded(application.wsgi_app, integration.start, integration.stop)
    environment.runner.start = lambda *_, **__: integration.start()
    environment.events.test_stopping.add_listener(integration.drain)
    environment.events.test_stop.add_listener(integration.users_stopped)
    environment.events.quitting.add_listener(integration.wait)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            gevent.signal_handler(number, integration.interrupt, signal.Signals(number).name)


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
    refuse_meaningless(options)
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
        scenario=scenario_file(Path(options.sl_scenario)),
        environment=options.sl_environment,
        operation=options.sl_operation,
        environments=options.sl_environments or default_environments(),
        contract=options.sl_contract or default_contract(),
        overrides=options.sl_set,
        confirmed=options.sl_confirm,
    )


@dataclass
class LocustRun:
    """One run, from its preflight to its report."""

    prepared: PreparedRun
    engine: LoadEngine
    folder: RunFolder
    watch: AbortWatch
    totals: RunTotals
    ended: Event = field(default_factory=Event)
    """There is one more delta, the last."""
    drained: Event = field(default_factory=Event)
    users_stopped: Event = field(default_factory=Event)
    stopping: bool = False
    """Whether Locust is stopping its users, or waits for the drain to do so."""
    aborted_by: str | None = None


class _LocustIntegration:
    """Starts runs when Locust is asked to, one at a time, and sees each to its end."""

    def __init__(
        self,
        environment: LocustEnvironment,
        request: RunRequest,
        out: Path | None,
        grace_s: float,
        quits_after_s: float | None,
    ) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._start_locust = environment.runner.start
        self._request = request
        self._out = out
        self._grace_s = grace_s
        self._quits_after_s = quits_after_s
        """How long after a run Locust ends by itself, as `--autostart --autoquit` ask; else it does not."""
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

    def stop(self) -> None:
        """Ask for an early end of the run, if there is one."""
        self._stop_asked = True
        if self._run is not None:
            self._run.engine.stop()

    def interrupt(self, name: str) -> None:
        """Drain and leave at the first signal; do not wait any longer at the second."""
        first, self._interrupted = self._interrupted is None, self._interrupted or name
        if self._run is not None and first:
            self._run.engine.stop(self._grace_s * DRAIN_SHARE)
        elif self._run is not None:
            self._run.engine.cut()
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
            self._run.engine.stop()
            self._run.drained.wait()

    def users_stopped(self, **_: Any) -> None:  # noqa: ANN401
        """Take note that every user has ended."""
        if self._run is not None:
            self._run.users_stopped.set()

    def _leave(self) -> None:
        self.wait()
        self._runner.quit()
        if self._environment.web_ui:
            self._environment.web_ui.greenlet.kill(block=False)

    def _go(self) -> None:
        """Run the scenario once. However it ends, another run can be started, or Locust ends."""
        leave = self._environment.web_ui is None
        try:
            with ExitStack() as stack:
                self._perform(with_server(prepare_run(self._request, run_variables()), stack))
        except SessionloadError as error:
            warn(f"error: {error}")
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
            folder.begin(spec.header)
        except BaseException:
            folder.discard()
            raise
        allow_connections(spec.scenario.max_in_flight)
        SessionUser.engine = engine = LoadEngine(spec)
        self._environment.host = spec.environment.url
        self._run = run = LocustRun(prepared, engine, folder, AbortWatch.of(spec.header), folder.totals())
        if self._stop_asked or self._interrupted:
            engine.stop()
        try:
            self._load(run)
        finally:  # a defect, too, has a result: what it leaves unaccounted for makes it void
            self._stop_users(run)
            self._finalize(run)

    def _load(self, run: LocustRun) -> None:
        self._start_locust(1, 1)
        self._runner.spawning_greenlet.join()
        reporter = gevent.spawn(self._report_often, run)
        try:
            run.engine.run(start_users_of(self._runner))
        finally:
            run.ended.set()
            reporter.get()  # the delta that it takes must be whole, and its defect is ours

    def _stop_users(self, run: LocustRun) -> None:
        run.drained.set()
        if run.stopping:
            run.users_stopped.wait(_STOP_S)
        else:
            self._runner.stop()

    def _report_often(self, run: LocustRun) -> None:
        try:
            while not run.ended.wait(DELTA_EVERY_S):
                if run.engine.begun:
                    self._take(run, run.engine.delta().packed())
        except BaseException:
            run.engine.cut()  # no target could end this run any more
            raise

    def _take(self, run: LocustRun, delta: Delta) -> None:
        run.totals.add(delta)
        feed_locust(self._environment.stats, delta.measurement, run.prepared.spec.contract.request.method)
        note = run.folder.append(delta)
        if note is not None:
            warn(f"warning: {note}; the run goes on")
        if run.aborted_by is None and not delta.last:
            run.watch.add(delta.measurement.slices)
            target = run.watch.aborting(run.totals.settled_ns // NS)
            if target is not None:
                run.aborted_by = target.expr
                run.engine.stop()

    def _finalize(self, run: LocustRun) -> None:
        """Judge and report the run, now that every user has ended."""
        self._take(run, run.engine.delta(last=True).packed())
        header = run.prepared.spec.header
        asked = self._stop_asked and not run.engine.completed and not run.aborted_by
        early = self._interrupted or ("the stop button" if asked else None)
        result = finalize_result(
            header,
            run.totals,
            interrupted=None if all_ended(run.totals, header.planned) else early,
            aborted_by=run.aborted_by,
            notes=run.folder.notes,
        )
        ending = finish_run(result, run.folder)
        ending.say()
        self._environment.process_exit_code = ending.exit_code

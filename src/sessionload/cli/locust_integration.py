"""Runs a scenario under Locust's own command, headless or with its web UI.

What `sessionload run` promises holds here: the same schedule, drain, result folder, verdict and exit code.
Each start is a run with a folder of its own (see `locust_runs`). This module reads the options, refuses what
cannot be, and takes the places where Locust starts, stops and ends.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust.runners import LocalRunner

from sessionload.cli.console import open_streams, warn
from sessionload.cli.interruption import SIGNALS
from sessionload.cli.locust_load import OwnLoad
from sessionload.cli.locust_options import new_folder, refuse_meaningless
from sessionload.cli.locust_page import extend
from sessionload.cli.locust_runs import LocustRuns
from sessionload.cli.option_values import grace_option
from sessionload.cli.setup_run import prepare_run
from sessionload.cli.web_ui_guard import guarded
from sessionload.config.read import RunRequest
from sessionload.config.shipped_files import default_contract, default_environments, scenario_file
from sessionload.errors import InputError, Place, SessionloadError
from sessionload.generator.locust_users import SessionUser
from sessionload.generator.worker_process import run_variables
from sessionload.process_limits import forbid_core_dumps
from sessionload.report.model.outline import outline
from sessionload.stub.settings import is_loopback

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from locust.env import Environment as LocustEnvironment
    from locust.event import Events

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
        prepared = prepare_run(request, run_variables())  # so that what is wrong is said before any start
    except SessionloadError as error:
        warn(error.told)
        sys.exit(error.exit_code)
    environment.stop_timeout = 0.0  # the drain is ours, and over before Locust stops a user
    quits_after_s = options.autoquit if options.autostart and options.autoquit >= 0 else None
    runner, start_locust = environment.runner, environment.runner.start
    runs = LocustRuns(
        environment,
        lambda prepared: OwnLoad(prepared.spec, runner, start_locust),
        request,
        out=options.sl_out,
        grace_s=grace_s,
        quits_after_s=quits_after_s,
    )
    if environment.web_ui:
        environment.host = prepared.spec.environment.describe()["url"]
        plan = outline(prepared.spec).partition("\n\n")[0]
        extend(environment.web_ui, plan, runs.tab.rows, runs.is_busy)
        application = environment.web_ui.app
        application.wsgi_app = guarded(application.wsgi_app, runs.start, runs.stop)
    runner.start = lambda *_, **__: runs.start()
    environment.events.test_stopping.add_listener(runs.drain)
    environment.events.test_stop.add_listener(runs.users_stopped)
    environment.events.quitting.add_listener(runs.wait)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            gevent.signal_handler(number, runs.interrupt, signal.Signals(number).name)


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

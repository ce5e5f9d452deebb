"""Runs a scenario under Locust's own command, headless or with its web UI.

What `sessionload run` promises holds here: the same schedule, drain, result folder, verdict and exit code.
Each start is a run with a folder of its own (see `locust_runs`). This module reads the options, refuses what
cannot be, and takes the places where Locust starts, stops and ends.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust.runners import LocalRunner, WorkerRunner

from sessionload.cli.console import open_streams
from sessionload.cli.interruption import SIGNALS
from sessionload.cli.locust_dealt_load import DealtLoad
from sessionload.cli.locust_load import OwnLoad
from sessionload.cli.locust_options import new_folder, refuse_labels, refuse_meaningless
from sessionload.cli.locust_page import extend
from sessionload.cli.locust_roles import ending_at_errors, refuse_unreachable, share_stub_key, take_roles
from sessionload.cli.locust_runs import LocustRuns
from sessionload.cli.locust_work import LocustWork
from sessionload.cli.option_values import grace_option
from sessionload.cli.setup_run import prepare_run
from sessionload.cli.web_ui_guard import guarded
from sessionload.config.read import RunRequest
from sessionload.config.shipped_files import default_contract, default_environments, scenario_file
from sessionload.distribution.coordinator import Wanted
from sessionload.distribution.digests import Digests
from sessionload.distribution.mailbox import Mailbox
from sessionload.distribution.process_setup import LOCAL
from sessionload.errors import InputError, Place
from sessionload.generator.locust_users import SessionUser
from sessionload.process_limits import forbid_core_dumps
from sessionload.report.model.outline import outline
from sessionload.stub.settings import is_loopback

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from locust.env import Environment as LocustEnvironment
    from locust.event import Events

    from sessionload.cli.locust_load import Load
    from sessionload.cli.setup_run import PreparedRun

__all__ = ["SessionUser", "install"]

_WAIT_S, _FORKED_WAIT_S = 600.0, 60.0
"""How long a run waits for its workers, unless Locust's option says otherwise."""


def install(events: Events) -> None:
    """Let Locust's `events` run a scenario. To be called once, by `locustfile.py`."""
    open_streams()
    share_stub_key()
    take_roles()
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
    option("--label", dest="sl_label", metavar="NAME=VALUE", action="append", default=[])
    option("--confirm", dest="sl_confirm", metavar="NAME", help="Confirms a protected environment.")
    option("--with-interact", dest="sl_with_interact", action="store_true", help="Confirms its turns.")
    option("--out", dest="sl_out", metavar="DIR", type=new_folder, help="The run's folder.")
    option("--grace", dest="sl_grace", metavar="DURATION", default="10s", help="Bounds an interrupted run.")
    option("--keys", dest="sl_keys", metavar="FILE", type=Path, help="Keys of a master or of its workers.")
    parser.set_defaults(web_host=LOCAL, master_bind_host=LOCAL)


def _init(environment: LocustEnvironment, **_: Any) -> None:  # noqa: ANN401  # Locust passes more
    forbid_core_dumps()
    with ending_at_errors():
        if isinstance(environment.runner, WorkerRunner):
            LocustWork(environment, _own_files(environment)).begin()
        else:
            _offer_runs(environment)


def _own_files(environment: LocustEnvironment) -> Digests | None:
    """Return what a worker has to compare with its master, if it has files of its own."""
    options: Namespace = environment.parsed_options
    refuse_labels(options)
    if options.sl_scenario:
        return Digests.of(prepare_run(_request(environment), dict(os.environ)).spec)
    for name in ("environment", "environments", "contract", "operation", "set"):
        if getattr(options, f"sl_{name}"):
            message = "a worker without a scenario of its own takes all files from its master"
            hint = "leave it out, or name the scenario as well"
            raise InputError("no-scenario", message, place=Place(f"--{name}"), hint=hint)
    return None


def _offer_runs(environment: LocustEnvironment) -> None:
    """Take the places where Locust starts, stops and ends."""
    options: Namespace = environment.parsed_options
    request = _request(environment)
    grace_s = grace_option(options.sl_grace)
    prepared = prepare_run(request, dict(os.environ))  # so that what is wrong is said before any start
    refuse_unreachable(prepared.spec.environment, options)
    environment.stop_timeout = 0.0  # the drain is ours, and over before Locust stops a user
    quits_after_s = options.autoquit if options.autostart and options.autoquit >= 0 else None
    runs = LocustRuns(
        environment,
        _loads_of(environment),
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
    environment.runner.start = lambda *_, **__: runs.start()
    environment.events.test_stopping.add_listener(runs.drain)
    environment.events.test_stop.add_listener(runs.users_stopped)
    environment.events.quitting.add_listener(runs.wait)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            gevent.signal_handler(number, runs.interrupt, signal.Signals(number).name)


def _loads_of(environment: LocustEnvironment) -> Callable[[PreparedRun], Load]:
    """Return what makes the load of a run: of this process, or of the workers of its master."""
    options: Namespace = environment.parsed_options
    runner, start_locust = environment.runner, environment.runner.start
    if isinstance(runner, LocalRunner):
        return lambda prepared: OwnLoad(prepared.spec, runner, start_locust)
    wait_s = options.expect_workers_max_wait or (_FORKED_WAIT_S if options.processes else _WAIT_S)
    wanted = Wanted(options.expect_workers, wait_s)
    options.expect_workers = 0  # Locust would wait for ever, and obey no signal meanwhile
    mailbox = Mailbox(runner)
    return lambda prepared: DealtLoad(prepared, runner, mailbox, wanted)


def _request(environment: LocustEnvironment) -> RunRequest:
    options: Namespace = environment.parsed_options
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
        labels=options.sl_label,
        confirmed=options.sl_confirm,
        with_interact=options.sl_with_interact,
    )

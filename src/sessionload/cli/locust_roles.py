"""Locust's `--master`, `--worker` and `--processes`: who may speak to whom.

Locust makes its runner, and its master listens, before a locustfile is asked anything. So the two methods
that make one are ours. As in `sessionload run`, a master listens on loopback unless it is told otherwise, and
anywhere else only with keys. Processes that Locust forks have a pair of keys that nobody else has: it is made
before they are forked.
"""

from __future__ import annotations

import math
import os
import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locust import runners
from locust.env import Environment as LocustEnvironment
from locust.exception import RPCError
from locust.stats import RequestStats

from sessionload.cli.console import warn
from sessionload.cli.worker_options import bind_host
from sessionload.distribution.curve_keys import MASTER, WORKER, new_keys, read_keys
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.patient_runner import KeyRefusedError, MasterAbsentError, PatientRunner
from sessionload.distribution.secure_sockets import secure_master
from sessionload.errors import InputError, Place, SessionloadError
from sessionload.stub.settings import KEY_VARIABLE

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from locust.runners import MasterRunner, WorkerRunner

    from sessionload.config.environment import Environment

_WAIT_S = 600.0
"""How long a worker waits for its master."""


def take_roles() -> None:
    """Let the runners of Locust's command be made here. To be called once, before Locust forks."""
    of_master, of_workers = new_keys()

    def make_master(
        environment: LocustEnvironment, master_bind_host: str = "*", master_bind_port: int = 5557
    ) -> MasterRunner:
        options = environment.parsed_options
        with ending_at_errors():
            host = bind_host(master_bind_host, options.sl_keys, "--master-bind-host")
            own = read_keys(options.sl_keys, MASTER) if options.sl_keys else None
            secure_master(of_master if options.processes else own)
            environment.runner = _listening(environment, host, master_bind_port)
        return environment.runner

    def make_worker(environment: LocustEnvironment, master_host: str, master_port: int) -> WorkerRunner:
        options = environment.parsed_options
        runners.MASTER_HEARTBEAT_TIMEOUT = math.inf  # its clock is the wall's; a lease has a better one
        runners.WORKER_LOG_REPORT_INTERVAL = -1
        environment.stats = RequestStats(use_response_times_cache=False)
        with ending_at_errors():
            own = read_keys(options.sl_keys, WORKER) if options.sl_keys else None
            try:
                keys = of_workers if options.processes else own
                return PatientRunner(environment, master_host, master_port, keys, _WAIT_S)
            except (KeyRefusedError, MasterAbsentError) as fault:
                raise _no_master(master_host, master_port, fault) from None

    LocustEnvironment.create_master_runner = make_master
    LocustEnvironment.create_worker_runner = make_worker


def share_stub_key() -> None:
    """Give this process, and those that it forks, one key for embedded stubs."""
    os.environ.setdefault(KEY_VARIABLE, f"VF.DM.stub.{secrets.token_hex(16)}")


def refuse_unreachable(environment: Environment, options: Namespace) -> None:
    """Refuse a stub that other processes than forked ones could not use. Raises `InputError`."""
    if environment.stub is not None and options.master and not options.processes:
        message = f"'{environment.name}' is an embedded stub, whose key only processes of this command have"
        hint = "take --processes, or start `sessionload stub` and give an environment its url"
        raise InputError("embedded-elsewhere", message, place=Place("--master"), hint=hint)


@contextmanager
def ending_at_errors() -> Iterator[None]:
    """End the process with the sentence and the exit code of an error."""
    try:
        yield
    except SessionloadError as error:
        warn(error.told)
        sys.exit(error.exit_code)


def _listening(environment: LocustEnvironment, host: str, port: int) -> MasterRunner:
    try:
        return guarded(runners.MasterRunner(environment, host, port))
    except (RPCError, SystemExit) as fault:  # Locust ends the process when the port is taken
        taken = isinstance(fault, SystemExit) or "in use" in str(fault)
        why = "another program listens there" if taken else "this machine has no such address"
        hint = "name another port with --master-bind-port" if taken else "name an address of this machine"
        message = f"{host} port {port} cannot be listened to: {why}"
        raise InputError("bind-failed", message, place=Place("--master-bind-host"), hint=hint) from None


def _no_master(host: str, port: int, fault: Exception) -> InputError:
    if isinstance(fault, KeyRefusedError):
        hint = "give both sides files of one pair with --keys, see `sessionload keys new`"
        return InputError("key-refused", f"the master at {host} port {port}: {fault}", hint=hint)
    why = f": {fault}" if str(fault) else ""
    message = f"the master at {host} port {port} was not there in time{why}"
    return InputError("no-master", message, hint="start it, or name it with --master-host and --master-port")

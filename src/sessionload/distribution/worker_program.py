"""The process of a worker: it finds its master, takes part in one run, and ends.

A worker that a master has started on its own machine ends with that; one of another machine hands over what
is not due yet at a signal. Locust patches sockets when it is imported, so it is imported before our modules
that use them.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import gevent
from gevent.fileobject import FileObject
from locust import runners
from locust.env import Environment as LocustEnvironment

from sessionload.distribution.curve_keys import WORKER, keys_of, read_keys
from sessionload.distribution.no_part import NoPartError
from sessionload.distribution.patient_runner import KeyRefusedError, MasterAbsentError, PatientRunner
from sessionload.distribution.process_setup import WorkerSetup
from sessionload.distribution.secure_sockets import hang_up
from sessionload.distribution.worker import Worker
from sessionload.generator.locust_users import SessionUser
from sessionload.process_limits import forbid_core_dumps
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Callable


def _end_with_the_starter(stdin: FileObject, workers: list[Worker]) -> None:
    """End when standard input ends: then the process that started this one is gone."""
    stdin.read()
    for worker in workers:
        worker.cut_and_keep()
    os._exit(1)


def _leave_at(number: int, worker: Worker, signalled: list[int]) -> None:
    """End at a signal: at once before the load, and under it when others perform what is left."""
    if signalled or not worker.leave():
        os._exit(128 + number)
    signalled.append(number)


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def main(setup: WorkerSetup) -> int:
    """Work for a master; return the exit code."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(logging.CRITICAL)
    runners.WORKER_LOG_REPORT_INTERVAL = -1
    runners.MASTER_HEARTBEAT_TIMEOUT = math.inf  # its clock is the wall's; a lease has a better one
    say: Callable[[str], object] = (lambda _: None) if setup.local else _say
    keys = None
    workers: list[Worker] = []
    if setup.local:
        stdin = FileObject(sys.stdin.buffer, "rb", close=False)
        keys = keys_of(stdin.readline().decode())
        gevent.spawn(_end_with_the_starter, stdin, workers)
    elif setup.keys is not None:
        keys = read_keys(Path(setup.keys), WORKER)
    where = f"the master at {setup.host} port {setup.port}"
    say(f"waiting for {where}, at most {duration_text(int(setup.wait_s * NS))}")
    until_s = time.monotonic() + setup.wait_s
    environment = LocustEnvironment(user_classes=[SessionUser])
    try:
        runner = PatientRunner(environment, setup.host, setup.port, keys, setup.wait_s)
    except KeyRefusedError as fault:
        say(f"error: {where}: {fault}; give both sides files of one pair, see `sessionload keys new`")
        return 2
    except MasterAbsentError as fault:
        say(f"error: {where} was not there in time{f': {fault}' if str(fault) else ''}")
        return 3
    host = "" if setup.local else socket.gethostname()[:100]
    worker = Worker(runner, host=host, tell=say, out=Path(setup.out) if setup.out else None)
    workers.append(worker)
    signalled: list[int] = []
    if not setup.local:
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, _leave_at, number, worker, signalled)
    try:
        worker.run(until_s - time.monotonic())
    except NoPartError as fault:
        say(f"error: {fault}")
        return fault.exit_code
    finally:
        hang_up(runner.greenlet, runner.client)
    say("done: the master has all that was measured here")
    return 128 + signalled[0] if signalled else 0


if __name__ == "__main__":
    sys.exit(main(WorkerSetup.of(sys.argv[1])))

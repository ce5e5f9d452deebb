"""The master, a process that coordinates the workers of a run.

To the command it is a generator like any other (see `generator/worker_process.py`): inputs and commands come
on standard input, deltas go to standard output. Before these it says who is there (`gathering.py`), and the
load begins when the command says so.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import gevent
from gevent.fileobject import FileObject
from locust.env import Environment as LocustEnvironment
from locust.exception import RPCError

from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.distribution.coordinator import Coordinator, Wanted
from sessionload.distribution.curve_keys import MASTER, new_keys, read_keys
from sessionload.distribution.gathering import NoRun, line_of
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.local_workers import LocalWorkers
from sessionload.distribution.mailbox import Mailbox
from sessionload.distribution.messages import Cut, Stop
from sessionload.distribution.process_setup import MasterSetup
from sessionload.distribution.secure_sockets import hang_up, secure_master
from sessionload.errors import InputError
from sessionload.generator.worker_process import BEGIN, READY
from sessionload.process_limits import forbid_core_dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from locust.runners import MasterRunner


def main(setup: MasterSetup) -> int:
    """Perform a run; return the exit code."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(logging.ERROR)
    write = _writer()
    commands = FileObject(sys.stdin.buffer, "rb", close=False)
    try:
        with _listening(setup) as (runner, local):
            mailbox = Mailbox(runner)
            write(READY)
            inputs = RunInputs.read(commands)
            if inputs is None:
                return 0
            spec = run_spec_of(inputs, os.environ)
            coordinator = Coordinator(mailbox, write, inputs, spec, local)
            listener = gevent.spawn(_obey, commands, coordinator)
            coordinator.run(Wanted(setup.workers, setup.wait_s), lambda step: write(line_of(step)))
            listener.kill(block=False)
            return 0
    except InputError as error:
        write(READY + line_of(NoRun(error.code, error.message, error.hint, error.exit_code)))
        return error.exit_code


@contextmanager
def _listening(setup: MasterSetup) -> Iterator[tuple[MasterRunner, LocalWorkers | None]]:
    """Listen for workers, and start those of this machine. Raises `InputError`."""
    keys, worker_keys = new_keys()
    if setup.local:
        secure_master(keys)
    else:
        secure_master(None if setup.keys is None else read_keys(Path(setup.keys), MASTER))
    try:
        runner = guarded(LocustEnvironment(user_classes=[]).create_master_runner(setup.host, setup.port))
    except (RPCError, SystemExit) as fault:  # Locust ends the process when the port is taken
        raise _cannot_listen(setup, fault) from None
    local = LocalWorkers(setup.workers, runner.server.port, worker_keys) if setup.local else None
    try:
        yield runner, local
    finally:
        hang_up(runner.greenlet, runner.server)
        if local is not None:
            local.close()


def _cannot_listen(setup: MasterSetup, fault: BaseException) -> InputError:
    taken = isinstance(fault, SystemExit) or "in use" in str(fault)
    why = "another program listens there" if taken else "this machine has no such address"
    hint = "name another port" if taken else "--bind takes an address of this machine, or * for all of them"
    return InputError(
        "bind-failed", f"{setup.host} port {setup.port} cannot be listened to: {why}", hint=hint
    )


def _writer() -> Callable[[bytes], None]:
    stdout = FileObject(sys.stdout.fileno(), "wb", close=False)

    def write(line: bytes) -> None:
        stdout.write(line)
        stdout.flush()

    return write


def _obey(commands: FileObject, coordinator: Coordinator) -> None:
    """Obey `begin`, `stop SECONDS` and `cut`; the end of the input means that the command is gone."""
    for line in commands:
        command, _, grace_s = line.strip().partition(b" ")
        if command == BEGIN:
            coordinator.begin()
        elif command == b"stop":
            coordinator.end(Stop(float(grace_s) if grace_s else None))
        elif command == b"cut":
            coordinator.end(Cut())
    coordinator.end(Cut())


if __name__ == "__main__":
    sys.exit(main(MasterSetup.of(sys.argv[1])))

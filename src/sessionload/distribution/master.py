"""The master, a process that coordinates the workers of a run.

To the command it is a generator like any other (see `generator/worker_process.py`): inputs and commands come
on standard input, deltas go to standard output.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import gevent
from gevent.fileobject import FileObject
from locust.env import Environment as LocustEnvironment

from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.distribution.coordinator import Coordinator
from sessionload.distribution.curve_keys import new_keys
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.local_workers import LOCAL, LocalWorkers
from sessionload.distribution.messages import Cut, Stop
from sessionload.distribution.secure_sockets import secure_master
from sessionload.generator.worker_process import READY
from sessionload.process_limits import forbid_core_dumps

if TYPE_CHECKING:
    from collections.abc import Callable


def main(count: int) -> int:
    """Perform a run with so many workers on this machine; return the exit code."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(logging.ERROR)
    keys, worker_keys = new_keys()
    secure_master(keys)
    runner = guarded(LocustEnvironment(user_classes=[]).create_master_runner(LOCAL, 0))
    local = LocalWorkers(count, runner.server.port, worker_keys)
    try:
        os.write(sys.stdout.fileno(), READY)
        commands = FileObject(sys.stdin.buffer, "rb", close=False)
        inputs = RunInputs.read(commands)
        if inputs is None:
            return 0
        coordinator = Coordinator(runner, _emit(), inputs, run_spec_of(inputs, os.environ), local)
        listener = gevent.spawn(_listen, commands, coordinator)
        refusal = coordinator.run(count)
        listener.kill(block=False)
        sys.stderr.write(refusal and f"{refusal}\n")
        return 3 if refusal else 0
    finally:
        local.close()


def _emit() -> Callable[[bytes], None]:
    stdout = FileObject(sys.stdout.fileno(), "wb", close=False)

    def emit(line: bytes) -> None:
        stdout.write(line)
        stdout.flush()

    return emit


def _listen(commands: FileObject, coordinator: Coordinator) -> None:
    """Obey the command: `stop SECONDS` and `cut`; the end of the input means that it is gone."""
    for line in commands:
        command, _, grace_s = line.strip().partition(b" ")
        if command == b"stop":
            coordinator.end(Stop(float(grace_s) if grace_s else None))
        elif command == b"cut":
            coordinator.end(Cut())
    coordinator.end(Cut())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

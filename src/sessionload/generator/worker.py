"""The generator: a process of its own that executes one worker's part of a run.

It writes `ready` to standard output when it can take its inputs, which come on standard input
(`RunInputs.read`). Once a second, and a last time when everything is accounted for, it writes a delta, one
JSON object a line. It obeys further lines of its input (`stop SECONDS`, `cut`), and ends when the input ends:
then the process that started it is gone. Locust patches sockets, TLS and threads when it is imported, so it
is imported before our modules that use them.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.fileobject import FileObject
from locust.env import Environment as LocustEnvironment

from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.generator.cooperative import yield_to_loop
from sessionload.generator.engine import DELTA_EVERY_S
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.generator.turn_engine import engine_of, most_connections
from sessionload.generator.worker_process import READY
from sessionload.process_limits import allow_connections, forbid_core_dumps

if TYPE_CHECKING:
    from sessionload.generator.engine import LoadEngine

DEFAULT_GRACE_S = 10.0
"""How long a drain may take after a signal to the generator itself."""


def main() -> int:
    """Read the inputs of a run, execute it, and write deltas to the last one."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(
        logging.ERROR
    )  # its messages about spawned users are not about our load
    commands = FileObject(sys.stdin.buffer, "rb", close=False)
    os.write(sys.stdout.fileno(), READY)
    inputs = RunInputs.read(commands)
    if inputs is None:
        return 0  # the process that started this one has ended or refused the run
    spec = run_spec_of(inputs, os.environ)
    allow_connections(most_connections(spec))
    engine = engine_of(spec)
    listener = gevent.spawn(_listen, commands, engine)
    for name in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(name, engine.stop, DEFAULT_GRACE_S)
    _execute(spec, engine)
    listener.kill(block=False)
    return 0


def _execute(spec: RunSpec, engine: LoadEngine) -> None:
    environment = LocustEnvironment(user_classes=[SessionUser], host=spec.environment.url)
    SessionUser.engine = engine
    runner = environment.create_local_runner()
    ended = Event()
    stdout = FileObject(sys.stdout.fileno(), "wb", close=False)
    reporter = gevent.spawn(_report_often, engine, stdout, ended)
    engine.run(start_users_of(runner))
    ended.set()
    reporter.join()  # the delta that it is writing must be whole
    runner.quit()  # users still in flight are cut here, and record it
    _report(engine, stdout, last=True)


def _report_often(engine: LoadEngine, stdout: FileObject, ended: Event) -> None:
    while not ended.wait(DELTA_EVERY_S):
        if engine.begun:
            _report(engine, stdout)


def _report(engine: LoadEngine, stdout: FileObject, *, last: bool = False) -> None:
    delta = engine.delta(last=last)
    yield_to_loop()
    line = delta.line()
    yield_to_loop()
    stdout.write(line)  # it may be more than a pipe holds: other greenlets run meanwhile
    stdout.flush()


def _listen(commands: FileObject, engine: LoadEngine) -> None:
    """Obey `stop SECONDS` and `cut`; the end of the input means that the starter is gone."""
    for line in commands:
        command, _, grace_s = line.strip().partition(b" ")
        if command == b"stop":
            engine.stop(float(grace_s) if grace_s else None)
        elif command == b"cut":
            engine.cut()
    engine.cut()


if __name__ == "__main__":
    sys.exit(main())

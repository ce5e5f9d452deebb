"""The generator: a process of its own that executes one worker's part of a run.

Its inputs come on standard input, as one line of JSON. Once a second, and a last time when everything is
accounted for, it writes a delta to standard output, one JSON object a line. It obeys further lines of its
input (`stop`, `cut`), and ends when the input ends: then the process that started it is gone. Locust
patches sockets, TLS and threads when it is imported, so it is imported before our modules that use them.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys

import gevent
from gevent.event import Event
from gevent.fileobject import FileObject
from locust.env import Environment as LocustEnvironment

from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.generator.cooperative import yield_to_loop
from sessionload.generator.engine import LoadEngine
from sessionload.generator.locust_users import SessionUser, start_users_of

DELTA_EVERY_S = 1.0
_SPARE_DESCRIPTORS = 64


def main() -> int:
    """Read the inputs of a run, execute it, and write deltas to the last one."""
    logging.getLogger("locust").setLevel(
        logging.ERROR
    )  # its messages about spawned users are not about our load
    commands = FileObject(sys.stdin.buffer, "rb", close=False)
    first_line = commands.readline()
    if not first_line:
        return 0  # the process that started this one has ended or refused the run
    spec = run_spec_of(RunInputs.from_json(json.loads(first_line)), os.environ)
    raise_descriptor_limit(spec.scenario.max_in_flight)
    engine = LoadEngine(spec)
    listener = gevent.spawn(_listen, commands, engine)
    for name in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(name, engine.stop)
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
    payload = delta.to_json(raw=True)
    yield_to_loop()
    line = json.dumps(payload, separators=(",", ":")).encode()
    yield_to_loop()
    stdout.write(line + b"\n")  # it may be more than a pipe holds: other greenlets run meanwhile
    stdout.flush()


def _listen(commands: FileObject, engine: LoadEngine) -> None:
    """Obey `stop` and `cut`; the end of the input means that the starter is gone."""
    for line in commands:
        if line.strip() == b"stop":
            engine.stop()
        elif line.strip() == b"cut":
            engine.cut()
    engine.cut()


def raise_descriptor_limit(connections: int) -> None:
    """Make room for that many connections, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


if __name__ == "__main__":
    sys.exit(main())

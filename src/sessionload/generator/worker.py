"""The generator: a process of its own that performs one worker's part of a run.

Law: it tells what it measured once a second and a last time when everything is accounted for; it
stops when it is told to, and when whoever started it is gone. Idea: the spec comes in on standard
input, deltas go out on standard output, one JSON object a line. Trap: Locust patches sockets, TLS and
threads when it is imported, so it is imported before our own modules, which use them.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.fileobject import FileObject
from locust.env import Environment as LocustEnvironment

from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.generator.cooperative import yield_to_loop
from sessionload.generator.engine import LoadEngine
from sessionload.generator.locust_users import SessionUser, feed_locust, start_users_of

if TYPE_CHECKING:
    from locust.stats import RequestStats

TELL_EVERY_S = 1.0
_SPARE_DESCRIPTORS = 64


def main() -> int:
    """Read a spec, perform it, and tell deltas until the last one is said."""
    logging.getLogger("locust").setLevel(logging.ERROR)  # its ramp-up chatter is not about our load
    orders = FileObject(sys.stdin.buffer, "rb", close=False)
    inputs = orders.readline()
    if not inputs:
        return 0  # whoever started us has thought better of it
    told = json.loads(inputs)
    spec = run_spec_of(RunInputs.from_json(told), os.environ)
    raise_descriptor_limit(spec.scenario.max_in_flight)
    engine = LoadEngine(spec)
    listener = gevent.spawn(_listen, orders, engine)
    for name in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(name, engine.stop)
    _perform(spec, engine)
    listener.kill(block=False)
    return 0


def _perform(spec: RunSpec, engine: LoadEngine) -> None:
    environment = LocustEnvironment(user_classes=[SessionUser], host=spec.environment.url)
    SessionUser.engine = engine
    runner = environment.create_local_runner()
    ended = Event()
    told = FileObject(sys.stdout.fileno(), "wb", close=False)
    teller = gevent.spawn(_tell_often, engine, environment.stats, told, ended)
    engine.run(start_users_of(runner))
    ended.set()
    teller.join()  # what it is telling must be told
    runner.quit()  # users still in flight are cut here, and record it
    _tell(engine, environment.stats, told, last=True)


def _tell_often(engine: LoadEngine, stats: RequestStats, told: FileObject, ended: Event) -> None:
    while not ended.wait(TELL_EVERY_S):
        if engine.begun:
            _tell(engine, stats, told)


def _tell(engine: LoadEngine, stats: RequestStats, told: FileObject, *, last: bool = False) -> None:
    delta = engine.delta(last=last)
    feed_locust(stats, delta.measurement)
    yield_to_loop()
    words = delta.to_json(raw=True)
    yield_to_loop()
    line = json.dumps(words, separators=(",", ":")).encode()
    yield_to_loop()
    told.write(line + b"\n")  # it may be more than a pipe holds, and others go on meanwhile
    told.flush()


def _listen(orders: FileObject, engine: LoadEngine) -> None:
    """Obey `stop` and `cut`; the end of the input means that nobody listens any more."""
    for line in orders:
        if line.strip() == b"stop":
            engine.stop()
        elif line.strip() == b"cut":
            engine.cut()
    engine.cut()


def raise_descriptor_limit(connections: int) -> None:
    """Make room for that many connections, as far as the system allows without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


if __name__ == "__main__":
    sys.exit(main())

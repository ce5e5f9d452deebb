"""The generator: a process of its own that performs one worker's part of a run.

Law: it tells what it measured once a second and a last time when everything is accounted for; it
stops when it is told to, and when whoever started it is gone. Idea: the brief comes in on standard
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

from sessionload.edges.swarm import Swarm
from sessionload.edges.users import SessionUser, feed_locust, start_users_of
from sessionload.edges.yielding import let_others
from sessionload.inputs.brief import Brief, Sources, brief_of

if TYPE_CHECKING:
    from locust.stats import RequestStats

TELL_EVERY_S = 1.0
_SPARE_DESCRIPTORS = 64


def main() -> int:
    """Read a brief, perform it, and tell deltas until the last one is said."""
    logging.getLogger("locust").setLevel(logging.ERROR)  # its ramp-up chatter is not about our load
    orders = FileObject(sys.stdin.buffer, "rb", close=False)
    sources = orders.readline()
    if not sources:
        return 0  # whoever started us has thought better of it
    told = json.loads(sources)
    brief = brief_of(Sources.from_json(told), os.environ)
    raise_descriptor_limit(brief.scenario.max_in_flight)
    swarm = Swarm(brief)
    listener = gevent.spawn(_listen, orders, swarm)
    for name in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(name, swarm.stop)
    _perform(brief, swarm)
    listener.kill(block=False)
    return 0


def _perform(brief: Brief, swarm: Swarm) -> None:
    environment = LocustEnvironment(user_classes=[SessionUser], host=brief.environment.url)
    SessionUser.swarm = swarm
    runner = environment.create_local_runner()
    ended = Event()
    told = FileObject(sys.stdout.fileno(), "wb", close=False)
    teller = gevent.spawn(_tell_often, swarm, environment.stats, told, ended)
    swarm.run(start_users_of(runner))
    ended.set()
    teller.join()  # what it is telling must be told
    runner.quit()  # users still in flight are cut here, and record it
    _tell(swarm, environment.stats, told, last=True)


def _tell_often(swarm: Swarm, stats: RequestStats, told: FileObject, ended: Event) -> None:
    while not ended.wait(TELL_EVERY_S):
        if swarm.begun:
            _tell(swarm, stats, told)


def _tell(swarm: Swarm, stats: RequestStats, told: FileObject, *, last: bool = False) -> None:
    delta = swarm.delta(last=last)
    feed_locust(stats, delta.measurement)
    let_others()
    words = delta.to_json(loose=True)
    let_others()
    line = json.dumps(words, separators=(",", ":")).encode()
    let_others()
    told.write(line + b"\n")  # it may be more than a pipe holds, and others go on meanwhile
    told.flush()


def _listen(orders: FileObject, swarm: Swarm) -> None:
    """Obey `stop` and `cut`; the end of the input means that nobody listens any more."""
    for line in orders:
        if line.strip() == b"stop":
            swarm.stop()
        elif line.strip() == b"cut":
            swarm.cut()
    swarm.cut()


def raise_descriptor_limit(connections: int) -> None:
    """Make room for that many connections, as far as the system allows without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


if __name__ == "__main__":
    sys.exit(main())

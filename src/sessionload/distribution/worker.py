"""A worker: a process that performs what a master deals to it, and sends back what it measured.

It gets the inputs of the run from the master and the key from its own environment variable, starts one
session to see that it can, and then sends only while it holds a lease: a master that is gone or cut off means
silence within seconds. Each delta is sent again until the master says that it has it. Locust patches sockets
when it is imported, so it is imported before our modules that use them.
"""

from __future__ import annotations

import io
import logging
import math
import os
import sys
import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import AsyncResult, Event
from gevent.fileobject import FileObject
from locust import runners
from locust.env import Environment as LocustEnvironment

import sessionload
from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.distribution.channel import Channel
from sessionload.distribution.curve_keys import keys_of
from sessionload.distribution.messages import (
    FROM_MASTER,
    Brief,
    Cut,
    Deal,
    DeltaLine,
    Hello,
    Lease,
    Ping,
    Pong,
    Ready,
    Start,
    Stop,
)
from sessionload.distribution.patient_runner import PatientRunner
from sessionload.errors import SessionloadError
from sessionload.generator.engine import LoadEngine
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.process_limits import allow_connections, forbid_core_dumps
from sessionload.suite.preflight import preflight
from sessionload.units import NS
from sessionload.workload.deal import Part

if TYPE_CHECKING:
    from locust.runners import WorkerRunner

    from sessionload.distribution.messages import Message

DELTA_EVERY_S = 1.0
_AGAIN_S = 2.0
"""A delta that the master does not have after this time is sent again."""
_LAST_WORDS_S = 10.0
"""How long the last delta is sent again before the worker gives up."""
_LOCAL_WAIT_S = 60.0


class Worker:
    """One worker, from its first word to the last."""

    def __init__(self, runner: WorkerRunner) -> None:
        """Work for the master to which a runner is connected."""
        self._runner = runner
        self._brief: AsyncResult[Brief] = AsyncResult()
        self._start: AsyncResult[Start] = AsyncResult()
        self._engine: LoadEngine | None = None
        self._early: list[Message] = []
        """What the master said about the load before there was an engine."""
        self._unconfirmed: dict[int, tuple[float, DeltaLine]] = {}
        """Deltas that the master has not confirmed, with the instant at which each was sent last."""
        self._confirmed = Event()
        channel = Channel(self._runner, FROM_MASTER, lambda _, message: self._obey(message))
        self._send = channel.send

    def run(self) -> int:
        """Take part in one run to its end; return the exit code."""
        self._send(Hello(sessionload.__version__, os.getpid()))
        brief = self._brief.get()
        inputs = RunInputs.read(io.BytesIO(brief.inputs))
        if inputs is None:
            return 2
        try:
            spec = run_spec_of(inputs, os.environ)
            preflight(spec)
        except SessionloadError as error:
            self._send(Ready(str(error)))
            return error.exit_code
        allow_connections(spec.scenario.max_in_flight)
        self._send(Ready())
        start = self._start.get()
        self._engine = LoadEngine(
            spec, worker=brief.worker, part=Part(start.first, start.stripe, start.stripes)
        )
        self._engine.lease(start.origin_ns)
        for message in self._early:
            self._obey(message)
        self._execute(self._engine, start)
        return 0

    def _execute(self, engine: LoadEngine, start: Start) -> None:
        SessionUser.engine = engine
        ended = Event()
        reporter = gevent.spawn(self._report_often, engine, ended)
        engine.run(start_users_of(self._runner), start.origin_ns)
        ended.set()
        reporter.join()
        self._runner.stop()
        self._report(engine, last=True)
        end_s = time.monotonic() + _LAST_WORDS_S
        while not self._confirmed.wait(0.1) and time.monotonic() < end_s:
            self._send_again()

    def _report_often(self, engine: LoadEngine, ended: Event) -> None:
        while not ended.wait(DELTA_EVERY_S):
            if engine.begun:
                self._report(engine)
            self._send_again()

    def _report(self, engine: LoadEngine, *, last: bool = False) -> None:
        delta = engine.delta(last=last)
        message = DeltaLine(delta.number, delta.line(), last)
        self._unconfirmed[delta.number] = (time.monotonic(), message)
        self._send(message)

    def _send_again(self) -> None:
        now_s = time.monotonic()
        for number, (sent_s, message) in list(self._unconfirmed.items()):
            if now_s - sent_s > _AGAIN_S:
                self._unconfirmed[number] = (now_s, message)
                self._send(message)

    # What the master says

    def _obey(self, message: Message) -> None:
        match message:
            case Ping(sent_ns=sent_ns):
                self._send(Pong(sent_ns, time.monotonic_ns()))
            case Brief():
                self._brief.set(message)
            case Start():
                self._start.set(message)
            case Lease(seconds=seconds, next_delta=next_delta):
                self._renew(seconds, next_delta)
            case Deal() | Stop() | Cut() if self._engine is None:
                self._early.append(message)
            case Deal(first=first, stripe=stripe, stripes=stripes) if self._engine is not None:
                self._engine.deal(Part(first, stripe, stripes))
            case Stop(grace_s=grace_s) if self._engine is not None:
                self._engine.stop(grace_s)
            case Cut() if self._engine is not None:
                self._engine.cut()

    def _renew(self, seconds: float, next_delta: int) -> None:
        if self._engine is not None:
            self._engine.lease(time.monotonic_ns() + int(seconds * NS))
        for number in [number for number in self._unconfirmed if number < next_delta]:
            if self._unconfirmed.pop(number)[1].last:
                self._confirmed.set()


def _end_with_the_starter(stdin: FileObject) -> None:
    """End when standard input ends: then the process that started this one is gone."""
    stdin.read()
    os._exit(1)


def main(host: str, port: str) -> int:
    """Work for the master at `host` and `port`, which has started this process and writes it its keys."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(logging.ERROR)
    runners.WORKER_LOG_REPORT_INTERVAL = -1
    runners.MASTER_HEARTBEAT_TIMEOUT = math.inf  # its clock is the wall's; a lease has a better one
    stdin = FileObject(sys.stdin.buffer, "rb", close=False)
    keys = keys_of(stdin.readline().decode())
    gevent.spawn(_end_with_the_starter, stdin)
    environment = LocustEnvironment(user_classes=[SessionUser])
    return Worker(PatientRunner(environment, host, int(port), keys, _LOCAL_WAIT_S)).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

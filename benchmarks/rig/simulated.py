"""Workers that say all that workers say, and make no load.

    python benchmarks/rig/simulated.py PORT COUNT RATE SECONDS

They are the real ones, many in a process, with an engine in place of the real one that makes a delta of each
second from a bank of them: RATE session starts with service times of a lognormal, recorded as the generator
records them. The master must be at PORT of this machine, and wait without keys.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust import runners
from locust.env import Environment as LocustEnvironment

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sessionload.distribution import worker as worker_module
from sessionload.distribution.patient_runner import PatientRunner
from sessionload.distribution.worker import Worker
from sessionload.generator.locust_users import SessionUser
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, RawMeasurement
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec

_BANK = 8
"""Seconds that are recorded once; each worker begins elsewhere among them."""
_WAIT_S = 120.0


def bank(rate: int) -> list[RawMeasurement]:
    """Return measurements of a second each, all of the second 0 of stage 0."""
    draw = random.Random(7)  # noqa: S311 - a simulation
    kept = []
    for _ in range(_BANK):
        recorder = MeasurementRecorder()
        exchanges = []
        for index in range(rate):
            due = index * NS // rate
            start = due + int(draw.lognormvariate(11, 0.4))
            done = min(start + int(draw.lognormvariate(17.5, 0.6)), NS - 1)
            exchanges.append(Exchange(index, due, start, done, Outcome.OK, 0, 200))
        recorder.record_sent(*(min(exchange.sent_ns, NS - 1) for exchange in exchanges))
        recorder.record_done(0, *exchanges)
        recorder.generator.wall_ns = NS
        recorder.generator.cpu_ns = NS // 2
        kept.append(recorder.raw())
    return kept


class Engine:
    """What a worker needs of an engine, with deltas from a bank and no load."""

    kept: list[RawMeasurement]
    seconds: int

    def __init__(self, spec: RunSpec, *, worker: int, part: object) -> None:
        del spec, part
        self._worker = worker
        self._number = self._told = 0
        self._origin_ns = 0
        self.begun = False
        self.completed = True

    def run(self, _: object, origin_ns: int) -> None:
        """Be under load until all seconds have passed."""
        self._origin_ns = origin_ns
        gevent.sleep(max(0.0, (origin_ns - time.monotonic_ns()) / NS))
        self.begun = True
        gevent.sleep(self.seconds)

    def delta(self, *, last: bool = False) -> RawDelta:
        """Return what would have been measured in the seconds that have passed and were not told yet."""
        elapsed_ns = time.monotonic_ns() - self._origin_ns
        passed = self.seconds if last else min(self.seconds, elapsed_ns // NS)
        whole = RawMeasurement([], [], [], self.kept[0].generator, 0)
        for second in range(self._told, passed):
            part = self.kept[(self._worker + second) % _BANK]
            for each in part.slices:
                names = each.__struct_fields__
                fields = {name: getattr(each, name) for name in names} | {"second": second}
                whole.slices.append(type(each)(**fields))
            whole.flow += [(second, sent, done) for _, sent, done in part.flow]
            whole.sent += part.sent
        self._told = passed
        self._number += 1
        return RawDelta(
            worker=self._worker,
            number=self._number - 1,
            elapsed_ns=elapsed_ns,
            in_flight=0,
            waiting=0,
            settled_ns=min(elapsed_ns, passed * NS),
            last=last,
            measurement=whole,
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - leases, deals and stops, which change nothing here
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_, **__: None


def work(port: int) -> None:
    """Be one worker of the run at `port`."""
    environment = LocustEnvironment(user_classes=[SessionUser])
    runner = PatientRunner(environment, "127.0.0.1", port, None, _WAIT_S)
    Worker(runner, host="simulated").run(_WAIT_S)


def main(port: int, count: int, rate: int, seconds: int) -> None:
    """Be so many workers."""
    runners.WORKER_LOG_REPORT_INTERVAL = -1
    runners.MASTER_HEARTBEAT_TIMEOUT = float("inf")
    Engine.kept, Engine.seconds = bank(rate), seconds
    vars(worker_module).update(LoadEngine=Engine, preflight=_no_preflight)  # no server is there for so many
    gevent.joinall([gevent.spawn(work, port) for _ in range(count)], raise_error=True)


def _no_preflight(_: object) -> Any:  # noqa: ANN401 - of which the time is said
    class Answer:
        elapsed_ns = 1

    return Answer


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))

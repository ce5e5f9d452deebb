"""Workers that only talk: they greet, are briefed, and report what they would have measured.

    python crowd.py HOST PORT COUNT RATE SECONDS

To their master they are like any others: the same sockets, messages and heartbeats, and deltas as a worker's
recorder makes them, from as many exchanges as it would be dealt in a second at RATE. They start no session.
Their deltas are spread over each second, and each has parts of two seconds, as those of real workers have.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import cycle
from random import Random

import gevent
import msgspec
from gevent.event import Event
from locust import __version__ as locust_version
from locust.rpc import Message as Envelope
from locust.rpc import zmqrpc

import sessionload
from sessionload.distribution.messages import (
    FROM_MASTER,
    Brief,
    DeltaLine,
    Hello,
    Message,
    Ping,
    Pong,
    Ready,
    Start,
    data_of,
    name_of,
    read,
)
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, RawMeasurement
from sessionload.units import NS

_PHASES = 8
_KINDS = {name_of(kind): kind for kind in FROM_MASTER}
_BATCH = 64


def measured(first: int, last: int, rate: int, draw: Random) -> RawMeasurement:
    """Return what arrivals `first` to `last` of a worker leave behind, of `rate` in a second."""
    recorder = MeasurementRecorder()
    exchanges = []
    for index in range(first, last):
        due = index * NS // rate
        sent = due + int(draw.lognormvariate(12, 0.4))
        done = sent + int(draw.lognormvariate(17.5, 0.6))
        exchanges.append(Exchange(index, due, sent, done, Outcome.OK, 0, 200))
        recorder.record_sent(sent)
    for begin in range(0, len(exchanges), _BATCH):
        recorder.record_done(0, *exchanges[begin : begin + _BATCH])
    recorder.generator.wall_ns = recorder.generator.cpu_ns = 0
    return recorder.raw()


def later(measurement: RawMeasurement, seconds: int) -> RawMeasurement:
    """Return a measurement as it would be so many seconds later."""
    return msgspec.structs.replace(
        measurement,
        slices=[msgspec.structs.replace(one, second=one.second + seconds) for one in measurement.slices],
        flow=[(second + seconds, sent, done) for second, sent, done in measurement.flow],
    )


class Story:
    """What a worker reports that begins to report at a phase of a second: first, each second, and last."""

    def __init__(self, phase: int, rate: int, seconds: int, draw: Random) -> None:
        self.phase_s = phase / _PHASES
        self._seconds = seconds
        split = rate * phase // _PHASES
        self._first = measured(0, split, rate, draw)
        self._middle = measured(split, split + rate, rate, draw)
        self._last = later(measured(split, rate, rate, draw), seconds - 1)

    def delta(self, worker: int, number: int) -> RawDelta:
        """Return a delta of a worker; the last one has the number of the seconds."""
        middle = self._middle if number == 1 else later(self._middle, number - 1)
        last = number == self._seconds
        elapsed_ns = int((number + self.phase_s + last) * NS)
        return RawDelta(
            worker=worker,
            number=number,
            elapsed_ns=elapsed_ns,
            in_flight=0,
            waiting=0,
            settled_ns=elapsed_ns,
            last=last,
            measurement=self._last if last else middle if number else self._first,
        )


class Talker:
    """One worker."""

    def __init__(self, address: tuple[str, int], number: int, story: Story) -> None:
        self._node = f"crowd-{number}"
        self._client = zmqrpc.Client(*address, self._node)
        self._number, self._story = number, story
        self._worker = 0
        self._origin_ns = 0
        self._acknowledged, self._started = Event(), Event()

    def live(self, seconds: int) -> None:
        """Take part in a run to its end."""
        listener = gevent.spawn(self._listen)
        self._utter("client_ready", locust_version)
        self._acknowledged.wait()
        beat = gevent.spawn(self._beat)
        self._say(Hello(sessionload.__version__, os.getpid()))
        self._started.wait()
        for number in range(seconds + 1):
            due_ns = self._origin_ns + int((number + self._story.phase_s) * NS)
            gevent.sleep(max(0.0, (due_ns - time.monotonic_ns()) / NS))
            delta = self._story.delta(self._worker, number)
            self._say(DeltaLine(number, delta.line(), delta.last))
        gevent.sleep(1)
        for greenlet in (beat, listener):
            greenlet.kill()

    def _beat(self) -> None:
        while True:
            self._utter("heartbeat", {"state": "ready", "current_cpu_usage": 0, "current_memory_usage": 0})
            gevent.sleep(1)

    def _listen(self) -> None:
        while True:
            envelope = self._client.recv()
            if envelope.type == "ack":
                self._acknowledged.set()
            kind = _KINDS.get(envelope.type)
            message = kind and read(kind, envelope.data)
            match message:
                case Brief(worker=worker):
                    self._worker = worker
                    self._say(Ready())
                case Ping(sent_ns=sent_ns):
                    self._say(Pong(sent_ns, time.monotonic_ns()))
                case Start(origin_ns=origin_ns):
                    self._origin_ns = origin_ns
                    self._started.set()

    def _say(self, message: Message) -> None:
        self._utter(name_of(type(message)), data_of(message))

    def _utter(self, name: str, data: object) -> None:
        self._client.send(Envelope(name, data, self._node))


def main(host: str, port: str, count: str, rate: str, seconds: str) -> None:
    """Be so many workers."""
    draw = Random(7)  # noqa: S311 - a simulation
    stories = cycle([Story(phase, int(rate), int(seconds), draw) for phase in range(_PHASES)])
    talkers = [
        Talker((host, int(port)), number, story)
        for number, story in zip(range(int(count)), stories, strict=False)
    ]
    gevent.joinall([gevent.spawn(talker.live, int(seconds)) for talker in talkers], raise_error=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

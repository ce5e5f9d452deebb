"""The master: it deals the arrivals of a run to workers and passes their deltas on to the command.

To the command it is a generator like any other (see `generator/worker_process.py`): inputs and commands come
on standard input, deltas go to standard output, those of one worker in order and each once. A worker may send
only while it holds a lease, which it gets each second; one that says nothing for a while is lost, and its
arrivals are dealt to the others from a stated instant on. Those between belong to nobody: they count as lost.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gevent
from gevent.fileobject import FileObject
from gevent.queue import Empty, Queue
from locust.env import Environment as LocustEnvironment

import sessionload
from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.distribution.channel import Channel
from sessionload.distribution.clock_offset import Offset, better, offset_of
from sessionload.distribution.delta_inbox import DeltaInbox
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.messages import (
    FROM_WORKERS,
    Brief,
    Cut,
    Deal,
    DeltaLine,
    Hello,
    Lease,
    Message,
    Ping,
    Pong,
    Ready,
    Start,
    Stop,
)
from sessionload.generator.worker_process import READY
from sessionload.metrics.raw import RawLoss
from sessionload.process_limits import forbid_core_dumps
from sessionload.units import NS
from sessionload.workload.deal import deal

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec

LEASE_S = 3.0
RENEW_EVERY_S = 1.0
LOST_AFTER_S = 4.0
"""A worker that has said nothing for so long is lost."""
_JOIN_S = 60.0
_PINGS = 20
_HEAD_START_NS = NS
"""From the last word before the load to the first due instant: workers start their users in it."""
_DEAL_AHEAD_NS = NS
"""From a new deal to the first arrival that it is about, so that all workers know it by then."""
_TICK_S = 0.1


@dataclass
class Peer:
    """A worker as the master sees it."""

    number: int
    process: subprocess.Popen[bytes]
    node: str = ""
    """Its name among Locust's workers; empty until it has said who it is."""
    offset: Offset | None = None
    inbox: DeltaInbox = field(default_factory=DeltaInbox)
    heard_s: float = 0.0
    """When it said something last (monotonic)."""
    ready: bool = False
    lost: bool = False
    ended: bool = False


class Master:
    """One run by several workers, from their start to their last delta."""

    def __init__(self, commands: FileObject, count: int) -> None:
        self._commands = commands
        runner = guarded(LocustEnvironment(user_classes=[]).create_master_runner("127.0.0.1", 0))
        self._said: Queue[tuple[str, Message, int]] = Queue()
        """What workers said: who, what, and when it came (monotonic, ns)."""
        self._channel = Channel(runner, FROM_WORKERS, self._take)
        port = runner.server.port
        self._peers = [Peer(number, _started(port)) for number in range(count)]
        self._stdout = FileObject(sys.stdout.fileno(), "wb", close=False)
        self._origin_ns = 0
        self._ending: list[Message] = []
        """What the command said about the end; workers that are not known yet are told later."""

    def run(self) -> int:
        """Take the inputs, perform the run, return the exit code."""
        os.write(sys.stdout.fileno(), READY)
        inputs = RunInputs.read(self._commands)
        if inputs is None:
            return 0
        spec = run_spec_of(inputs, os.environ)
        listener = gevent.spawn(self._listen)
        refusal = self._gather(b"".join(inputs.pieces()))
        if refusal:
            sys.stderr.write(f"{refusal}\n")
            return 3
        self._compare_clocks()
        self._begin()
        self._follow(spec)
        listener.kill(block=False)
        return 0

    def close(self) -> None:
        """End what is left of the workers."""
        for peer in self._peers:
            if peer.process.poll() is None:
                peer.process.kill()
            peer.process.wait()

    # Before the load

    def _gather(self, inputs: bytes) -> str:
        """Brief each worker and wait until all are ready; return why one cannot take part, or nothing."""
        end_s = time.monotonic() + _JOIN_S
        while not all(peer.ready for peer in self._peers):
            ended = [peer for peer in self._peers if peer.process.poll() is not None]
            if ended or time.monotonic() > end_s:
                return "a worker ended while it started" if ended else "a worker did not get ready in time"
            for node, message, _ in self._heard():
                peer = self._peer(node)
                match message:
                    case Hello(version=version, process=process):
                        if version != sessionload.__version__:
                            return f"a worker has version {version}, and the master {sessionload.__version__}"
                        self._welcome(node, process, inputs)
                    case Ready(refusal=refusal) if peer is not None:
                        if refusal:
                            return refusal
                        peer.ready = True
        return ""

    def _welcome(self, node: str, process: int, inputs: bytes) -> None:
        for peer in self._peers:
            if peer.process.pid == process and not peer.node:
                peer.node = node
                self._send(peer, Brief(peer.number, inputs))

    def _compare_clocks(self) -> None:
        for _ in range(_PINGS):
            for peer in self._peers:
                self._send(peer, Ping(time.monotonic_ns()))
                for node, message, at_ns in self._heard():
                    answering = self._peer(node)
                    if isinstance(message, Pong) and answering is not None:
                        seen = offset_of(message.sent_ns, message.at_ns, at_ns)
                        answering.offset = better(answering.offset, seen)

    def _begin(self) -> None:
        self._origin_ns = time.monotonic_ns() + _HEAD_START_NS
        parts = deal([peer.number for peer in self._peers], (), 0)
        for peer in self._peers:
            offset_ns = peer.offset.offset_ns if peer.offset else 0
            self._send(peer, Start(self._origin_ns + offset_ns, *parts[peer.number]))
            peer.heard_s = self._origin_ns / NS
            for message in self._ending:
                self._send(peer, message)

    # Under load

    def _follow(self, spec: RunSpec) -> None:
        renewed_s = 0.0
        while any(not peer.ended and not peer.lost for peer in self._peers):
            for node, message, _ in self._heard():
                peer = self._peer(node)
                if peer is None:
                    continue
                peer.heard_s = time.monotonic()
                if isinstance(message, DeltaLine):
                    self._pass_on(peer, message)
            now_s = time.monotonic()
            if now_s - renewed_s >= RENEW_EVERY_S:
                renewed_s = now_s
                for peer in self._peers:
                    self._send(peer, Lease(0.0 if peer.lost else LEASE_S, peer.inbox.next_delta))
            for peer in self._peers:
                silent = now_s - peer.heard_s > LOST_AFTER_S
                if not peer.lost and not peer.ended and (silent or peer.process.poll() is not None):
                    self._lose(peer, spec)

    def _pass_on(self, peer: Peer, delta: DeltaLine) -> None:
        for line in peer.inbox.take(delta.number, delta.line):
            self._stdout.write(line)
        self._stdout.flush()
        if delta.last and peer.inbox.next_delta > delta.number:
            peer.ended = True
            self._send(peer, Lease(0.0, peer.inbox.next_delta))

    def _lose(self, lost: Peer, spec: RunSpec) -> None:
        """Deal what the worker had to the others, from an instant on that all of them hear of before."""
        lost.lost = True
        noticed_ns = time.monotonic_ns() - self._origin_ns
        self._stdout.write(
            RawLoss(lost.number, max(0, noticed_ns), max(0, noticed_ns + _DEAL_AHEAD_NS)).line()
        )
        self._stdout.flush()
        present = [peer.number for peer in self._peers if not peer.lost and not peer.ended]
        if not present:
            return
        first = spec.scenario.schedule.index_at(noticed_ns + _DEAL_AHEAD_NS)
        absent = [peer.number for peer in self._peers if peer.number not in present]
        for number, part in deal(present, absent, first).items():
            self._send(self._peers[number], Deal(*part))

    def _listen(self) -> None:
        """Obey the command: `stop SECONDS` and `cut`; the end of the input means that it is gone."""
        for line in self._commands:
            command, _, grace_s = line.strip().partition(b" ")
            if command == b"stop":
                self._end(Stop(float(grace_s) if grace_s else None))
            elif command == b"cut":
                self._end(Cut())
        self._end(Cut())

    def _end(self, message: Message) -> None:
        self._ending.append(message)
        for peer in self._peers:
            self._send(peer, message)

    # What is said

    def _take(self, node: str, message: Message) -> None:
        self._said.put((node, message, time.monotonic_ns()))

    def _heard(self) -> list[tuple[str, Message, int]]:
        """Return what was said, after a wait for the first."""
        try:
            heard = [self._said.get(timeout=_TICK_S)]
        except Empty:
            return []
        while not self._said.empty():
            heard.append(self._said.get())
        return heard

    def _peer(self, node: str) -> Peer | None:
        return next((peer for peer in self._peers if peer.node == node), None)

    def _send(self, peer: Peer, message: Message) -> None:
        if peer.node:
            self._channel.send(message, peer.node)


def _started(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "sessionload.distribution.worker", "127.0.0.1", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def main(count: str) -> int:
    """Perform a run with so many local workers."""
    forbid_core_dumps()
    logging.getLogger("locust").setLevel(logging.ERROR)
    master = Master(FileObject(sys.stdin.buffer, "rb", close=False), int(count))
    try:
        return master.run()
    finally:
        master.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

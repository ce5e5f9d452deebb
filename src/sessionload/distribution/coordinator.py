"""One run by several workers: they are gathered, start together, and are followed to their last delta.

It does not know where it is hosted: it has Locust's runner, in a process of our own or of Locust's, and a
function that takes lines. That gets the deltas, those of one worker in order and each once. A worker may send
only while it holds a lease, which it gets each second; one that says nothing for a while is lost, and its
arrivals are dealt to the others from a stated instant on. Those between belong to nobody: they count as lost.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessionload.distribution.handshake import Handshake, compared
from sessionload.distribution.mailbox import Mailbox
from sessionload.distribution.messages import Deal, DeltaLine, Lease, Message, Start
from sessionload.distribution.peers import Peer, Peers
from sessionload.metrics.worker_events import WorkDealt, WorkerLoss, WorkerSeen, event_line
from sessionload.units import NS
from sessionload.workload.deal import deal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from locust.runners import MasterRunner

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.distribution.local_workers import LocalWorkers
    from sessionload.metrics.worker_events import WorkerEvent
    from sessionload.workload.deal import Part

LEASE_S = 3.0
RENEW_EVERY_S = 1.0
LOST_AFTER_S = 4.0
"""A worker that has said nothing for so long is lost."""
_JOIN_S = 60.0
_COMPARE_S = 10.0
_HEAD_START_NS = NS
"""From the last word before the load to the first due instant: workers start their users in it."""
_DEAL_AHEAD_NS = NS
"""From a new deal to the first arrival that it is about, so that all workers know it by then."""


class Coordinator:
    """What the master does, from the first worker's hello to the last one's delta."""

    def __init__(
        self,
        runner: MasterRunner,
        emit: Callable[[bytes], object],
        inputs: RunInputs,
        spec: RunSpec,
        local: LocalWorkers,
    ) -> None:
        """Coordinate a run; `emit(line)` gets each delta and each loss, as `metrics.raw` writes them."""
        self._emit = emit
        self._spec = spec
        self._local = local
        self._mailbox = Mailbox(runner)
        self._peers = Peers()
        self._handshake = Handshake(self._peers, self._mailbox, b"".join(inputs.pieces()), local.of)
        self._origin_ns = 0
        self._ending: list[Message] = []
        """What was said about the end; workers that are not dealt anything yet are told later."""

    def run(self, count: int) -> str:
        """Perform the run with so many workers; return why it could not begin, or nothing."""
        refusal = self._gather(count)
        if not refusal:
            self._compare_clocks()
            self._begin()
            self._follow()
        return refusal

    def end(self, message: Message) -> None:
        """Tell all workers how the run shall end, also those that start later. May be called at any time."""
        self._ending.append(message)
        for peer in self._peers:
            if peer.dealt:
                self._mailbox.send(peer.node, message)

    # Before the load

    def _gather(self, count: int) -> str:
        """Wait until so many are ready; return why they will not be, or nothing."""
        end_s = time.monotonic() + _JOIN_S
        while len(self._peers.ready) < count:
            if self._local.one_has_ended:
                return "a worker ended while it started"
            if time.monotonic() > end_s:
                return "a worker did not get ready in time"
            for said in self._mailbox.heard():
                self._handshake.take(said)
            if self._handshake.refusal:
                return self._handshake.refusal
        return ""

    def _compare_clocks(self) -> None:
        ready = self._peers.ready
        for peer in ready:
            self._handshake.compare_clock(peer)
        end_s = time.monotonic() + _COMPARE_S
        while not all(map(compared, ready)) and time.monotonic() < end_s:
            for said in self._mailbox.heard():
                self._handshake.take(said)

    def _begin(self) -> None:
        ready = self._peers.ready
        self._origin_ns = time.monotonic_ns() + _HEAD_START_NS
        parts = deal([peer.number for peer in ready], (), 0)
        for peer in ready:
            self._tell(seen(peer))
        self._tell(dealt(parts))
        for peer in ready:
            offset_ns = peer.offset.offset_ns if peer.offset else 0
            self._mailbox.send(peer.node, Start(self._origin_ns + offset_ns, *parts[peer.number]))
            peer.dealt = True
            peer.heard_s = self._origin_ns / NS
            for message in self._ending:
                self._mailbox.send(peer.node, message)

    # Under load

    def _follow(self) -> None:
        renewed_s = 0.0
        while self._peers.present:
            for said in self._mailbox.heard():
                peer = self._peers.of(said.node)
                if peer is not None:
                    peer.heard_s = time.monotonic()
                    if isinstance(said.message, DeltaLine):
                        self._pass_on(peer, said.message)
            now_s = time.monotonic()
            if now_s - renewed_s >= RENEW_EVERY_S:
                renewed_s = now_s
                for peer in self._peers:
                    self._renew(peer)
            for peer in self._peers.present:
                if peer.silent(now_s, LOST_AFTER_S):
                    self._lose(peer)

    def _renew(self, peer: Peer) -> None:
        self._mailbox.send(peer.node, Lease(0.0 if peer.lost else LEASE_S, peer.inbox.next_delta))

    def _pass_on(self, peer: Peer, delta: DeltaLine) -> None:
        for line in peer.inbox.take(delta.number, delta.line):
            self._emit(line)
        if delta.last and peer.inbox.next_delta > delta.number:
            peer.ended = True
            self._mailbox.send(peer.node, Lease(0.0, peer.inbox.next_delta))

    def _tell(self, event: WorkerEvent) -> None:
        self._emit(event_line(event))

    def _lose(self, lost: Peer) -> None:
        """Deal what the worker had to the others, from an instant on that all of them hear of before."""
        lost.lost = True
        noticed_ns = time.monotonic_ns() - self._origin_ns
        dealt_ns = noticed_ns + _DEAL_AHEAD_NS
        self._tell(WorkerLoss(lost.number, max(0, noticed_ns), max(0, dealt_ns)))
        if not self._peers.present:
            return
        first = self._spec.scenario.schedule.index_at(dealt_ns)
        absent = [peer.number for peer in self._peers if peer.dealt and not peer.present]
        parts = deal([peer.number for peer in self._peers.present], absent, first)
        self._tell(dealt(parts))
        for peer in self._peers:
            if peer.number in parts:
                self._mailbox.send(peer.node, Deal(*parts[peer.number]))


def seen(peer: Peer, joined_ns: int = 0) -> WorkerSeen:
    """Return what is known of a worker that is dealt arrivals."""
    error_ns = peer.offset.error_ns if peer.offset else 0
    return WorkerSeen(peer.number, peer.where, error_ns, 2 * error_ns, joined_ns)


def dealt(parts: Mapping[int, Part]) -> WorkDealt:
    """Return a deal as an event: the arrival that it begins with, and who performs what."""
    first = next(iter(parts.values())).first
    return WorkDealt(first, [(number, part.stripe, part.stripes) for number, part in parts.items()])

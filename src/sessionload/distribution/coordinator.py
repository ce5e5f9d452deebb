"""One run by several workers: they are gathered, start together, and are followed to their last delta.

It does not know where it is hosted: it has a mailbox on a runner of Locust's, in a process of our own or of
Locust's, and a function that takes lines. That gets the deltas, those of one worker in order and each once. A
worker may send only while it holds a lease, for which it asks each second; one that says nothing for a while
is lost, and its arrivals are dealt to the others from a stated instant on. Those between belong to nobody:
they count as lost. A worker that comes while there is load gets its part from a stated instant on as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from gevent.event import Event

from sessionload.distribution.dealing import Dealer
from sessionload.distribution.digests import Digests
from sessionload.distribution.gathering import Gathered, NoRun, Waiting
from sessionload.distribution.handshake import Handshake
from sessionload.distribution.key_ledger import KeyLedger
from sessionload.distribution.messages import Alive, Deal, DeltaLine, KeyHashes, Lease, Leave, Start
from sessionload.distribution.peers import Peer, Peers
from sessionload.metrics.worker_events import WorkDealt, WorkerLoss, WorkerSeen, event_line
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.distribution.dealing import Dealt
    from sessionload.distribution.gathering import Step
    from sessionload.distribution.local_workers import LocalWorkers
    from sessionload.distribution.mailbox import Mailbox, Said
    from sessionload.distribution.messages import Message
    from sessionload.metrics.worker_events import WorkerEvent

LEASE_NS = 3 * NS
"""From a worker's question until its lease ends."""
_BEYOND_NS = NS // 100
"""From the end of the last lease to a new deal: two clocks differ by less in the time of a lease."""
ASK_EVERY_S = 1.0
LOST_AFTER_S = 4.0
"""A worker that has said nothing for so long is lost."""
_GONE_AFTER_S = 3.0
"""Before the load, a worker that has not answered for so long is not counted; it is asked each second."""
_COMPARE_S = 10.0
_HEAD_START_NS = NS
"""From the last word before the load to the first due instant: workers start their users in it."""
_DEAL_AHEAD_NS = NS
"""From a new deal to the first arrival that it is about, so that all workers know it by then."""
_JOIN_AHEAD_NS = 2 * NS
"""The same for a deal to a worker that has yet to start its users."""


class Wanted(NamedTuple):
    """How many workers a run begins with, and how long it waits for them."""

    workers: int
    wait_s: float


class Coordinator:
    """What the master does, from the first worker's hello to the last one's delta."""

    def __init__(
        self,
        mailbox: Mailbox,
        emit: Callable[[bytes], object],
        inputs: RunInputs,
        spec: RunSpec,
        local: LocalWorkers | None = None,
    ) -> None:
        """Coordinate a run; `emit(line)` gets what `metrics.raw` writes: deltas, and who is lost or joins.

        With `local` only these workers take part.
        """
        self._mailbox = mailbox
        self._emit = emit
        self._local = local
        self._peers = Peers()
        self._handshake = Handshake(
            self._peers,
            mailbox,
            b"".join(inputs.pieces()),
            Digests.of(spec),
            None if local is None else local.of,
        )
        self._keys = KeyLedger()
        self._dealer = Dealer(spec.scenario.schedule)
        self._planned = spec.scenario.schedule.planned()
        self._origin_ns = 0
        self._asked_s = 0.0
        """When all workers were sent something last."""
        self._decided = Event()
        """Whether it is said that the load begins, or that it does not."""
        self._ending: list[Message] = []
        """What was said about the end; workers that are not dealt anything yet are told later."""

    def run(self, wanted: Wanted, tell: Callable[[Step], object]) -> bool:
        """Perform the run with so many workers, after `begin`; return whether there was one.

        `tell(step)` hears who is there until the load begins.
        """
        no_run = self._gather(wanted, tell)
        tell(no_run or Gathered())
        if no_run is None:
            while not self._decided.is_set():
                self._hear_before_load()
        if no_run is not None or self._ending:
            self._call_off()
            return False
        self._compare_clocks()
        self._start()
        self._follow()
        return True

    def begin(self) -> None:
        """Let the load begin as soon as all are gathered. May be called at any time."""
        self._decided.set()

    def end(self, message: Message) -> None:
        """Tell all workers how the run shall end, also those that start later. May be called at any time."""
        self._ending.append(message)
        self._decided.set()
        for peer in self._peers:
            if peer.dealt:
                self._mailbox.send(peer.node, message)

    # Before the load

    def _ready(self) -> list[Peer]:
        return self._peers.ready(time.monotonic(), _GONE_AFTER_S)

    def _gather(self, wanted: Wanted, tell: Callable[[Step], object]) -> NoRun | None:
        """Wait until so many are ready; return why they will not be, if so."""
        end_s = time.monotonic() + wanted.wait_s
        told = -1
        while not self._ending:
            ready = len(self._ready())
            news, self._handshake.news = self._handshake.news, []
            if self._local is not None and self._handshake.refusals:
                return NoRun("worker-refused", self._handshake.refusals[-1])
            if ready != told or news:
                told = ready
                tell(Waiting(ready, wanted.workers, "; ".join(news)))
            if ready >= wanted.workers:
                return None
            if self._local is not None and self._local.one_has_ended:
                hint = "is there memory for as many processes?"
                return NoRun("worker-ended", "a worker ended while it started, and nothing was sent", hint)
            if time.monotonic() > end_s:
                return self._too_few(ready, wanted)
            self._hear_before_load()
        return None

    def _too_few(self, ready: int, wanted: Wanted) -> NoRun:
        refusals = self._handshake.refusals
        waited = duration_text(int(wanted.wait_s * NS))
        return NoRun(
            "workers-missing",
            f"{ready} of {wanted.workers} workers were ready after {waited}"
            + (f"; {refusals[-1]}" if refusals else ""),
            "look at what the workers say; --wait is how long they have",
        )

    def _hear_before_load(self) -> None:
        for said in self._mailbox.heard():
            self._handshake.take(said)
        self._ask(time.monotonic(), self._peers)

    def _ask(self, now_s: float, peers: Iterable[Peer]) -> None:
        """Ask workers each second what time it is, so that both sides know that the other is there."""
        if now_s - self._asked_s >= ASK_EVERY_S:
            self._asked_s = now_s
            for peer in peers:
                self._handshake.ask(peer)

    def _call_off(self) -> None:
        for peer in self._peers:
            self._handshake.turn_away(peer.node, "there is no run: it was called off before the load")

    def _compare_clocks(self) -> None:
        ready = self._ready()
        for peer in ready:
            self._handshake.compare_clock(peer)
        end_s = time.monotonic() + _COMPARE_S
        while not all(peer.compared for peer in ready) and time.monotonic() < end_s:
            self._hear_before_load()

    # Under load

    def _start(self) -> None:
        """Deal everything to those who are ready. One that fell silent meanwhile is dealt to, and is lost."""
        self._origin_ns = time.monotonic_ns() + _HEAD_START_NS
        ready = [peer for peer in self._peers if peer.ready and peer.offset is not None]
        dealt = self._dealer.deal(0, [peer.number for peer in ready])
        for peer in ready:
            self._tell(seen(peer))
        self._tell(work_dealt(dealt))
        for peer in ready:
            self._give_first_part(peer, dealt)

    def _give_first_part(self, peer: Peer, dealt: Dealt) -> None:
        assert peer.offset is not None  # noqa: S101 - the clocks were compared
        peer.dealt = True
        peer.heard_s = (self._origin_ns + dealt.at_ns) / NS  # it need not say anything before
        self._mailbox.send(
            peer.node,
            Start(
                self._origin_ns + peer.offset.offset_ns,
                *dealt.parts[peer.number],
                dealt.number,
                self._keys.salt,
            ),
        )
        for message in self._ending:
            self._mailbox.send(peer.node, message)

    def _follow(self) -> None:
        while self._peers.present:
            for said in self._mailbox.heard():
                self._hear_under_load(said)
            now_s = time.monotonic()
            self._ask(now_s, [peer for peer in self._peers if not peer.dealt])
            for peer in self._peers:
                if peer.present and peer.silent(now_s, LOST_AFTER_S):
                    self._lose(peer)
                elif peer.ready and peer.compared and not peer.dealt:
                    self._admit(peer)

    def _hear_under_load(self, said: Said) -> None:
        self._handshake.take(said)
        self._handshake.news.clear()
        peer = self._peers.of(said.node)
        match said.message:
            case Alive() as alive if peer is not None and peer.dealt:
                self._lease(peer, alive, said.at_ns)
            case DeltaLine() as delta if peer is not None and peer.dealt:
                self._pass_on(peer, delta)
            case KeyHashes() as hashes if peer is not None and peer.dealt:
                self._mailbox.send(peer.node, self._keys.check(hashes))
            case Leave() if peer is not None and peer.present and not peer.leaving:
                peer.leaving = True
                self._tell(work_dealt(self._deal(_DEAL_AHEAD_NS)))

    def _lease(self, peer: Peer, alive: Alive, heard_ns: int) -> None:
        """Let a worker send for 3 s from when it asked, by its own clock: an answer that comes late is short.

        By our clock that ends within 3 s from when the question came.
        """
        if peer.deal is not None and alive.deal < peer.deal.deal:
            self._mailbox.send(peer.node, peer.deal)
        if peer.lost:
            self._mailbox.send(peer.node, Lease(0, 0, peer.inbox.next_delta))
            return
        peer.leased_ns = max(peer.leased_ns, heard_ns + LEASE_NS)
        lease = Lease(alive.sent_ns + LEASE_NS, self._dealer.deals, peer.inbox.next_delta)
        self._mailbox.send(peer.node, lease)

    def _pass_on(self, peer: Peer, delta: DeltaLine) -> None:
        for line in peer.inbox.take(delta.number, delta.line):
            self._emit(line)
        if delta.last and peer.inbox.next_delta > delta.number:
            peer.ended = True
            self._mailbox.send(peer.node, Lease(0, 0, peer.inbox.next_delta))

    def _tell(self, event: WorkerEvent) -> None:
        self._emit(event_line(event))

    def _now_ns(self) -> int:
        """Return the instant of the schedule."""
        return max(0, time.monotonic_ns() - self._origin_ns)

    def _lose(self, lost: Peer) -> None:
        lost.lost = True
        noticed_ns = self._now_ns()
        dealt = self._deal(_DEAL_AHEAD_NS)
        self._tell(WorkerLoss(lost.number, noticed_ns, dealt.at_ns))
        self._tell(work_dealt(dealt))

    def _admit(self, peer: Peer) -> None:
        """Deal a part to a worker that has come while there is load, if there is anything left to deal."""
        if self._ending or self._dealer.first_at(self._now_ns() + _JOIN_AHEAD_NS) >= self._planned:
            self._handshake.turn_away(peer.node, "the run is about to end")
            self._peers.forget(peer)
            return
        dealt = self._deal(_JOIN_AHEAD_NS, peer)
        self._tell(seen(peer, dealt.at_ns))
        self._tell(work_dealt(dealt))

    def _deal(self, ahead_ns: int, joins: Peer | None = None) -> Dealt:
        """Deal what is due from an instant on to all that go on.

        Every lease that was given before has ended by then, and who asks for another one hears of the deal
        first. So nobody sends what is another's now, however late the deal comes to him.
        """
        going_on = [peer.number for peer in self._peers.present if not peer.leaving]
        going_on += [] if joins is None else [joins.number]
        knowing = [peer for peer in self._peers if peer.dealt and not peer.ended]
        leased_ns = max((peer.leased_ns + _BEYOND_NS - self._origin_ns for peer in knowing), default=0)
        dealt = self._dealer.deal(max(self._now_ns() + ahead_ns, leased_ns), going_on)
        for peer in knowing:
            peer.deal = Deal(*dealt.parts[peer.number], dealt.number)
            self._mailbox.send(peer.node, peer.deal)
        if joins is not None:
            self._give_first_part(joins, dealt)
        return dealt


def seen(peer: Peer, joined_ns: int = 0) -> WorkerSeen:
    """Return what is known of a worker that is dealt arrivals."""
    error_ns = peer.offset.error_ns if peer.offset else 0
    return WorkerSeen(peer.number, peer.where, error_ns, 2 * error_ns, joined_ns)


def work_dealt(dealt: Dealt) -> WorkDealt:
    """Return a deal as an event: the arrival that it begins with, and who performs what."""
    parts = [(number, part.stripe, part.stripes) for number, part in dealt.parts.items()]
    return WorkDealt(dealt.first, parts)

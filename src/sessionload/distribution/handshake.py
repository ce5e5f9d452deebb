"""From a worker's first word to the point where it may be dealt arrivals.

A worker says hello, is sent the inputs, checks them, starts one session of its own and says that it is ready;
then its clock is compared with ours. Each step answers a message, so any number of workers can be at any step
at any time, also while there is load. A worker that cannot take part is told why in one sentence, and so is
whoever waits for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sessionload
from sessionload.distribution.clock_offset import better, offset_of
from sessionload.distribution.messages import Brief, Hello, Ping, Pong, Ready, Refused

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from sessionload.distribution.digests import Digests
    from sessionload.distribution.mailbox import Mailbox, Said
    from sessionload.distribution.peers import Peer, Peers

_MOST = 1000
"""Each worker takes memory; whoever may speak to the master could say hello for ever."""


class Handshake:
    """The handshakes of all workers of one run."""

    def __init__(
        self,
        peers: Peers,
        mailbox: Mailbox,
        inputs: bytes,
        digests: Digests,
        process_of: Callable[[int], subprocess.Popen[bytes] | None] | None,
    ) -> None:
        """Let workers in, and send them `inputs`, which have these digests.

        With `process_of`, which knows local workers by their process ids, only those.
        """
        self._peers = peers
        self._mailbox = mailbox
        self._inputs = inputs
        self._digests = digests
        self._process_of = process_of
        self.news: list[str] = []
        """Sentences about workers that have come or were refused, until somebody takes them."""
        self.refusals: list[str] = []
        """Why workers could not take part, the last one last."""

    def take(self, said: Said) -> None:
        """Go on with the handshake to which a message belongs."""
        peer = self._peers.of(said.node)
        if peer is not None:
            peer.heard_s = time.monotonic()
        match said.message:
            case Hello() as hello if peer is None:
                self._let_in(said.node, hello)
            case Ready() as ready if peer is not None and not peer.dealt:
                self._hear(peer, ready)
            case Pong(sent_ns=sent_ns, at_ns=at_ns) if peer is not None:
                peer.offset = better(peer.offset, offset_of(sent_ns, at_ns, said.at_ns))
                peer.pongs += 1
                if not peer.compared:
                    self.ask(peer)

    def compare_clock(self, peer: Peer) -> None:
        """Compare a worker's clock with ours anew; `peer.compared` tells when that is done."""
        peer.offset, peer.pongs = None, 0
        self.ask(peer)

    def ask(self, peer: Peer) -> None:
        """Ask a worker what time it is, which also tells it that we are there."""
        self._mailbox.send(peer.node, Ping(time.monotonic_ns()))

    def turn_away(self, node: str, reason: str, *, mismatch: bool = False) -> None:
        """Tell a worker that it has no part in this run."""
        self._mailbox.send(node, Refused(reason, mismatch))

    def _let_in(self, node: str, hello: Hello) -> None:
        process = self._process_of(hello.process) if self._process_of else None
        if (self._process_of and process is None) or len(list(self._peers)) >= _MOST:
            return
        mismatch = self._mismatch(hello)
        if mismatch:
            self._count_refused(f"a worker{f' ({hello.host})' if hello.host else ''} was refused: {mismatch}")
            self.turn_away(node, mismatch, mismatch=True)
            return
        peer = self._peers.add(node, hello.host, process)
        peer.heard_s = time.monotonic()
        self._mailbox.send(node, Brief(peer.number, self._inputs))

    def _mismatch(self, hello: Hello) -> str:
        if hello.version != sessionload.__version__:
            return f"it has sessionload {hello.version}, and the master {sessionload.__version__}"
        if hello.scenario and hello.scenario != self._digests.scenario:
            return "its scenario is not the master's"
        if hello.contract and hello.contract != self._digests.contract:
            return "its OpenAPI document is not the master's"
        return ""

    def _hear(self, peer: Peer, ready: Ready) -> None:
        if ready.refusal:
            self._count_refused(f"{peer} cannot take part: {ready.refusal}")
            self._peers.forget(peer)
        elif ready.environment != self._digests.environment:
            mismatch = "its environment is not the master's: the variables that the entry names differ"
            self._count_refused(f"{peer} was refused: {mismatch}")
            self.turn_away(peer.node, mismatch, mismatch=True)
            self._peers.forget(peer)
        elif not peer.ready:
            peer.ready = True
            self.news.append(f"{peer} is ready")
            self.compare_clock(peer)

    def _count_refused(self, sentence: str) -> None:
        self.refusals = [*self.refusals[-9:], sentence]
        self.news.append(sentence)

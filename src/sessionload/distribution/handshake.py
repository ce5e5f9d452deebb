"""From a worker's first word to the point where it may be dealt arrivals.

A worker says hello, is sent the inputs, checks them, starts one session of its own and says that it is ready;
then its clock is compared with ours. Each step answers a message, so any number of workers can be at any step
at any time, also while there is load.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sessionload
from sessionload.distribution.clock_offset import better, offset_of
from sessionload.distribution.messages import Brief, Hello, Ping, Pong, Ready

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from sessionload.distribution.mailbox import Mailbox, Said
    from sessionload.distribution.peers import Peer, Peers

PINGS = 20
"""How many answers a comparison of clocks takes."""


class Handshake:
    """The handshakes of all workers of one run."""

    def __init__(
        self,
        peers: Peers,
        mailbox: Mailbox,
        inputs: bytes,
        process_of: Callable[[int], subprocess.Popen[bytes] | None],
    ) -> None:
        """Send `inputs` to the workers that `process_of` knows by their process ids, and to nobody else."""
        self._peers = peers
        self._mailbox = mailbox
        self._inputs = inputs
        self._process_of = process_of
        self.refusal = ""
        """Why a worker cannot take part, if one cannot."""

    def take(self, said: Said) -> None:
        """Go on with the handshake to which a message belongs."""
        peer = self._peers.of(said.node)
        match said.message:
            case Hello(version=version, process=process) if peer is None and self._process_of(process):
                if version != sessionload.__version__:
                    self.refusal = f"a worker has version {version}, and the master {sessionload.__version__}"
                else:
                    peer = self._peers.add(said.node, self._process_of(process))
                    self._mailbox.send(said.node, Brief(peer.number, self._inputs))
            case Ready(refusal=refusal) if peer is not None:
                self.refusal = self.refusal or refusal
                peer.ready = not refusal
            case Pong(sent_ns=sent_ns, at_ns=at_ns) if peer is not None:
                peer.offset = better(peer.offset, offset_of(sent_ns, at_ns, said.at_ns))
                peer.pongs += 1
                if peer.pongs < PINGS:
                    self._mailbox.send(peer.node, Ping(time.monotonic_ns()))

    def compare_clock(self, peer: Peer) -> None:
        """Compare a worker's clock with ours anew; `compared` tells when that is done."""
        peer.offset, peer.pongs = None, 0
        self._mailbox.send(peer.node, Ping(time.monotonic_ns()))


def compared(peer: Peer) -> bool:
    """Tell whether a worker's clock has been compared with ours."""
    return peer.pongs >= PINGS

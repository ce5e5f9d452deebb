"""The workers of a run as the master knows them.

A worker is known from its first word on, whether it runs on this machine or elsewhere. One that the master
has started itself has a process too, whose end is noticed at once; nothing else differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sessionload.distribution.delta_inbox import DeltaInbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from sessionload.distribution.clock_offset import Offset
    from sessionload.distribution.messages import Deal

PINGS = 20
"""How many answers a comparison of clocks takes."""


@dataclass
class Peer:
    """A worker."""

    number: int
    """Counted from 0 in the order of their first words, and never given again."""
    node: str
    """Its name among Locust's workers."""
    host: str = ""
    """The name of its machine, for people; empty on this one."""
    process: subprocess.Popen[bytes] | None = None
    """If the master has started it."""
    ready: bool = False
    """Whether it has checked the inputs and started its session."""
    offset: Offset | None = None
    pongs: int = 0
    """How many answers the offset is from."""
    dealt: bool = False
    """Whether it has been given arrivals."""
    leaving: bool = False
    """Whether it asked to be given no more of them."""
    inbox: DeltaInbox = field(default_factory=DeltaInbox)
    heard_s: float = 0.0
    """When it said something last (monotonic)."""
    deal: Deal | None = None
    """The newest one that it was sent, if it was not its first."""
    leased_ns: int = 0
    """Until when it may send, by our clock (monotonic)."""
    lost: bool = False
    ended: bool = False
    """Whether it has sent its last delta."""

    def __str__(self) -> str:
        return f"worker {self.number + 1}" + (f" ({self.host})" if self.host else "")

    @property
    def present(self) -> bool:
        """Whether its last delta is still to come."""
        return self.dealt and not self.lost and not self.ended

    @property
    def where(self) -> str:
        """The name of its machine; `local` if the master has started it."""
        return "local" if self.process is not None else self.host or "unknown"

    @property
    def compared(self) -> bool:
        """Whether its clock has been compared with ours."""
        return self.pongs >= PINGS

    def silent(self, now_s: float, longest_s: float) -> bool:
        """Whether it has ended, or has said nothing for so long."""
        gone = self.process is not None and self.process.poll() is not None
        return gone or now_s - self.heard_s > longest_s


class Peers:
    """All workers that were let in, in the order of their numbers."""

    def __init__(self) -> None:
        self._by_node: dict[str, Peer] = {}
        self._next = 0

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._by_node.values()))

    def of(self, node: str) -> Peer | None:
        """Return the worker with a name among Locust's workers, if it is known."""
        return self._by_node.get(node)

    def add(self, node: str, host: str, process: subprocess.Popen[bytes] | None) -> Peer:
        """Return a new worker under the next number."""
        peer = self._by_node[node] = Peer(self._next, node, host, process)
        self._next += 1
        return peer

    def forget(self, peer: Peer) -> None:
        """Know a worker no more that was never dealt anything."""
        del self._by_node[peer.node]

    def ready(self, now_s: float, longest_s: float) -> list[Peer]:
        """Return those that could be dealt arrivals, and have said something within `longest_s`."""
        return [peer for peer in self if peer.ready and not peer.silent(now_s, longest_s)]

    @property
    def present(self) -> list[Peer]:
        """Those whose last delta is still to come."""
        return [peer for peer in self if peer.present]

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


@dataclass
class Peer:
    """A worker."""

    number: int
    """Counted from 0 in the order of their first words, and never given again."""
    node: str
    """Its name among Locust's workers."""
    process: subprocess.Popen[bytes] | None = None
    """If the master has started it."""
    ready: bool = False
    """Whether it has checked the inputs and started its session."""
    offset: Offset | None = None
    pongs: int = 0
    """How many answers the offset is from."""
    dealt: bool = False
    """Whether it has been given arrivals."""
    inbox: DeltaInbox = field(default_factory=DeltaInbox)
    heard_s: float = 0.0
    """When it said something last (monotonic)."""
    lost: bool = False
    ended: bool = False
    """Whether it has sent its last delta, or will never be dealt anything."""

    @property
    def present(self) -> bool:
        """Whether it performs arrivals."""
        return self.dealt and not self.lost and not self.ended

    @property
    def where(self) -> str:
        """The name of its machine, which Locust puts before its own; `local` if the master has started it."""
        return "local" if self.process is not None else self.node.rpartition("_")[0][:253] or "unknown"

    def silent(self, now_s: float, longest_s: float) -> bool:
        """Whether it has ended, or has said nothing for so long."""
        gone = self.process is not None and self.process.poll() is not None
        return gone or now_s - self.heard_s > longest_s


class Peers:
    """All workers that have ever spoken, in the order of their numbers."""

    def __init__(self) -> None:
        self._by_node: dict[str, Peer] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._by_node.values()))

    def of(self, node: str) -> Peer | None:
        """Return the worker with a name among Locust's workers, if it is known."""
        return self._by_node.get(node)

    def add(self, node: str, process: subprocess.Popen[bytes] | None) -> Peer:
        """Return a new worker under the next number."""
        peer = self._by_node[node] = Peer(len(self._by_node), node, process)
        return peer

    @property
    def ready(self) -> list[Peer]:
        """Those that could be dealt arrivals."""
        return [peer for peer in self if peer.ready and not peer.lost and not peer.ended]

    @property
    def present(self) -> list[Peer]:
        """Those that perform arrivals."""
        return [peer for peer in self if peer.present]

"""What the generator used, and what slowed it, while it measured: the evidence on whether to trust a run.

A slow server and a busy generator must never look alike. Processor time, memory, connections and remembered
keys add up over seconds and workers like everything else that is measured.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Self

from msgspec import UNSET, Meta, Struct, UnsetType

from sessionload.metrics.bounds import Count

_WRITTEN = {"run_queue_wait_ns": "held_up_ns", "longest_run_queue_wait_ns": "longest_held_up_ns"}
"""What format 1 of a result calls by another name."""


OTHER_ADDRESSES = "others"
MAX_ADDRESSES = 64
"""So many addresses are counted apart; the others are counted together."""
AddressCounts = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Count], Meta(max_length=MAX_ADDRESSES + 1)
]


class GeneratorHealth(Struct, forbid_unknown_fields=True, rename=_WRITTEN):
    """The generator's own use of the machine. Values add: counts sum, peaks take the larger."""

    cpu_ns: Count = 0
    """Processor time of the generator process."""
    wall_ns: Count = 0
    """Time over which `cpu_ns` was spent."""
    peak_cpu_permille: Count = 0
    """The busiest second: processor time in thousandths of one core."""
    peak_rss_bytes: Count = 0
    peak_in_flight: Count = 0
    connections_opened: Count = 0
    users_started: Count = 0
    keys_checked: Count = 0
    """Session keys compared with the remembered ones."""
    keys_forgotten: Count = 0
    """Session keys no longer remembered: a repeat of one of these would not be seen."""
    workers: Count = 0
    """Generator processes that have sent a delta."""
    gc_collections: Count = 0
    """How often the garbage collector has run."""
    gc_ns: Count = 0
    """Time in which the garbage collector ran and nothing else did."""
    gc_longest_ns: Count = 0
    run_queue_wait_ns: Count = 0
    """Time in which it was ready to run and others had the processor, where the system says so (Linux)."""
    longest_run_queue_wait_ns: Count = 0
    """The most of that in one second."""
    tls_resumed: Count = 0
    """Connections that resumed an earlier TLS session."""
    addresses: AddressCounts | UnsetType = UNSET
    """How many connections were opened to each address of the host; results from before have none."""

    keys_unchecked: Count | UnsetType = UNSET
    """Session keys that were not compared with those of other workers; none of a run by one process."""

    @property
    def cpu_share(self) -> Fraction:
        """Processor time as a share of one core, over the whole run."""
        return Fraction(self.cpu_ns, self.wall_ns) if self.wall_ns else Fraction(0)

    @property
    def busiest_permille(self) -> int:
        """The busiest second in thousandths of a core, which is no less than the mean of all of them.

        A run that ended before there was a second to look at has the mean.
        """
        share = self.cpu_share
        return max(self.peak_cpu_permille, -(-share.numerator * 1000 // share.denominator))

    def __iadd__(self, other: Self) -> Self:
        self.cpu_ns += other.cpu_ns
        self.wall_ns += other.wall_ns
        self.peak_cpu_permille = max(self.peak_cpu_permille, other.peak_cpu_permille)
        self.peak_rss_bytes = max(self.peak_rss_bytes, other.peak_rss_bytes)
        self.peak_in_flight = max(self.peak_in_flight, other.peak_in_flight)
        self.connections_opened += other.connections_opened
        self.users_started += other.users_started
        self.keys_checked += other.keys_checked
        self.keys_forgotten += other.keys_forgotten
        self.workers += other.workers
        self.gc_collections += other.gc_collections
        self.gc_ns += other.gc_ns
        self.gc_longest_ns = max(self.gc_longest_ns, other.gc_longest_ns)
        self.run_queue_wait_ns += other.run_queue_wait_ns
        self.longest_run_queue_wait_ns = max(self.longest_run_queue_wait_ns, other.longest_run_queue_wait_ns)
        self.tls_resumed += other.tls_resumed
        if self.keys_unchecked or other.keys_unchecked:
            self.keys_unchecked = (self.keys_unchecked or 0) + (other.keys_unchecked or 0)
        self.addresses = _sum(self.addresses, other.addresses)
        return self


def _sum(counts: dict[str, int] | UnsetType, more: dict[str, int] | UnsetType) -> dict[str, int] | UnsetType:
    """Add counts by address; what is too much goes into `others`, the last of the alphabet first."""
    if not more:
        return counts
    total = dict(counts or {})
    for address, count in more.items():
        total[address] = total.get(address, 0) + count
    for address in sorted(total.keys() - {OTHER_ADDRESSES})[MAX_ADDRESSES:]:
        total[OTHER_ADDRESSES] = total.get(OTHER_ADDRESSES, 0) + total.pop(address)
    return dict(sorted(total.items()))

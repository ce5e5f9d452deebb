"""What the generator did to itself while it measured: the evidence on whether to trust a run.

Law: a slow server and a busy generator must never look alike. Idea: processor time, memory,
connections and key memory add up over seconds and workers like everything else that is measured.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRITTEN = {"run_queue_wait_ns": "held_up_ns", "longest_run_queue_wait_ns": "longest_held_up_ns"}
"""What format 1 of a result calls by another name."""
_READ = {written: name for name, written in _WRITTEN.items()}


@dataclass(slots=True)
class GeneratorHealth:
    """The generator's own use of the machine. Values add: counts sum, peaks take the larger."""

    cpu_ns: int = 0
    """Processor time of the generator process."""
    wall_ns: int = 0
    """Time over which `cpu_ns` was spent."""
    peak_cpu_permille: int = 0
    """The busiest second: processor time in thousandths of one core."""
    peak_rss_bytes: int = 0
    peak_in_flight: int = 0
    connections_opened: int = 0
    users_started: int = 0
    keys_checked: int = 0
    """Session keys compared with the remembered ones."""
    keys_forgotten: int = 0
    """Session keys no longer remembered: a repeat of one of these would not be seen."""
    workers: int = 0
    """Generator processes that have told of anything."""
    gc_collections: int = 0
    """How often the garbage collector has run."""
    gc_ns: int = 0
    """Time in which it held everything else."""
    gc_longest_ns: int = 0
    run_queue_wait_ns: int = 0
    """Time in which it was ready to run and others had the processor, where the system tells (Linux)."""
    longest_run_queue_wait_ns: int = 0
    """The most of that in one second."""
    tls_resumed: int = 0
    """Connections that took up an earlier TLS session."""

    @property
    def cpu_share(self) -> Fraction:
        """Processor time as a share of one core, over the whole run."""
        return Fraction(self.cpu_ns, self.wall_ns) if self.wall_ns else Fraction(0)

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
        return self

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object of whole numbers."""
        return {_WRITTEN.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**{_READ.get(name, name): value for name, value in data.items()})

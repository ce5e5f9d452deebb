"""What the generator used itself: processor time, memory, connections, and session keys remembered.

It is read once a second, as differences that add up. The processor clock may tick in hundredths of a
second, so an interval that is too short to say anything is taken together with the one before it. None is
left out of the peak, or the busiest second could be below the mean of all.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.metrics.generator_health import GeneratorHealth

if TYPE_CHECKING:
    from sessionload.contract.response.seen_keys import SeenKeys
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.shared_keys import SharedKeys
    from sessionload.generator.user_pool import UserPool

_SHORTEST_PEAK_NS = 500_000_000


class ProcessMetrics:
    """What has changed since the last report."""

    def __init__(
        self,
        endpoint: Endpoint,
        keys: SeenKeys,
        user_pool: UserPool,
        shared_keys: SharedKeys | None = None,
    ) -> None:
        self._shared_keys, self._unchecked = shared_keys, 0
        self._endpoint, self._keys, self._user_pool = endpoint, keys, user_pool
        self._cpu_ns: int | None = None
        self._wall_ns = self._run_queue_wait_ns = 0
        self._second = (0, 0)
        """Processor time and wall time of the interval that the peak is looked for in."""
        self._reported = GeneratorHealth()
        self._has_reported = False
        self._used: dict[str, int] = {}
        """How many connections were opened to each address, as of the last report."""

    def begin(self) -> None:
        """Count from now on: what the preparation took is not part of the load."""
        self._cpu_ns, self._wall_ns = time.process_time_ns(), time.monotonic_ns()
        self._run_queue_wait_ns = _run_queue_wait_ns(self._run_queue_wait_ns)

    def report(self, into: GeneratorHealth) -> None:
        """Write what has changed since the last report into the values of a measurement."""
        if self._cpu_ns is not None:
            cpu_ns, wall_ns = self._cpu_ns, self._wall_ns
            self._cpu_ns, self._wall_ns = time.process_time_ns(), time.monotonic_ns()
            run_queue_wait_ns, self._run_queue_wait_ns = (
                self._run_queue_wait_ns,
                _run_queue_wait_ns(self._run_queue_wait_ns),
            )
            into.run_queue_wait_ns = into.longest_run_queue_wait_ns = (
                self._run_queue_wait_ns - run_queue_wait_ns
            )
            into.cpu_ns, into.wall_ns = self._cpu_ns - cpu_ns, self._wall_ns - wall_ns
            into.peak_cpu_permille = self._permille(into.cpu_ns, into.wall_ns)
        into.peak_rss_bytes = _peak_rss_bytes()
        into.peak_in_flight = self._user_pool.peak_in_flight
        before, self._reported = self._reported, self._counts()
        into.workers = int(not self._has_reported)
        self._has_reported = True
        into.connections_opened = self._reported.connections_opened - before.connections_opened
        into.tls_resumed = self._reported.tls_resumed - before.tls_resumed
        used, self._used = self._used, dict(self._endpoint.addresses.used)
        opened = {host: count - used.get(host, 0) for host, count in self._used.items()}
        if any(opened.values()):
            into.addresses = {host: count for host, count in opened.items() if count}
        into.keys_checked = self._reported.keys_checked - before.keys_checked
        into.keys_forgotten = self._reported.keys_forgotten - before.keys_forgotten
        if self._shared_keys is not None and self._shared_keys.unchecked != self._unchecked:
            into.keys_unchecked = self._shared_keys.unchecked - self._unchecked
            self._unchecked = self._shared_keys.unchecked

    def _permille(self, cpu_ns: int, wall_ns: int) -> int:
        """Return how busy a core was, in thousandths and rounded up; 0 while there is too little to tell."""
        known_cpu_ns, known_wall_ns = self._second
        if min(wall_ns, known_wall_ns) <= _SHORTEST_PEAK_NS:
            cpu_ns, wall_ns = known_cpu_ns + cpu_ns, known_wall_ns + wall_ns
        self._second = (cpu_ns, wall_ns)
        return -(-cpu_ns * 1000 // wall_ns) if wall_ns > _SHORTEST_PEAK_NS else 0

    def _counts(self) -> GeneratorHealth:
        return GeneratorHealth(
            connections_opened=self._endpoint.connections_opened,
            tls_resumed=self._endpoint.tls_resumed,
            keys_checked=self._keys.checked,
            keys_forgotten=self._keys.forgotten,
        )


def _run_queue_wait_ns(known_ns: int) -> int:
    """Return how long this process has waited for a processor, or `known_ns` where it cannot be read.

    Only Linux has it, and not when descriptors have run out.
    """
    try:
        with Path("/proc/self/schedstat").open() as file:
            return int(file.read().split()[1])
    except (OSError, IndexError):
        return known_ns


def _peak_rss_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

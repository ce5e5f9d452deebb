"""The limits that the system sets to this process: core dumps, descriptors, processors.

A core dump would hold the API key, so every process that holds the key forbids its own. The generator stops
short of the hard limit of descriptors, so that it runs out of them before a stub that it started: a server
that cannot accept looks like one that resets connections, while a generator that cannot connect is named
for it.
"""

from __future__ import annotations

import os
import resource
import sys

_SPARE = 64
"""Descriptors for everything that is no connection."""
_HELD_BACK = 32
"""How many fewer than the hard limit the generator uses."""


def forbid_core_dumps() -> None:
    """Let this process and its children write no core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_connections(count: int) -> None:
    """Make room for the descriptors of `count` connections, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _SPARE
    if hard != resource.RLIM_INFINITY and wanted > hard - _HELD_BACK:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(_SPARE, hard - _HELD_BACK), hard))
    elif soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def allow_all_connections() -> None:
    """Make room for as many descriptors as the hard limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def usable_processors() -> int:
    """Return how many processors this process may use; in a container they can be fewer than there are."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1

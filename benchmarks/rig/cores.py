"""Which processor runs what: the generator has one to itself, the server and everything else share another.

The benchmark moves to the server's processor first, and the processes that it starts inherit that; only the
generator is moved away. Affinity and niceness belong to threads, so they are set for each thread. With one
processor, or on a system where a process cannot choose, nothing is pinned.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_GIVES_WAY = 10


class Cores(NamedTuple):
    """The processors that this process was allowed at first, and the two that are used."""

    allowed: frozenset[int]
    server: int
    generator: int


@cache
def cores() -> Cores | None:
    """Return what runs where, as first asked for; `None` where nothing can be pinned."""
    if sys.platform != "linux":
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(allowed), allowed[0], allowed[-1]) if len(allowed) > 1 else None


def settle() -> None:
    """Move this process, and all that it will start, to the server's processor."""
    chosen = cores()
    if chosen:
        _allow({chosen.server})


def give_core(pid: int) -> None:
    """Move a process to the generator's processor."""
    chosen = cores()
    if chosen and sys.platform == "linux":
        for thread in _threads(pid):
            os.sched_setaffinity(thread, {chosen.generator})


def give_way(pid: int) -> None:
    """Let a process run after whatever else wants its processor."""
    for thread in _threads(pid):
        os.setpriority(os.PRIO_PROCESS, thread, _GIVES_WAY)


@contextmanager
def on_generator_core() -> Iterator[None]:
    """Start what is started meanwhile on the generator's processor."""
    chosen = cores()
    with _allowing({chosen.generator} if chosen else set()):
        yield


@contextmanager
def on_any_core() -> Iterator[None]:
    """Start what is started meanwhile where the system likes."""
    chosen = cores()
    with _allowing(set(chosen.allowed) if chosen else set()):
        yield


@contextmanager
def _allowing(wanted: set[int]) -> Iterator[None]:
    if wanted and sys.platform == "linux":
        before = os.sched_getaffinity(0)
        _allow(wanted)
        try:
            yield
        finally:
            _allow(before)
    else:
        yield


def _allow(wanted: set[int]) -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, wanted)


def _threads(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return [int(task.name) for task in tasks.iterdir()] if tasks.exists() else [pid]

"""When garbage is collected, and how long that took.

A collection never falls between an arrival and its due instant by chance. Objects that exist before the
load are frozen, and only young objects are collected, once a second, after the delta was written. What
survives two collections is not looked at again while there is load, so the hot path leaves no reference
cycles behind.
"""

from __future__ import annotations

import gc
import time

from sessionload.metrics.generator_health import GeneratorHealth


class GcControl:
    """Collections of this process from `begin` to `end`."""

    def __init__(self) -> None:
        self._began_ns = 0
        self._collected = GeneratorHealth()

    def begin(self) -> None:
        """Let the collector run only in `sweep`."""
        gc.collect()
        gc.freeze()
        gc.disable()
        gc.callbacks.append(self._watch)

    def sweep(self) -> None:
        """Collect what is young."""
        gc.collect(1)

    def end(self) -> None:
        """Let the collector run by itself again."""
        if self._watch in gc.callbacks:
            gc.callbacks.remove(self._watch)
            gc.unfreeze()
            gc.enable()

    def report(self, into: GeneratorHealth) -> None:
        """Add what has been collected since the last time."""
        collected, self._collected = self._collected, GeneratorHealth()
        into += collected

    def _watch(self, phase: str, _: object) -> None:
        now_ns = time.monotonic_ns()
        if phase == "start":
            self._began_ns = now_ns
        else:
            took_ns = now_ns - self._began_ns
            self._collected += GeneratorHealth(gc_collections=1, gc_ns=took_ns, gc_longest_ns=took_ns)

"""What the system did to a generator while it ran, and which of it explains a late arrival.

A hundred times a second the kernel is asked how long the generator has run and how long it has waited for its
processor (`/proc/PID/schedstat`), and how long the processor was taken from this machine (`/proc/stat`). A
stretch in which the generator ran without pause was work of its own. A look that came late although its
processor was free means that the other processor stood still too.

A second is full of short waits, which add up to anything. So a cause counts only as far as it came together
within the time by which the arrival was late, and explains it only if it took at least half of that.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rig.cores import cores

if TYPE_CHECKING:
    import psutil

EVERY_S = 0.01
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_STOLEN = 8
"""Which field of a line of `/proc/stat` counts time taken by the machine below."""
_WITHOUT_PAUSE = 0.9
_LOOK_NS = int(EVERY_S * 1e9)


@dataclass(frozen=True)
class Stretch:
    """What was seen around a late arrival, in nanoseconds."""

    waited: int
    """How long the generator waited because something else had its processor, while the arrival was late."""
    stolen: int
    """How long the machine below took that processor, while the arrival was late."""
    without_pause: int
    """The longest time for which the generator ran without pause."""
    stood_still: int
    """How late a look came at most, without the time for which it waited for its processor."""


class Causes:
    """A record of looks at a generator. Instants are of `time.monotonic_ns()`."""

    def __init__(self) -> None:
        self._at, self._ran, self._waited, self._stolen, self._own = (array("q") for _ in range(5))
        chosen = cores()
        self._processor = f"cpu{chosen.generator if chosen else ''}"

    def watch(self, generator: psutil.Process) -> None:
        """Look once. Raises `FileNotFoundError` when the generator is gone."""
        ran_ns, waited_ns = _schedule_of(str(generator.pid))
        self.look(time.monotonic_ns(), ran_ns, waited_ns, self._stolen_ns(), _schedule_of("self")[1])

    def look(self, at_ns: int, ran_ns: int, waited_ns: int, stolen_ns: int, own_ns: int) -> None:
        """Keep what was seen in one look; all but the instant are totals so far.

        `own_ns` is how long the process that looks has waited for its processor.
        """
        self._at.append(at_ns)
        self._ran.append(ran_ns)
        self._waited.append(waited_ns)
        self._stolen.append(stolen_ns)
        self._own.append(own_ns)

    def _stolen_ns(self) -> int:
        with Path("/proc/stat").open() as lines:
            for line in lines:
                fields = line.split()
                if fields[0] == self._processor:
                    return int(fields[_STOLEN]) * _TICK_NS
        return 0

    def between(self, begin_ns: int, end_ns: int, late_ns: int) -> Stretch:
        """Return what was seen around an arrival that was due in that time and was late by `late_ns`.

        What came together within the lateness (and a look before and after) is taken where it is the most.
        """
        first = max(0, bisect_left(self._at, begin_ns - _LOOK_NS) - 1)
        last = min(len(self._at), bisect_right(self._at, end_ns + late_ns + _LOOK_NS) + 1)
        without_pause = longest = stood_still = 0
        for sooner, later in pairwise(range(first, last)):
            took = self._at[later] - self._at[sooner]
            busy = self._ran[later] - self._ran[sooner] >= _WITHOUT_PAUSE * took
            without_pause = without_pause + took if busy else 0
            longest = max(longest, without_pause)
            stood_still = max(stood_still, took - _LOOK_NS - (self._own[later] - self._own[sooner]))
        waited = stolen = 0
        start = first
        for end in range(first, last):
            while self._at[end] - self._at[start] > late_ns + 2 * _LOOK_NS and start + 1 < end:
                start += 1
            waited = max(waited, self._waited[end] - self._waited[start])
            stolen = max(stolen, self._stolen[end] - self._stolen[start])
        return Stretch(waited, stolen, longest, stood_still)


def _schedule_of(process: str) -> tuple[int, int]:
    """Return how long a process has run, and how long it has waited to run, in nanoseconds."""
    ran, waited, _ = Path(f"/proc/{process}/schedstat").read_text().split()
    return int(ran), int(waited)


OWN_WORK = "its own work"
COLLECTOR = "the garbage collector"
UNEXPLAINED = "unexplained"


def explain(late_ns: int, seen: Stretch, longest_collection_ns: int) -> str:
    """Name what explains an arrival that was late by `late_ns`: the first cause that is long enough.

    Causes outside the generator are asked first: while its processor is taken away it seems to run on. Of
    those the machine below tells hundredths of a second only, so it comes after the one that is exact.
    """
    causes = (
        ("something else had the processor", seen.waited),
        ("the machine below took the processor", seen.stolen),
        ("the machine stood still", seen.stood_still),
        (COLLECTOR, longest_collection_ns),
        (OWN_WORK, seen.without_pause),
    )
    for cause, length_ns in causes:
        if 2 * length_ns >= late_ns:
            return cause
    return UNEXPLAINED

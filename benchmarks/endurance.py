"""Claim: a run of 10 million exchanges stays under 200 MB, and its memory is flat after the first minute.

    python benchmarks/endurance.py [EXCHANGES] [--rate RATE]

Memory is the resident set of the generator, looked at once a second; flat means that it never rises by more
than 2 % over its highest of the first minute (of the first half, when the run takes less than two). The
last column is the command that collects what the generator measures, for information. Against nginx, at
15,000/s if no other rate is given: about eleven minutes.
"""

from __future__ import annotations

import sys
import time
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from rig.claims import Table, begin, parser_of, verdict
from rig.runs import run
from rig.servers import nginx

if TYPE_CHECKING:
    import psutil

MOST_BYTES = 200 * 10**6
FLAT = 1.02
MINUTE_S = 60
_ROWS = 12


class Memory:
    """The resident sets of a generator and of the command that started it, look by look."""

    def __init__(self) -> None:
        self.at: list[float] = []
        """Seconds since the first look."""
        self.generator: list[int] = []
        self.command: list[int] = []
        self._began = time.monotonic()

    def watch(self, generator: psutil.Process) -> None:
        """Look once."""
        parent, resident = generator.parent(), generator.memory_info().rss
        if parent is not None and resident:
            self._began = self._began if self.at else time.monotonic()
            self.at.append(time.monotonic() - self._began)
            self.generator.append(resident)
            self.command.append(parent.memory_info().rss)

    @property
    def settled(self) -> int:
        """How many looks there were before the memory has to be flat."""
        return max(1, bisect_left(self.at, min(MINUTE_S, self.at[-1] / 2)))

    @property
    def flat(self) -> bool:
        """Whether the generator's memory was flat once it had settled."""
        first, later = self.generator[: self.settled], self.generator[self.settled :]
        return max(later, default=0) <= FLAT * max(first)

    def show(self) -> None:
        """Print the highest of each stretch of seconds, and the last of it."""
        table = Table("seconds", "highest", "last", "command", first=12)
        looks = len(self.at)
        marks = sorted({0, self.settled, looks, *range(0, looks, max(MINUTE_S, looks // _ROWS))})
        for start, end in pairwise(marks):
            stretch = self.generator[start:end]
            table.row(
                f"{self.at[start]:.0f} to {self.at[end - 1]:.0f}",
                *map(_mb, (max(stretch), stretch[-1], max(self.command[start:end]))),
            )


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def main() -> int:
    """Run, print the memory over time, and the claim."""
    parser = parser_of(__doc__)
    parser.add_argument("exchanges", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=15_000, help="arrivals per second")
    asked = begin(parser)
    exchanges, rate = (600, 300) if asked.quick else (asked.exchanges, asked.rate)
    memory = Memory()
    with nginx() as server:
        measured = run(server, rate, exchanges / rate, watch=memory.watch, every_s=0.25 if asked.quick else 1)
    memory.show()
    print()
    highest = max(memory.generator)
    good = measured.all_ok and highest < MOST_BYTES and memory.flat
    table = Table("server", "rate", "sent", "highest", "at most", "flat", "claim")
    table.row(
        server.name,
        f"{rate:,}/s",
        f"{measured.sent:,}",
        _mb(highest),
        _mb(MOST_BYTES),
        "yes" if memory.flat else "no",
        verdict(good=good),
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

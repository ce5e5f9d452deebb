"""Claim: two workers on two processors start at least 1.7 times as many sessions as one worker on one.

The server is counted out. On two processors it has to share them, so what is compared is not what arrives but
the processor time for a session start, which is read from the system in the middle of each run, while the
server counts what arrives. One worker has a processor to itself, and reaches what fits into that. Of two
processors two workers have what the command and the master leave them: these are counted in. So two reach
2 * (worker's time for a start, of one) / (time for a start of workers, master and command, of two) times
what one reaches. A start costs less where more are due at once, so each worker is asked for seven tenths of
what fits into a processor, which a trial tells; with the server that is about what two processors can do. One
and two take turns, so that what else the machine does weighs on both, and the figure is the median.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rig.claims import Table, broken, parser_of, verdict
from rig.runs import order, result_in, variables
from rig.servers import nginx
from rig.shares import COMMAND, MASTER, WORKERS, Look

if TYPE_CHECKING:
    from rig.servers import Nginx

LEAST = 1.7
TRIAL_RATE = 20_000
SHARE = 0.7
"""What each worker is asked for, by what fits into a processor."""
IN_FLIGHT = 64
"""For each worker."""
TURNS = 5
_PATIENCE_S = 60.0


class Turn:
    """The processor seconds of a stretch in the middle of a run, by part, and the starts in it."""

    def __init__(self, server: Nginx, workers: int, rate: int, seconds: float) -> None:
        """Run `workers` at `rate` for each, and measure for `seconds`."""
        with tempfile.TemporaryDirectory() as name:
            command = order(Path(name), server, rate * workers, seconds + 2, in_flight=IN_FLIGHT * workers)
            process = subprocess.Popen(
                [*command, "--workers", str(workers)], cwd=name, env=variables(), stdout=subprocess.DEVNULL
            )
            try:
                before = server.requests()
                _wait_for(server, before + rate // 10, process)
                time.sleep(1)
                self._measure(server, process.pid, seconds)
                process.wait(_PATIENCE_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            result_in(Path(name))  # there is one: the run came to its end

    def _measure(self, server: Nginx, command: int, seconds: float) -> None:
        before = Look.at(command), server.requests(), server.cpu_seconds()
        time.sleep(seconds)
        after = Look.at(command), server.requests(), server.cpu_seconds()
        self.shares = before[0].until(after[0])
        self.starts = after[1] - before[1]
        if not self.starts or not self.shares.cpu_s[WORKERS]:
            broken("nothing arrived while it was measured")
        self.server_cpu_s = after[2] - before[2]

    def show(self, table: Table, workers: int, rate: int, name: str = "") -> None:
        """Print the row of this turn."""
        table.row(
            name or str(workers),
            f"{rate * workers:,}/s",
            f"{self.starts / self.shares.wall_s:,.0f}/s",
            *(us(self.cost_s(part)) for part in (WORKERS, MASTER, COMMAND)),
            us(self.server_cpu_s / self.starts),
        )

    def cost_s(self, *parts: str) -> float:
        """Return the processor seconds that parts of the run take for a start."""
        return sum(self.shares.cpu_s[part] for part in parts) / self.starts


def _wait_for(server: Nginx, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while server.requests() < count:
        if process.poll() is not None or time.monotonic() > end:
            broken("the run did not begin")
        time.sleep(0.05)


def us(seconds: float) -> str:
    """Return processor time for a cell."""
    return f"{seconds * 1e6:.1f} us"


def main() -> int:
    """Take turns, print a row for each, and the claim."""
    quick = parser_of(__doc__).parse_args().quick
    rate, seconds, turns = (300, 0.5, 1) if quick else (TRIAL_RATE, 8.0, TURNS)
    table = Table("workers", "asked for", "started", WORKERS, MASTER, COMMAND, "server")
    figures = []
    with nginx() as server:
        if not quick:
            trial = Turn(server, 1, rate, seconds)
            trial.show(table, 1, rate, "trial")
            rate = round(SHARE / trial.cost_s(WORKERS))
        for _ in range(turns):
            pair = {workers: Turn(server, workers, rate, seconds) for workers in (1, 2)}
            for workers, turn in pair.items():
                turn.show(table, workers, rate)
            figures.append(2 * pair[1].cost_s(WORKERS) / pair[2].cost_s(WORKERS, MASTER, COMMAND))
    figure = statistics.median(figures)
    good = figure >= LEAST
    print()
    claims = Table("claim", "lowest", "median", "highest", "at least", "claim", first=18)
    cells = (f"{one:.2f}" for one in (min(figures), figure, max(figures), LEAST))
    claims.row("two workers by one", *cells, verdict(good=good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

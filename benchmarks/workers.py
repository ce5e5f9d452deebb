"""Claim: two workers on two processors start at least 1.7 times as many sessions as one worker on one.

The server is counted out. On two processors it has to share them, so what is compared is not what arrives but
the processor time for a session start, which is read from the system in the middle of each run, while the
server counts what arrives. One worker has a processor to itself, and reaches what fits into that. Of two
processors two workers have what the command and the master leave them: these are counted in. So two reach
2 * (worker's time for a start, of one) / (time for a start of workers, master and command, of two) times what
one reaches. Both are asked for the same rate for each worker, below what fills a processor, and take turns,
so that what else the machine does weighs on both.
"""

from __future__ import annotations

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
RATE = 5_000
"""For each worker."""
TURNS = 3
_PATIENCE_S = 60.0


class Turn:
    """The processor seconds of a stretch in the middle of a run, by part, and the starts in it."""

    def __init__(self, server: Nginx, workers: int, rate: int, seconds: float) -> None:
        """Run `workers` at `rate` for each, and measure for `seconds`."""
        with tempfile.TemporaryDirectory() as name:
            command = order(Path(name), server, rate * workers, seconds + 2)
            process = subprocess.Popen(
                [*command, "--workers", str(workers)], cwd=name, env=variables(), stdout=subprocess.DEVNULL
            )
            try:
                before = server.requests()
                _wait_for(server, before + rate * workers // 2, process)
                first, first_count, server_before = (
                    Look.at(process.pid),
                    server.requests(),
                    server.cpu_seconds(),
                )
                time.sleep(seconds)
                last, last_count, server_after = Look.at(process.pid), server.requests(), server.cpu_seconds()
                process.wait(_PATIENCE_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            self.arrivals = result_in(Path(name))["arrivals"]
        self.cpu_s = first.until(last).cpu_s
        self.starts = last_count - first_count
        self.wall_s = last.at_s - first.at_s
        self.server_cpu_s = server_after - server_before


def _wait_for(server: Nginx, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while server.requests() < count:
        if process.poll() is not None or time.monotonic() > end:
            broken("the run did not begin")
        time.sleep(0.05)


def us(seconds: float, starts: int) -> str:
    """Return processor time for a start, for a cell."""
    return f"{seconds * 1e6 / max(1, starts):.1f} us"


def main() -> int:
    """Take turns, print a row for each, and the claim."""
    quick = parser_of(__doc__).parse_args().quick
    rate, seconds, turns = (300, 0.5, 1) if quick else (RATE, 8.0, TURNS)
    cpu_s = {workers: dict.fromkeys((WORKERS, MASTER, COMMAND), 0.0) for workers in (1, 2)}
    starts = {1: 0, 2: 0}
    table = Table("workers", "rate", "planned", "sent", "starts seen", WORKERS, MASTER, COMMAND, "server")
    with nginx() as server:
        for workers in (1, 2) * turns:
            turn = Turn(server, workers, rate, seconds)
            cpu_s[workers] = {part: taken + turn.cpu_s[part] for part, taken in cpu_s[workers].items()}
            starts[workers] += turn.starts
            table.row(
                str(workers),
                f"{rate * workers:,}/s",
                f"{turn.arrivals['planned']:,}",
                f"{turn.arrivals['sent']:,}",
                f"{turn.starts / turn.wall_s:,.0f}/s",
                *(us(turn.cpu_s[part], turn.starts) for part in (WORKERS, MASTER, COMMAND)),
                us(turn.server_cpu_s, turn.starts),
            )
    of_one = cpu_s[1][WORKERS] / max(1, starts[1])
    of_two = sum(cpu_s[2].values()) / max(1, starts[2])
    figure = 2 * of_one / of_two if of_two else 0.0
    good = figure >= LEAST
    print()
    claims = Table("claim", "one", "two", "figure", "at least", "claim", first=18)
    cells = (us(of_one, 1), us(of_two, 1), f"{figure:.2f}", f"{LEAST:.2f}")
    claims.row("two workers by one", *cells, verdict(good=good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

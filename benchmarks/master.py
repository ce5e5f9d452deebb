"""Claim: the deltas of 200 workers take the master, its command included, less than half a core.

The workers are simulated (`rig/simulated.py`): they say all that workers say, each second a delta with all
histograms of 2,000 session starts, and make no load, so that a machine with two processors has room for them.
The command and the master are the real ones. Of both, processor time is read from the system in the middle of
the run; what they take for each worker is what docs/scale.md plans with. The result must hold all 400,000
starts of each second.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rig.claims import Table, broken, parser_of, verdict
from rig.runs import order, result_in, variables
from rig.servers import stub
from rig.shares import COMMAND, MASTER, Look

WORKERS, RATE = 200, 2_000
MOST = 0.5
_IN_A_PROCESS = 50
_SIMULATED = Path(__file__).parent / "rig" / "simulated.py"
_PATIENCE_S = 180.0


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def measured(workers: int, rate: int, seconds: int) -> tuple[float, float, bool]:
    """Return what master and command took, as shares of a processor, and whether nothing was lost."""
    with tempfile.TemporaryDirectory() as name, stub() as server:
        folder, port = Path(name), free_port()
        command = order(folder, server, workers * rate, seconds)
        command += ["--expect-workers", str(workers), "--bind", f"127.0.0.1:{port}"]
        run = subprocess.Popen(command, cwd=folder, env=variables(), stdout=subprocess.DEVNULL)
        crowd = []
        left = workers
        try:
            while left:
                many = min(left, _IN_A_PROCESS)
                words = [str(port), str(many), str(rate), str(seconds)]
                crowd.append(
                    subprocess.Popen([sys.executable, str(_SIMULATED), *words], cwd=folder, env=variables())
                )
                left -= many
            slices, end = folder / "out" / "slices.jsonl", time.monotonic() + _PATIENCE_S
            while not slices.exists() or slices.stat().st_size < 10_000:
                if run.poll() is not None or time.monotonic() > end:
                    broken("the run did not begin")
                time.sleep(0.2)
            time.sleep(seconds * 0.2)
            first = Look.at(run.pid)
            time.sleep(seconds * 0.5)
            shares = first.until(Look.at(run.pid))
            run.wait(_PATIENCE_S)
        finally:
            for process in (run, *crowd):
                if process.poll() is None:
                    process.kill()
                process.wait()
        arrivals = result_in(folder)["arrivals"]
    whole = arrivals["sent"] == arrivals["planned"] == workers * rate * seconds
    return shares.of_a_processor(MASTER), shares.of_a_processor(COMMAND), whole


def main() -> int:
    """Print a row for some numbers of workers, and the claim for the most."""
    quick = parser_of(__doc__).parse_args().quick
    table = Table("workers", "master", "command", "master each", "command each", "whole", "claim")
    good = False
    for workers in (4,) if quick else (50, 100, WORKERS):
        master, command, whole = measured(workers, 100 if quick else RATE, 4 if quick else 20)
        good = whole and master + command < MOST
        table.row(
            str(workers),
            f"{master:.1%}",
            f"{command:.1%}",
            *(f"{share / workers * 1e6:,.0f} us/s" for share in (master, command)),
            "yes" if whole else "no",
            verdict(good=good),
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Claim: in a day at 1,000/s with late answers both processes take under 300 MB, and an update under 2 ms.

    python benchmarks/day.py [SECONDS]

The day is simulated: a process records what a generator would, with one answer in ten up to nine seconds
late, and writes its deltas to a pipe; this process reads them and does what the command does for each, with
two targets that have windows and may abort the run. No clock is waited for, and nothing is sent. An update is
what is added up and judged for one delta, in processor time; the claim is on 999 of 1,000, because the
largest of a day is the machine's. At the end the result must be made and written within 10 s.
"""

from __future__ import annotations

import itertools
import math
import random
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from rig.claims import Table, broken, ms_of, parser_of, verdict

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.storage.run_folder import RunFolder
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.finalize import finalize_result, nothing_sent
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from sessionload.metrics.run_totals import RunTotals

RATE = 1_000
LATE_S = 9
MOST_BYTES, MOST_UPDATE_NS, MOST_RESULT_S = 300 * 10**6, 2_000_000, 10.0
_BATCH = 64
_DRAWN = 100_003
_GENERATE = "--generate"


def generate(seconds: int) -> None:
    """Write the deltas of a run to standard output, one for each second and one for the drain."""
    draw = random.Random(7)  # noqa: S311 -- a simulation
    late = [draw.randint(1, LATE_S) * NS if draw.random() < 0.1 else 0 for _ in range(_DRAWN)]
    took = [int(draw.lognormvariate(17.5, 0.6)) + wait for wait in late]
    lag = itertools.cycle([int(draw.lognormvariate(12, 0.4)) for _ in range(_DRAWN)])
    durations = itertools.cycle(took)
    ending: list[list[Exchange]] = [[] for _ in range(LATE_S + 3)]
    index = 0
    for second in range(seconds + LATE_S + 2):
        recorder = MeasurementRecorder()
        sent = range(index, index + RATE if second < seconds else index)
        for index in sent:
            due = index * NS // RATE
            start = due + next(lag)
            exchange = Exchange(index, due, start, start + next(durations), Outcome.OK, 0, 200)
            ending[min(exchange.done_ns // NS - second, LATE_S + 2)].append(exchange)
            recorder.record_sent(start)
        index = sent.stop
        ended = ending.pop(0)
        ending.append([])
        for batch in range(0, len(ended), _BATCH):
            recorder.record_done(0, *ended[batch : batch + _BATCH])
        recorder.generator.peak_rss_bytes = psutil.Process().memory_info().rss
        recorder.generator.wall_ns = NS
        due_ns = [waiting[0].due_ns for waiting in ending if waiting]
        raw = RawDelta(
            worker=0,
            number=second,
            elapsed_ns=(second + 1) * NS,
            in_flight=sum(map(len, ending)),
            waiting=0,
            settled_ns=min([(second + 1) * NS, *due_ns]),
            last=second == seconds + LATE_S + 1,
            measurement=recorder.raw(),
        )
        sys.stdout.buffer.write(raw.line())


def header_of(seconds: int) -> RunHeader:
    """Return the header of the simulated run."""
    stages = (Stage("day", Fraction(RATE), Fraction(RATE), seconds * NS),)
    targets = [
        {"expr": "p99 < 30s", "window": "60s", "abort": True},
        {"expr": "error_rate < 5%", "window": "30s", "abort": True},
    ]
    return RunHeader(
        run=Run("day", "2026-01-02T03:04:05Z", 0.0, 7, "0.1.0"),
        scenario={"name": "day", "targets": targets, "load": {"max_lag": "10ms", "max_cpu": "90%"}},
        environment={"name": "none", "url": "simulated", "project": "p", "environment": "e"},
        contract={"file": "openapi.yaml", "operation": "startSession", "sha256": "ab" * 32}
        | {"method": "POST", "path": "/session", "header": "authorization"},
        stages=stages,
        planned=seconds * RATE,
        planned_by_second=Schedule(stages).planned_by_second(),
    )


class Seen:
    """What was seen since the last row."""

    def __init__(self) -> None:
        self.table = Table("second", "generator", "command", "update p50", "p99.9", "max", "result", "claim")
        self.updates: list[int] = []

    def row(self, second: int, totals: RunTotals, result_s: float | None = None) -> bool:
        """Print a row; tell whether the claim holds."""
        rss = totals.latest[0].measurement.generator.peak_rss_bytes, psutil.Process().memory_info().rss
        updates = sorted(self.updates)
        middle, most = (updates[math.ceil(share * len(updates)) - 1] for share in (0.5, 0.999))
        self.updates.clear()
        good = max(rss) < MOST_BYTES and most < MOST_UPDATE_NS and (result_s or 0) < MOST_RESULT_S
        self.table.row(
            f"{second:,}",
            *(f"{size / 1e6:.0f} MB" for size in rss),
            *(ms_of(update) for update in (middle, most, updates[-1])),
            "-" if result_s is None else f"{result_s:.1f} s",
            verdict(good=good),
        )
        return good


def main() -> int:
    """Simulate, and print a row for each tenth of the day and the claim."""
    parser = parser_of(__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=86_400)
    parser.add_argument(_GENERATE, action="store_true", help="be the process that records")
    asked = parser.parse_args()
    seconds = 60 if asked.quick else asked.seconds
    if asked.generate:
        generate(seconds)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 0 if simulate(seconds, RunFolder(Path(folder))) else 1


def simulate(seconds: int, folder: RunFolder) -> bool:
    """Print a row for each tenth of the run, and one for its result; tell whether the claim holds in all."""
    header, totals, seen = header_of(seconds), folder.totals(), Seen()
    finalize_result(header, nothing_sent(Schedule(header.stages)))  # the command tries this first
    watch, good = AbortWatch.of(header), True
    command = [sys.executable, __file__, str(seconds), _GENERATE]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as generator:
        assert generator.stdout is not None  # noqa: S101 -- it was opened as a pipe
        for line in generator.stdout:
            delta = read_line(line)
            assert isinstance(delta, Delta)  # noqa: S101 -- a single generator loses no worker
            began_ns = time.thread_time_ns()
            totals.add(delta)
            watch.add(delta.measurement.slices)
            aborting = watch.aborting(totals.settled_ns // NS)
            seen.updates.append(time.thread_time_ns() - began_ns)
            if aborting is not None:
                broken(f"a target was missed: {aborting.expr}")
            if not (delta.number + 1) % max(2, seconds // 10):
                good &= seen.row(delta.number + 1, totals)
    began = time.monotonic()
    result = finalize_result(header, totals)
    folder.write_result(result)
    took_s = time.monotonic() - began
    if not result.accounting.closes:
        broken(result.accounting.sentence)
    return seen.row(seconds, totals, took_s) and good


if __name__ == "__main__":
    sys.exit(main())

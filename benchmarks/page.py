"""Claim: ten million samples in 3,600 slices make a page in under 5 s and 300 MB, which opens within 1 s.

The command `sessionload report RUN --format html` is timed from its start to its end, with the
most memory that it had. Percentiles of the page are compared with an exact sort of the raw samples: each is
within 0.1 %.
The page is under 1.5 MB; Chromium (Debian: `apt-get install chromium`) says how long it took to open.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import sync_playwright
from rig.claims import Table, begin, missing, parser_of, verdict

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram import Histogram
from sessionload.metrics.histogram_codec import pack
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.slices import Slice
from sessionload.storage.run_folder import RunFolder
from sessionload.units import NS, duration_text
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.verdict.result import Result

MOST_SECONDS, MOST_MIB, MOST_BYTES, MOST_OPENING_MS = 5.0, 300, 1_500_000, 1000
SHARES = {"p50": Fraction(1, 2), "p95": Fraction(19, 20), "p99": Fraction(99, 100)}
EXACT = "exact.json"
_SUB_BITS = 10


def histogram(samples: np.ndarray[Any, Any]) -> Histogram:
    """Return what recording `samples` (nanoseconds) one by one gives, in a thousandth of the time."""
    shift = np.maximum(np.floor(np.log2(samples)).astype(np.int64) - _SUB_BITS, 0)
    buckets, counts = np.unique((shift << _SUB_BITS) + (samples >> shift), return_counts=True)
    packed = pack(dict(zip(buckets.tolist(), counts.tolist(), strict=True)))
    return Histogram(int(samples.min()), int(samples.max()), int(samples.sum()), 0, packed)


def run_of(rate: int, seconds: int) -> tuple[Result, np.ndarray[Any, Any]]:
    """Return a run of log-normal response times around 120 ms that swell and ebb, and all of its samples."""
    draw = np.random.default_rng(7)
    measurement = Measurement(sent=rate * seconds)
    everything = []
    for second in range(seconds):
        middle = 120e6 * (1 + 0.3 * np.sin(second / 200))
        served = draw.lognormal(np.log(middle), 0.45, rate).astype(np.int64)
        lag = draw.lognormal(np.log(150e3), 0.4, rate).astype(np.int64)
        valid, service, late = map(histogram, (served + lag, served, lag))
        measurement.slices[0, second] = Slice(
            {Outcome.OK: rate}, {200: rate}, valid=valid, served=service, unqueued_lag=late
        )
        measurement.flow[second] = Flow(rate, rate)
        everything.append(served + lag)
    stages = (Stage("peak", Fraction(rate), Fraction(rate), seconds * NS),)
    header = RunHeader(
        run=Run("20260102-030405-ab12", "2026-01-02T03:04:05Z", 0.0, 7, "0.1.0"),
        scenario={"name": "large", "load": {"max_lag": "10ms", "max_cpu": "90%"}, "targets": ["p95 < 400ms"]},
        environment={"name": "staging", "url": "https://runtime.example", "project": "p", "environment": "e"},
        contract={"file": "openapi.yaml", "operation": "startSession", "sha256": "ab" * 32}
        | {"method": "POST", "path": "/session", "header": "authorization"},
        stages=stages,
        planned=rate * seconds,
        planned_by_second=Schedule(stages).planned_by_second(),
    )
    totals = RunTotals()
    totals.add(Delta(0, 0, seconds * NS, 0, 0, seconds * NS, measurement, last=True))
    return finalize_result(header, totals), np.concatenate(everything)


def report(folder: Path) -> tuple[float, float]:
    """Make the page with the command; return seconds and MiB."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "sessionload", "report", str(folder), "--format", "html"],
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the report ended with {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024
    return time.monotonic() - began, used.ru_maxrss * scale / 1_048_576


def opened(page: Path, program: str) -> tuple[float, str]:
    """Open the page three times; return the median time until it was loaded, in ms, and what it says."""
    times, text = [], ""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(3):
            view = browser.new_page()
            view.goto(page.as_uri())
            times.append(view.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
            text = view.inner_text("body")
            view.close()
        browser.close()
    return statistics.median(times), text


def build(folder: Path, rate: int, seconds: int) -> None:
    """Write the result of a run, and percentiles from an exact sort of its samples."""
    result, samples = run_of(rate, seconds)
    RunFolder(folder).write_result(result)
    samples.sort()
    exact = {
        name: int(samples[-(-share.numerator * len(samples) // share.denominator) - 1])
        for name, share in SHARES.items()
    }
    (folder / EXACT).write_text(json.dumps(exact))


def wrong_percentiles(folder: RunFolder, text: str) -> Sequence[str]:
    """Return the percentiles that the page does not say, or that the exact sort contradicts."""
    response = folder.read().measured.response
    exact = json.loads((folder.path / EXACT).read_text())
    wrong = []
    for name, share in SHARES.items():
        measured = response.quantile(share)
        if (
            measured is None
            or abs(measured - exact[name]) * 1000 > exact[name]
            or duration_text(measured) not in text
        ):
            wrong.append(name)
    return wrong


def main() -> int:
    """Measure and print one row."""
    parser = parser_of(__doc__)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    asked = begin(parser)
    rate, seconds = (100, 60) if asked.quick else (2_778, 3_600)
    if asked.build:
        build(asked.build, rate, seconds)
        return 0
    program = shutil.which("chromium")
    if program is None:
        missing("chromium", "apt-get install chromium")
    table = Table(
        "samples", "slices", "made in", "memory", "size", "opens in", "percentiles", "claim", first=10
    )
    with tempfile.TemporaryDirectory() as name:
        # In a process of its own: a program counts the memory of the one that it was started from as its own.
        again = [sys.executable, __file__, "--build", name, *(["--quick"] if asked.quick else [])]
        subprocess.run(again, check=True)
        folder = RunFolder(Path(name))
        took, mib = report(folder.path)
        page = folder.path / "report.html"
        size = page.stat().st_size
        opening_ms, text = opened(page, program)
        wrong = wrong_percentiles(folder, text)
    good = took < MOST_SECONDS and mib < MOST_MIB and size < MOST_BYTES and opening_ms < MOST_OPENING_MS
    table.row(
        f"{rate * seconds:,}",
        f"{seconds:,}",
        f"{took:.1f} s",
        f"{mib:.0f} MiB",
        f"{size / 1e6:.2f} MB",
        f"{opening_ms:.0f} ms",
        "wrong: " + ", ".join(wrong) if wrong else "exact",
        verdict(good=good and not wrong),
    )
    return 0 if good and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())

"""Claim: measured service time tells the truth, at p50 and p99 within 0.3 ms or 1 % at 5,000/s.

The truth is what the server itself measured: how long it made each answer wait, from the whole request read
to the answer written. It draws those times from a known distribution, and stamps what it really did. The way
there and back, and both systems' work on it, count against the claim.
"""

from __future__ import annotations

import sys

from rig.claims import Table, begin, ms, parser_of, verdict
from rig.runs import run
from rig.seen import nearest_rank
from rig.servers import witness

ABSOLUTE_MS = 0.3
RELATIVE = 0.01
PERCENTS = (50, 99)
LATENCIES = (
    "0ms",
    "5ms",
    "uniform(2ms, 20ms)",
    "exponential(mean=10ms)",
    "lognormal(p50=10ms, p99=80ms)",
    "bimodal(5ms, 100ms, 5%)",
)


def close(measured_ms: float, true_ms: float) -> bool:
    """Tell whether a measured figure is as close to the truth as claimed."""
    return abs(measured_ms - true_ms) <= max(ABSOLUTE_MS, RELATIVE * true_ms)


def main() -> int:
    """Measure each distribution and print a row for each."""
    quick = begin(parser_of(__doc__)).quick
    rate, seconds = (200, 0.5) if quick else (5_000, 10.0)
    headings = [f"p{percent} {what}" for percent in PERCENTS for what in ("truth", "measured", "apart")]
    table = Table("the server waits", "answers", *headings, "claim", first=30)
    good = True
    for latency in LATENCIES[::3] if quick else LATENCIES:
        with witness(latency) as server:
            measured = run(server, rate, seconds)
            seen = server.seen()
        true = [nearest_rank(seen.waited, percent) / 1e6 for percent in PERCENTS]
        reported = [measured.result["latency_ms"]["service"][f"p{percent}"] for percent in PERCENTS]
        near = measured.all_ok and all(map(close, reported, true))
        good = good and near
        cells = [
            ms(value) for pair in zip(true, reported, strict=True) for value in (*pair, pair[1] - pair[0])
        ]
        table.row(latency, f"{len(seen.waited):,}", *cells, verdict(good=near))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

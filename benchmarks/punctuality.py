"""Claim: 1,000/s for 10 s are all sent, late by less than 2 ms at p99, over as few connections as are needed.

Needed are as many as are in flight at most. Measured against nginx and against the stub. The lateness is
an absolute figure and needs an idle machine: on a busy one look at the other columns, which do not.
Exits 1 when the claim does not hold.
"""

from __future__ import annotations

import sys

from runs import Measured, nginx, run, stub

LATE_MS = 2.0


def holds(measured: Measured) -> bool:
    """Tell whether the claim holds."""
    generator = measured.result["generator"]
    return bool(
        measured.result["arrivals"] == {"planned": 10_000, "sent": 10_000, "unsent": 0, "lost": 0}
        and measured.result["latency_ms"]["lateness"]["p99"] < LATE_MS
        and generator["connections_opened"] <= generator["peak_in_flight"] + 5
    )


def main() -> int:
    """Measure against both servers and print a row for each."""
    print("server  sent    late p50  late p99  late max  in flight  connections  claim")
    good = True
    for server_of in (nginx, stub):
        with server_of() as server:
            measured = run(server, "1000/s", "10s")
        late = measured.result["latency_ms"]["lateness"]
        generator = measured.result["generator"]
        good = good and holds(measured)
        verdict = "holds" if holds(measured) else "does not hold"
        times = "  ".join(f"{late[name]:5.2f} ms" for name in ("p50", "p99", "max"))
        crew = f"{generator['peak_in_flight']:9,}  {generator['connections_opened']:11,}"
        print(f"{server.name:6}  {measured.sent:6,}  {times}  {crew}  {verdict}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

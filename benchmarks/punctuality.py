"""Claim: arrivals are on time, as the generator measures it and as the server sees it.

As the generator measures it: at 1,000/s for 10 s, against nginx and against the stub, all are sent, late by
less than 2 ms at p99, over as few connections as are in flight at most; at 10,000/s against nginx the same.

Seen at a server that stamps the first byte of each request, at 1,000/s for 20 s: late by at most 0.5 ms at
p99, and evenly spaced, that is at p1 and p99 within 0.5 ms of the millisecond that is due.

The server does not know when the schedule began, so there each arrival is held against the earliest one.
Lateness is an absolute figure and needs an idle machine; the first table says how idle this one is: how
late a loop is that does nothing but sleep until each millisecond, on the processor of the generator.
"""

from __future__ import annotations

import sys

from rig.claims import Table, begin, ms, ms_of, parser_of, verdict
from rig.held import show_machine
from rig.runs import Measured, run
from rig.seen import NS, Seen, nearest_rank
from rig.servers import nginx, stub, witness

LATE_MS = 2.0
SEEN_LATE_NS = 500_000
_SPARE = 5


def measured_well(measured: Measured) -> bool:
    """Tell whether the claim holds as the generator measures it."""
    generator = measured.result["generator"]
    few = generator["connections_opened"] <= generator["peak_in_flight"] + _SPARE
    return measured.all_ok and measured.late_by_less_than(LATE_MS) and few


def seen_well(seen: Seen, rate: int) -> bool:
    """Tell whether the claim holds as the server saw it."""
    low, high = (nearest_rank(seen.gaps(), percent) for percent in (1, 99))
    even = NS // rate - low <= SEEN_LATE_NS and high - NS // rate <= SEEN_LATE_NS
    return even and nearest_rank(seen.lateness(rate), 99) <= SEEN_LATE_NS


def as_generator(*, quick: bool) -> bool:
    """Print what the generator measured."""
    table = Table(
        "measured by", "rate", "sent", "late p50", "late p99", "late max", "in flight", "connections", "claim"
    )
    good = True
    for server_of, rate in ((nginx, 1_000), (stub, 1_000), (nginx, 10_000)):
        with server_of() as server:
            asked = rate // 5 if quick else rate
            measured = run(server, asked, 0.5 if quick else 10.0)
        generator = measured.result["generator"]
        good = good and measured_well(measured)
        table.row(
            server.name,
            f"{asked:,}/s",
            f"{measured.sent:,}",
            *(ms(measured.late_ms(name)) for name in ("p50", "p99", "max")),
            f"{generator['peak_in_flight']:,}",
            f"{generator['connections_opened']:,}",
            verdict(good=measured_well(measured)),
        )
    return good


def as_server(*, quick: bool) -> bool:
    """Print what the server saw."""
    rate = 200 if quick else 1_000
    with witness() as server:
        run(server, rate, 1.0 if quick else 20.0)
        seen = server.seen()
    table = Table(
        "seen at", "rate", "seen", "late p50", "late p99", "late max", "gap p1", "gap p50", "gap p99", "claim"
    )
    good = seen_well(seen, rate)
    late, gaps = seen.lateness(rate), seen.gaps()
    table.row(
        "server",
        f"{rate:,}/s",
        f"{len(late):,}",
        *(ms_of(nearest_rank(late, percent)) for percent in (50, 99, 100)),
        *(ms_of(nearest_rank(gaps, percent)) for percent in (1, 50, 99)),
        verdict(good=good),
    )
    return good


def main() -> int:
    """Print the three tables."""
    quick = begin(parser_of(__doc__)).quick
    show_machine(0.5 if quick else 10.0)
    punctual = as_generator(quick=quick)
    print()
    return 0 if as_server(quick=quick) and punctual else 1


if __name__ == "__main__":
    sys.exit(main())

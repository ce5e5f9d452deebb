"""Claim: in an hour at 1,000/s the generator itself makes no arrival late by more than 10 ms.

    python benchmarks/hour.py [SECONDS] [--rate RATE]

Shown are the worst seconds: how late the worst arrival due in each was, and what the system says about the
generator meanwhile: how long something else had its processor, how long the machine below took it away, how
long it ran without pause, and how late a look from the other processor came. The claim holds when every
second that was worse than 10 ms is explained, and neither by the generator's own work nor by its garbage
collector.
Against a server that stamps what it sees, so that it is known when the schedule began.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rig.causes import COLLECTOR, EVERY_S, OWN_WORK, UNEXPLAINED, Causes, explain
from rig.claims import Table, begin, ms, ms_of, parser_of, verdict
from rig.runs import Measured, run
from rig.seen import NS, Seen, nearest_rank
from rig.servers import witness

from sessionload.verdict.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_NS = 10_000_000
WORTH_NS = 1_000_000
"""Less needs no cause: it is the grain of timers."""
_GENERATORS_OWN = (OWN_WORK, COLLECTOR, UNEXPLAINED)
_SHOWN = 10
_BANDS_MS = (0.5, 1, 2, 5, 10, 20, 50, 100)


def worst_by_second(measured: Measured) -> dict[int, int]:
    """Return the largest lateness of the arrivals due in each second of a run, in nanoseconds."""
    slices = Result.from_json(measured.result).measurement.slices
    return {second: piece.lateness.maximum for (_, second), piece in slices.items()}


def show_bands(worst: Mapping[int, int]) -> None:
    """Print how many seconds were how bad."""
    table = Table("worst arrival of a second", "seconds", "share", first=26)
    low = 0.0
    for high in (*_BANDS_MS, float("inf")):
        count = sum(low <= late / 1e6 < high for late in worst.values())
        name = f"{low:g} to {high:g} ms" if high != float("inf") else f"{low:g} ms and more"
        table.row(name, f"{count:,}", f"{count / len(worst):.2%}")
        low = high


def show_worst(worst: Mapping[int, int], causes: Causes, origin_ns: int, longest_ns: int) -> bool:
    """Print the worst seconds with what explains them; tell whether the claim holds for all."""
    table = Table("second", "late max", "taken", "stolen", "no pause", "stood still", "why", first=8)
    good = True
    for place, (second, late_ns) in enumerate(sorted(worst.items(), key=lambda pair: -pair[1])):
        if place >= _SHOWN and late_ns <= MOST_NS:
            break
        begin_ns = origin_ns + second * NS
        stretch = causes.between(begin_ns, begin_ns + NS, late_ns)
        why = explain(late_ns, stretch, longest_ns) if late_ns >= WORTH_NS else "-"
        good = good and (late_ns <= MOST_NS or why not in _GENERATORS_OWN)
        lengths = (late_ns, stretch.waited, stretch.stolen, stretch.without_pause, stretch.stood_still)
        table.row(f"{second}", *map(ms_of, lengths), why)
    return good


def show_run(measured: Measured, seen: Seen, rate: int, worst: Mapping[int, int], *, good: bool) -> None:
    """Print the run as a whole."""
    generator = measured.result["generator"]
    table = Table(
        "rate",
        "seconds",
        "sent",
        "late p99",
        "late max",
        "seen p99",
        "seen max",
        "GCs",
        "longest GC",
        "claim",
    )
    late = seen.lateness(rate)
    table.row(
        f"{rate:,}/s",
        f"{len(worst):,}",
        f"{measured.sent:,}",
        ms(measured.late_ms("p99")),
        ms(measured.late_ms("max")),
        *(ms_of(nearest_rank(late, percent)) for percent in (99, 100)),
        f"{generator['gc_collections']:,}",
        ms_of(generator["gc_longest_ns"]),
        verdict(good=good),
    )


def main() -> int:
    """Run, and print the seconds, the worst of them, and the claim."""
    parser = parser_of(__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=3_600)
    parser.add_argument("--rate", type=int, default=1_000, help="arrivals per second")
    asked = begin(parser)
    seconds, rate = (2, 200) if asked.quick else (asked.seconds, asked.rate)
    causes = Causes()
    with witness() as server:
        measured = run(server, rate, seconds, watch=causes.watch, every_s=EVERY_S)
        seen = server.seen()
    origin_ns = min(
        arrived - number * NS // rate for number, arrived in zip(seen.numbers, seen.arrived, strict=True)
    )
    worst = worst_by_second(measured)
    show_bands(worst)
    print()
    explained = show_worst(worst, causes, origin_ns, measured.result["generator"]["gc_longest_ns"])
    good = measured.all_ok and explained
    print()
    show_run(measured, seen, rate, worst, good=good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

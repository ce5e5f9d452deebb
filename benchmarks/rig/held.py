"""The highest rate that one generator process holds.

A rate is held when all that was planned was sent and ended well, and p99 of the lateness is under 10 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rig import bare
from rig.claims import Table, ms, ms_of
from rig.runs import Measured, run
from rig.seen import nearest_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rig.servers import Server

LATE_MS = 10.0
LADDER = (30_000, 25_000, 20_000, 15_000)
"""Arrivals a second, the goal first."""


def holds(measured: Measured) -> bool:
    """Tell whether a run held its rate."""
    return measured.all_ok and measured.late_by_less_than(LATE_MS)


def ladder_table() -> Table:
    """Print the headings of what `descend` prints."""
    return Table(
        *("server", "rate", "planned", "sent", "unsent", "ok", "late p50", "late p99", "late max"),
        *("CPU/exchange", "of a core", "claim"),
        first=9,
    )


class Tried(NamedTuple):
    """The last of the rates that were tried: the first that was held, or the lowest."""

    rate: int
    measured: Measured
    held: bool


def descend(server: Server, rates: Sequence[int], seconds: float, table: Table) -> Tried:
    """Try rates from the first on until one is held. Prints a row for each."""
    for rate in rates:
        measured = run(server, rate, seconds)
        show(table, server, rate, measured)
        tried = Tried(rate, measured, holds(measured))
        if tried.held:
            break
    return tried


def show(table: Table, server: Server, rate: int, measured: Measured) -> None:
    """Print the row of a run."""
    arrivals = measured.result["arrivals"]
    table.row(
        server.name,
        f"{rate:,}/s",
        *(f"{arrivals[name]:,}" for name in ("planned", "sent", "unsent")),
        f"{measured.result['outcomes']['ok']:,}",
        *(ms(measured.late_ms(name)) for name in ("p50", "p99", "max")),
        f"{measured.generator_us:.1f} us",
        f"{measured.generator_share:.0%}",
        "held" if holds(measured) else "not held",
    )


def show_machine(seconds: float) -> None:
    """Print how late a loop is that only sleeps, a thousand times a second, where the generator runs."""
    late = bare.sleeps_late_ns(seconds)
    table = Table("the machine alone", "sleeps", "late p50", "late p99", "late max", first=17)
    cells = (ms_of(nearest_rank(late, percent)) for percent in (50, 99, 100))
    table.row("a loop that sleeps", f"{len(late):,}", *cells)
    print()

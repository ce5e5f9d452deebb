"""The workers of a run as lines of a table: what each was to send and sent, how late and how busy it was."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import NOTHING, counted_noun
from sessionload.report.model.rows import WorkerLine
from sessionload.report.model.time_axis import clock
from sessionload.units import NS, duration_text, rate_text, share_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.worker_row import WorkerRow


def worker_line(row: WorkerRow) -> WorkerLine:
    """Return the line of a worker."""
    lag = row.lag_ns
    durations = (lag.p50, lag.p99, lag.max, row.clock_error_ns, row.round_trip_ns)
    p50, p99, most, *clocks = (NOTHING if ns is None else duration_text(ns) for ns in durations)
    return WorkerLine(
        name=str(row.number),
        where=plain(row.where),
        cells=(
            f"{row.planned:,}",
            f"{row.sent:,}",
            rate_text(Fraction(str(row.rate))),
            p50,
            p99,
            most,
            share_text(row.cpu_ns, row.wall_ns),
            *clocks,
        ),
        note="; ".join(_notes(row)),
    )


def _notes(row: WorkerRow) -> Iterator[str]:
    if row.run:
        yield f"run {plain(row.run)}"
    if row.joined_ns is not None:
        yield f"joined at {clock(row.joined_ns // NS)}"
    if row.lost_ns is not None and row.dealt_ns is not None:
        at, dealt = clock(row.lost_ns // NS), clock(row.dealt_ns // NS)
        yield f"lost at {at}, and dealt to the others from {dealt} on"
    if row.lost:
        yield f"{counted_noun(row.lost, 'arrival')} lost"

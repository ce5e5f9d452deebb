"""The rows of the workers of a run: what was planned for each, what it sent, how late and how busy it was.

The numbers of all rows add up to those of the run.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.units import NS
from sessionload.verdict.worker_row import WorkerLag, WorkerRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.metrics.worker_tally import WorkerTally
    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader

LOCAL = "local"
_SHARES = (Fraction(1, 2), Fraction(99, 100))


def worker_rows(header: RunHeader, totals: RunTotals) -> tuple[WorkerRow, ...]:
    """Return a row for each worker that a master has told of, in the order of their numbers."""
    return tuple(_row(header, number, tally) for number, tally in sorted(totals.tallies.items()))


def _row(header: RunHeader, number: int, tally: WorkerTally) -> WorkerRow:
    seen, loss = tally.seen, tally.loss
    planned = tally.planned(header.planned)
    end_ns = min(_schedule_ns(header), tally.elapsed_ns)
    return WorkerRow(
        number=number + 1,
        where=seen.where,
        planned=planned,
        sent=tally.sent,
        unsent=tally.unsent,
        lost=max(0, planned - tally.sent - tally.unsent),
        rate=_rate(tally.sent, end_ns - seen.joined_ns),
        lag_ns=_lag(tally.lag(lambda stage: not header.stages[stage].warmup)),
        cpu_ns=tally.cpu_ns,
        wall_ns=tally.wall_ns,
        clock_error_ns=seen.clock_error_ns,
        round_trip_ns=seen.round_trip_ns,
        joined_ns=seen.joined_ns or None,
        lost_ns=loss.at_ns if loss else None,
        dealt_ns=loss.dealt_ns if loss else None,
    )


def _schedule_ns(header: RunHeader) -> int:
    return sum(stage.duration_ns for stage in header.stages)


def _rate(sent: int, length_ns: int) -> float:
    return round(sent * NS / length_ns, 3) if length_ns > 0 else 0.0


def _lag(lag: Histogram) -> WorkerLag:
    if not lag:
        return WorkerLag(None, None, None)
    p50, p99 = lag.quantiles(_SHARES)
    return WorkerLag(p50, p99, lag.largest)


def clock_error_ns(rows: Sequence[WorkerRow]) -> int:
    """Return by how much the schedule of a worker may be off at most."""
    return max((row.clock_error_ns or 0 for row in rows), default=0)


def merged_rows(parts: Sequence[Result]) -> tuple[WorkerRow, ...]:
    """Return the workers of several runs, numbered anew; a run by one process is one worker."""
    rows = [(part.run.id, row) for part in parts for row in (part.workers or (_of_one_process(part),))]
    return tuple(row.merged(run, number) for number, (run, row) in enumerate(rows, 1))


def _of_one_process(result: Result) -> WorkerRow:
    account, health = result.accounting, result.measurement.generator
    seconds_ns = round(result.run.seconds * NS)
    return WorkerRow(
        number=1,
        where=LOCAL,
        planned=account.planned,
        sent=account.ended,
        unsent=account.unsent,
        lost=account.lost,
        rate=_rate(account.ended, min(_schedule_ns(result), seconds_ns)),
        lag_ns=_lag(result.measured.lag),
        cpu_ns=health.cpu_ns,
        wall_ns=health.wall_ns,
        clock_error_ns=None,
        round_trip_ns=None,
        joined_ns=None,
        lost_ns=None,
        dealt_ns=None,
    )

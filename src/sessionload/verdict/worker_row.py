"""A worker of a run by several processes, as a result has it. A run by one process has none."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from sessionload.metrics.bounds import Count, Instant, Text
from sessionload.metrics.worker_events import HostName

Rate = Annotated[float, Meta(ge=0)]


class WorkerLag(Struct, frozen=True, forbid_unknown_fields=True):
    """How late a worker itself was in the measured stages, in nanoseconds; `None` if it sent nothing then."""

    p50: Count | None
    p99: Count | None
    max: Count | None


class WorkerRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A worker, as a result file has it. Instants are nanoseconds since the start of the schedule."""

    number: Count
    """From 1."""
    where: HostName
    planned: Count
    sent: Count
    unsent: Count
    lost: Count
    rate: Rate
    """Session starts a second, over the time in which it was to send."""
    lag_ns: WorkerLag
    cpu_ns: Count
    wall_ns: Count
    clock_error_ns: Count | None
    round_trip_ns: Count | None
    joined_ns: Instant | None
    """When it was dealt its first arrivals, if that was after the start."""
    lost_ns: Instant | None
    dealt_ns: Instant | None
    """From when on others performed what was its."""
    run: Text | UnsetType = UNSET
    """The run that it was in, where results were merged."""

    def merged(self, run: str, number: int) -> WorkerRow:
        """Return this row as one of a merged result, with the run that it was in and a number of its own."""
        return structs.replace(self, number=number, run=run)

"""Where the arrivals were due of which nobody knows what became of them.

Arrivals are lost when a worker ends before it has accounted for them. The plan says exactly how many were due
in each second of each stage, and the slices say how many of them there is an account of; what is missing is
written into the slices, so that it counts as never in `response`. When a whole run was killed, what was due
after it was measured is not part of any slice: it was never waited for. It is lost all the same.
"""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.slices import Slice
from sessionload.metrics.stage_sums import over
from sessionload.units import NS
from sessionload.workload.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.metrics.run_totals import RunTotals
    from sessionload.verdict.run_header import RunHeader


def count_lost(header: RunHeader, totals: RunTotals, until_s: float | None = None) -> int:
    """Write what is lost into the slices of a run that has ended; return how many arrivals are lost.

    More may be lost than is written, and the second time nothing is written. `until_s` is until when the run
    was measured, if it ended early.
    """
    measurement = totals.measurement
    places = _places(header)
    if places is not None:
        ended = any(delta.last for delta in totals.latest.values())
        until = math.inf if ended else max(totals.settled_ns // NS, until_s or 0)
        planned: Counter[tuple[int, int]] = Counter()
        for stage, second, count in places:
            if second < until:
                planned[stage, second] += count
        for place, count in planned.items():
            known = measurement.slices.get(place)
            missing = count - (known.accounted if known is not None else 0)
            if missing > 0:
                measurement.add_slices([(place, Slice(lost=missing))])
    known = over(measurement)
    return known.lost + max(0, header.planned - known.accounted)


def _places(header: RunHeader) -> Iterable[tuple[int, int, int]] | None:
    """Return (stage, second, count) of all arrivals; `None` where the header does not say."""
    if any(stage.kind == "file" for stage in header.stages):
        return _recorded(header)
    schedule = schedule_of(header)
    return schedule.rest(0) if schedule else None


def _recorded(header: RunHeader) -> Iterator[tuple[int, int, int]]:
    """Yield where the arrivals of a file were due: of its seconds it is known how many were in each."""
    left = list(header.planned_by_stage or (header.planned,))
    stage = 0
    for second, arrivals in sorted(header.planned_by_second.items()):
        count = arrivals
        while count and stage < len(left):
            here = min(count, left[stage])
            if here:
                yield stage, second, here
            count -= here
            left[stage] -= here
            stage += not left[stage]


def schedule_of(header: RunHeader) -> Schedule | None:
    """Return the plan of a run; `None` where the header does not hold it, as that of merged runs."""
    load = header.scenario.get("load")
    written = load.get("arrivals", "even") if isinstance(load, dict) else "even"
    with suppress(ValueError):
        arrivals, shape = str(written), Fraction(1)
        if isinstance(written, dict):
            arrivals, shape = "gamma", Fraction(str(written.get("gamma")))
        schedule = Schedule(header.stages, arrivals=arrivals, seed=header.run.seed, shape=shape)
        if schedule.planned() == header.planned:
            return schedule
    return None

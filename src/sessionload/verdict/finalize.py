"""The judged result of a run, from its plan and what its generators told.

A run's result must be judged the same on any later day, so targets and limits are taken from the result's own
scenario.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.metrics.delta import RunTotals
from sessionload.metrics.sums import over
from sessionload.units import NS
from sessionload.verdict.resolved_scenario import limits_of, targets_of
from sessionload.verdict.verdict import Evidence, judge

if TYPE_CHECKING:
    from sessionload.verdict.result import Result
    from sessionload.workload.schedule import Schedule


def finalize_result(
    skeleton: Result,
    totals: RunTotals,
    *,
    workers: int = 1,
    interrupted: str | None = None,
    aborted_by: str | None = None,
) -> Result:
    """Return the judged result of a run from what its generators told.

    Arrivals that no generator accounts for, because one ended before its last word, are lost; those it had
    sent and not told the end of are among them.
    """
    measurement, lost = totals.measurement, 0
    if not totals.complete(workers):
        known = over(measurement)
        lost = max(0, skeleton.planned - known.accounted)
        measurement = replace(measurement, sent=known.sent)
    evidence = Evidence(
        measurement=measurement,
        stages=skeleton.stages,
        planned=skeleton.planned,
        lost=lost,
        interrupted=interrupted,
        aborted_by=aborted_by,
        targets=targets_of(skeleton.scenario),
        limits=limits_of(skeleton.scenario),
    )
    return replace(
        skeleton,
        run=replace(
            skeleton.run,
            seconds=round(totals.elapsed_ns / NS, 3),
            interrupted=interrupted,
            aborted_by=aborted_by,
        ),
        lost=lost,
        measurement=measurement,
        verdict=judge(evidence),
    )


def nothing_sent(schedule: Schedule) -> RunTotals:
    """Return the totals of a run that was stopped before its generator was started."""
    totals = RunTotals()
    for stage, second, count in schedule.rest(0):
        totals.measurement.record_unsent(stage, second * NS, count)
    return totals

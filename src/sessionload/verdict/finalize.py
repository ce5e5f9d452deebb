"""The judged result of a run, from its header and what was measured of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.lost_arrivals import count_lost
from sessionload.verdict.measured_part import measured_until_ns
from sessionload.verdict.resolved_scenario import script_of
from sessionload.verdict.result import Result
from sessionload.verdict.turn_value import turns_of
from sessionload.verdict.verdict import judge
from sessionload.verdict.worker_rows import clock_error_ns, worker_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.run_header import Run, RunHeader
    from sessionload.verdict.worker_row import WorkerRow
    from sessionload.workload.schedule import Schedule


def finalize_result(
    header: RunHeader,
    totals: RunTotals,
    *,
    interrupted: str | None = None,
    aborted_by: str | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """Return the judged result of a run.

    Arrivals that no generator accounts for, because one ended before its last delta or had no lease when they
    were due, are lost. So are those that it sent and whose end it did not report.
    """
    measurement, lost, until_s = totals.measurement, 0, None
    if interrupted is not None or aborted_by is not None:
        until_s = _measured_until_s(header, totals)
    if not totals.complete():
        lost = count_lost(header, totals, until_s)
        measurement = replace(measurement, sent=over(measurement).sent)
        if measurement.turns is not None:  # what was under way when a worker ended is lost, too
            turns = turns_of(measurement, range(len(header.stages)))
            measurement.turns.counts.sent = turns.sent
    elif totals.tallies:  # a worker whose lease lapsed for a moment left out what was due then
        lost = count_lost(header, totals)
    run = replace(
        header.run,
        seconds=round(totals.elapsed_ns / NS, 3),
        interrupted=interrupted,
        aborted_by=aborted_by,
        measured_until_s=until_s,
        notes=tuple(notes),
    )
    return judged_result(header, run, measurement, lost=lost, workers=worker_rows(header, totals))


def judged_result(
    header: RunHeader,
    run: Run,
    measurement: Measurement,
    *,
    lost: int,
    workers: tuple[WorkerRow, ...] = (),
) -> Result:
    """Return the result of the run of `header`, judged; `run` says how it ended."""
    evidence = Evidence(
        measurement=measurement,
        stages=header.stages,
        planned=header.planned,
        lost=lost,
        interrupted=run.interrupted,
        aborted_by=run.aborted_by,
        targets=header.targets,
        limits=header.limits,
        script=script_of(header.scenario),
        measured_until_s=run.measured_until_s,
        clock_error_ns=clock_error_ns(workers),
        patience_ns=header.patience_ns,
    )
    verdict = judge(evidence)
    return Result.of(header, run=run, lost=lost, measurement=measurement, verdict=verdict, workers=workers)


def _measured_until_s(header: RunHeader, totals: RunTotals) -> float | None:
    until_ns = measured_until_ns(totals)
    planned_ns = sum(stage.duration_ns for stage in header.stages)
    return None if until_ns is None or until_ns >= planned_ns else round(until_ns / NS, 3)


def nothing_sent(schedule: Schedule) -> RunTotals:
    """Return the totals of a run that was stopped before its generator was started."""
    recorder = MeasurementRecorder()
    for stage, second, count in schedule.rest(0):
        recorder.record_not_due(stage, second, count)
    totals = RunTotals(recorder.raw().packed())
    totals.workers = 0
    return totals

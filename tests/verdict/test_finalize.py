"""A header and what was measured become a judged result; a watch and a row are made of them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.run_totals import RunTotals
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.finalize import finalize_result, nothing_sent
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State, judge_ending_target
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

SCHEDULE = Schedule([Stage("only", Fraction(10), Fraction(10), 10 * NS)])
STOP = parse_target("mean < 10ms", window_ns=NS, abort=True)
HEADER = RunHeader(
    run=Run("r", "2026-01-02T03:04:05Z", 0.0, 7, "0.1.0"),
    scenario={"targets": [{"expr": STOP.expr, "window": "1s", "abort": True}]},
    environment={},
    contract={},
    stages=SCHEDULE.stages,
    planned=100,
    planned_by_second=dict.fromkeys(range(10), 10),
)


def test_what_no_generator_accounts_for_is_lost(run: Recorder) -> None:
    run.sent(40)
    result = finalize_result(HEADER, RunTotals(run.measurement))
    assert (result.lost, result.verdict.state) == (60, State.VOID)


def test_a_run_that_never_began_sent_nothing() -> None:
    result = finalize_result(HEADER, nothing_sent(SCHEDULE), interrupted="SIGTERM")
    assert (result.accounting.unsent, result.accounting.closes, result.run.interrupted) == (
        100,
        True,
        "SIGTERM",
    )


def test_a_mean_over_a_window_ends_a_run_and_its_row_says_so(run: Recorder) -> None:
    run.sent(10, second=3)
    watch = AbortWatch.of(HEADER)
    watch.add(run.measurement.slices)
    assert watch.aborting(5) == STOP
    evidence = Evidence(run.measurement, SCHEDULE.stages, 10, 0, aborted_by=STOP.expr, targets=HEADER.targets)
    ending = judge_ending_target(evidence)
    assert ending is not None
    assert (ending.state, ending.measured, ending.window) == (State.MISSED, "20 ms", "3 s to 4 s")

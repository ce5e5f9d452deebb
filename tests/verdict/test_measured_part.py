"""What is measured of a run that ended early, to the last arrival: known answers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.errors import InputError
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result, nothing_sent
from sessionload.verdict.measured_part import until_text
from sessionload.verdict.merge import merge_results
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.verdict import State
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from sessionload.verdict.verdict import JudgedTarget

MS = 1_000_000
SCHEDULE = Schedule([Stage("only", Fraction(10), Fraction(10), 20 * NS)])
STOP = {"expr": "error_rate < 5%", "window": "10s", "abort": True}


def header(*targets: object) -> RunHeader:
    return RunHeader(
        run=Run("r", "2026-01-02T03:04:05Z", 0.0, 7, "0.1.0"),
        scenario={"load": {"arrivals": "even"}, "targets": list(targets)},
        environment={"name": "stub", "url": "http://127.0.0.1:1", "project": "p", "environment": "main"},
        contract={
            "file": "openapi.yaml",
            "operation": "startSession",
            "sha256": "ab" * 32,
            "method": "POST",
            "path": "/s",
            "header": "authorization",
        },
        stages=SCHEDULE.stages,
        planned=SCHEDULE.planned(),
        planned_by_second=SCHEDULE.planned_by_second(),
    )


def stopped(
    at_ms: int,
    *,
    waiting_from_ms: int = 10**9,
    cut: frozenset[int] = frozenset(),
    ended_ms: int | None = None,
) -> RunTotals:
    """A run that was stopped: what waits then is unsent, and what is cut is aborted."""
    recorder = MeasurementRecorder()
    for index, due_ns, stage in SCHEDULE.stripe():
        if due_ns >= at_ms * MS:
            recorder.record_not_due(stage, due_ns // NS, 1)
        elif due_ns >= waiting_from_ms * MS:
            recorder.record_unsent(stage, due_ns)
        else:
            outcome = Outcome.ABORTED if index in cut else Outcome.OK
            recorder.record_sent(due_ns)
            recorder.record_done(stage, Exchange(index, due_ns, due_ns, due_ns + 20 * MS, outcome, 0, 201))
    elapsed_ns = (at_ms + 50 if ended_ms is None else ended_ms) * MS
    totals = RunTotals()
    measured = recorder.raw().packed()
    totals.add(Delta(0, 0, elapsed_ns, 0, 0, elapsed_ns, measured, last=True, stopped_ns=at_ms * MS))
    return totals


def interrupted(totals: RunTotals, *targets: object) -> Result:
    result = finalize_result(header(*targets), totals, interrupted="SIGINT")
    assert result.accounting.closes
    assert result.verdict.state is State.VOID
    assert Result.from_json(result.to_json()) == result
    return result


def test_what_was_not_due_yet_is_unsent_and_in_no_figure() -> None:
    """12.3 s at 10/s: 123 arrivals were due, and each was well."""
    result = interrupted(stopped(12_300))
    assert (result.run.measured_until_s, result.accounting.sent, result.accounting.unsent) == (12.3, 123, 77)
    assert (result.measured.accounted, result.measured.response.never) == (123, 0)
    assert result.latency["response"].max == 20.0
    assert result.to_json()["latency_ms"]["response"]["p99_9"] == pytest.approx(20, rel=0.001)
    assert len(result.measured_slices) == 13
    with pytest.raises(KeyError):
        result.measured_slices[0, 13]


def test_what_waited_for_a_frozen_server_when_the_run_was_stopped_is_never() -> None:
    """Due from 9 s on, 33 arrivals found no free client: over a quarter of the 123 users had no session."""
    result = interrupted(stopped(12_300, waiting_from_ms=9_000))
    assert (result.accounting.sent, result.accounting.unsent) == (90, 110)
    assert (result.measured.accounted, result.measured.response.never) == (123, 33)
    assert result.latency["response"].p50 is not None
    assert result.latency["response"].p75 is None


def test_what_is_cut_after_seconds_of_waiting_is_never() -> None:
    """A drain of 7 s was enough for every answer that this server gives: those it did not give are shown."""
    result = interrupted(stopped(12_300, cut=frozenset(range(113, 123)), ended_ms=19_300))
    assert (result.run.measured_until_s, result.measured.response.never) == (12.3, 10)


def test_what_is_cut_at_once_leaves_out_the_last_second_and_does_not_hide_a_stall() -> None:
    """Ended at 12.4 s by a second signal: until 11 s each arrival had a second and more to end."""
    calm = interrupted(stopped(12_300, cut=frozenset({122}), ended_ms=12_400))
    assert (calm.run.measured_until_s, calm.measured.accounted, calm.measured.response.never) == (11, 110, 0)
    frozen = interrupted(stopped(12_300, cut=frozenset(range(80, 123)), ended_ms=12_400))
    assert (frozen.run.measured_until_s, frozen.measured.response.never) == (11, 30)


def test_a_run_that_was_killed_is_measured_until_a_second_before_its_last_word() -> None:
    """The last delta is of 5.9 s, and nothing that was due from 2 s on had ended: 40 - 20 were waited for."""
    recorder = MeasurementRecorder()
    for index, due_ns, stage in SCHEDULE.stripe():
        if due_ns < 2 * NS:
            recorder.record_sent(due_ns)
            recorder.record_done(stage, Exchange(index, due_ns, due_ns, due_ns + MS, Outcome.OK, 0, 201))
    totals = RunTotals()
    totals.add(Delta(0, 0, 5900 * MS, 39, 0, 2 * NS, recorder.raw().packed()))
    result = finalize_result(header(), totals, interrupted="killed")
    assert (result.run.measured_until_s, result.lost, result.placed_lost) == (4, 180, 20)
    assert (result.measured.accounted, result.measured.response.never) == (40, 20)
    assert result.accounting.closes


def test_a_run_whose_plan_was_done_has_no_end_of_its_own() -> None:
    assert interrupted(stopped(20_000, cut=frozenset({3}), ended_ms=27_000)).run.measured_until_s is None


def test_a_run_that_was_stopped_before_it_began_measured_nothing() -> None:
    result = interrupted(nothing_sent(SCHEDULE), "p95 < 1s", {"expr": "p95 < 1s", "window": "5s"})
    assert (result.run.measured_until_s, result.measured.accounted) == (0, 0)
    assert result.verdict.targets[0].note == "no samples; nothing was measured"
    assert result.verdict.targets[1].note == "no full window of 5 s in 0 µs measured; nothing was measured"


def found(result: Result) -> JudgedTarget:
    return result.verdict.targets[0]


def test_targets_are_judged_by_what_was_measured_and_say_so() -> None:
    whole = found(interrupted(stopped(12_300), "p99 < 1s"))
    assert (whole.state, whole.measured, whole.samples) == (State.MET, "20 ms", 123)
    assert whole.note == "measured until 12.3 s"
    window = found(interrupted(stopped(12_300), {"expr": "p99 < 1s", "window": "12s"}))
    assert (window.state, window.window, window.samples) == (State.MET, "0 s to 12 s", 120)
    longer = found(interrupted(stopped(12_300), {"expr": "p99 < 1s", "window": "13s"}))
    assert (longer.state, longer.note) == (
        State.VOID,
        "no full window of 13 s in 12.3 s measured; measured until 12.3 s",
    )


def test_a_target_that_ended_a_run_is_missed_by_what_was_measured() -> None:
    """20 of the first 100 were cut in a drain of seconds; another target has the figures of the rest."""
    totals = stopped(12_300, cut=frozenset(range(20)), ended_ms=20_000)
    result = finalize_result(header(STOP, "p50 < 1s"), totals, aborted_by="error_rate < 5%")
    ending, other = result.verdict.targets[:2]
    assert (ending.state, ending.measured, ending.samples) == (State.MISSED, "20 %", 100)
    assert (other.state, other.measured, other.note) == (State.MET, "20 ms", "measured until 12.3 s")


def test_the_window_that_ended_a_run_is_found_also_where_figures_leave_it_out() -> None:
    """A signal in the drain cuts it short at 12.4 s, so that figures end at 11 s."""
    totals = stopped(12_300, cut=frozenset(range(110, 120)), ended_ms=12_400)
    target = {**STOP, "window": "1s"}
    result = finalize_result(header(target), totals, interrupted="SIGINT", aborted_by="error_rate < 5%")
    ending = found(result)
    assert (result.run.measured_until_s, ending.state, ending.window) == (11, State.MISSED, "11 s to 12 s")


def test_merged_runs_are_measured_until_the_first_of_them_was_stopped() -> None:
    runs = {}
    for name, at_ms in (("a", 12_300), ("b", 15_000)):
        result = interrupted(stopped(at_ms))
        runs[name] = replace(result, run=replace(result.run, id=name))
    merged = merge_results(runs, run_id="m", version="0.1.0")
    assert merged.run.measured_until_s == 12.3
    assert merged.measured.accounted == 123 + 130
    assert merged.accounting.closes


def test_more_cannot_be_not_due_than_unsent() -> None:
    data = interrupted(stopped(12_300)).to_json()
    part = next(each for each in data["slices"] if each.get("not_due"))
    part["not_due"] = part["unsent"] + 1
    with pytest.raises(InputError, match="more arrivals were not due than were not sent"):
        Result.from_json(data)


@pytest.mark.parametrize(
    ("until_s", "text"), [(None, ""), (0.0, "nothing was measured"), (12.3, "measured until 12.3 s")]
)
def test_until_when_is_said(until_s: float | None, text: str) -> None:
    assert until_text(until_s) == text

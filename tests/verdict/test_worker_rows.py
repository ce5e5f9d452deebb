"""The rows of workers in a result: they add up, they are read back, and a run by one process has none."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.errors import InputError
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.worker_events import WorkDealt, WorkerLoss, WorkerSeen
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.merge import merge_results
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.verdict import State
from sessionload.workload.deal import deal
from sessionload.workload.schedule import Arrival, Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessionload.verdict.worker_row import WorkerRow

MS = 1_000_000
SCHEDULE = Schedule(
    [
        Stage("warm-up", Fraction(10), Fraction(10), NS, warmup=True),
        Stage("steady", Fraction(20), Fraction(20), 4 * NS),
    ]
)
HEADER = RunHeader(
    run=Run("r", "2026-01-02T03:04:05Z", 0.0, 3, "0.1.0"),
    scenario={"load": {"arrivals": "even", "max_lost": "50%"}, "targets": ["p50 < 400ms"]},
    environment={"name": "stub", "url": "http://127.0.0.1:1", "project": "p", "environment": "main"},
    contract={
        "file": "openapi.yaml",
        "operation": "startSession",
        "sha256": "ab" * 32,
        "method": "POST",
        "path": "/session",
        "header": "authorization",
    },
    stages=SCHEDULE.stages,
    planned=SCHEDULE.planned(),
    planned_by_second=SCHEDULE.planned_by_second(),
)
WITH_THE_LAG = (
    "generator lag p99 9 ms, with the 2 ms by which the clocks of the workers may differ, is above max_lag"
    " 10 ms"
)
ALONE = (
    "the clocks of the workers may differ by 11 ms, which is above max_lag 10 ms; use a quicker network"
    " between master and workers"
)
LAG_MS = (3, 1, 4, 1, 5, 9, 2, 6)


def exchange(arrival: Arrival) -> Exchange:
    sent_ns = arrival.due_ns + LAG_MS[arrival.index % 8] * MS
    done_ns = sent_ns + (20 + arrival.index) * MS
    return Exchange(arrival.index, arrival.due_ns, sent_ns, done_ns, Outcome.OK, 0, 201)


def deltas(worker: int, arrivals: Iterable[Arrival], *, last: bool = True) -> list[Delta]:
    """The deltas of a worker that reports once a second."""
    made = []
    mine = list(arrivals)
    for second in range(5):
        recorder = MeasurementRecorder()
        for arrival in mine:
            if arrival.due_ns // NS == second:
                recorder.record_sent(arrival.due_ns)
                recorder.record_done(arrival.stage, exchange(arrival))
        recorder.generator.cpu_ns, recorder.generator.wall_ns = NS // 4, NS
        elapsed_ns = (second + 1) * NS
        measured = recorder.raw().packed()
        made.append(Delta(worker, second, elapsed_ns, 0, 0, elapsed_ns, measured, last=last and second == 4))
    return made


def run_of(workers: int, clock_error_ns: int = 40_000) -> RunTotals:
    totals = RunTotals()
    totals.workers = workers
    for worker in range(workers):
        totals.add(WorkerSeen(worker, "local", clock_error_ns, 2 * clock_error_ns))
    parts = deal(range(workers), (), 0)
    totals.add(WorkDealt(0, [(worker, part.stripe, part.stripes) for worker, part in parts.items()]))
    reports = [deltas(worker, SCHEDULE.stripe(worker, workers)) for worker in range(workers)]
    for of_second in zip(*reports, strict=True):
        for delta in of_second:
            totals.add(delta)
    return totals


def one_process() -> RunTotals:
    totals = RunTotals()
    for delta in deltas(0, SCHEDULE.stripe()):
        totals.add(delta)
    return totals


@given(st.integers(1, 9))
def test_any_number_of_workers_has_the_counts_and_percentiles_of_one_process(workers: int) -> None:
    """Given the same exchanges, to the last count."""
    one, several = finalize_result(HEADER, one_process()), finalize_result(HEADER, run_of(workers))
    assert several.latency == one.latency
    assert several.measurement.slices == one.measurement.slices
    assert several.measurement.flow == one.measurement.flow
    assert several.accounting == one.accounting
    assert several.verdict == one.verdict
    assert sum(row.planned for row in several.workers) == one.accounting.planned
    assert sum(row.sent for row in several.workers) == one.accounting.sent
    assert not any(row.lost for row in several.workers)


def test_a_run_by_one_process_has_no_rows() -> None:
    result = finalize_result(HEADER, one_process())
    assert result.workers == ()
    assert "workers" not in result.to_json()


def test_a_row_says_what_a_worker_did() -> None:
    """Two workers: one has the arrivals of even numbers, lags of 3, 4, 5 and 2 ms in turn."""
    result = finalize_result(HEADER, run_of(2))
    row = result.workers[0]
    assert (row.number, row.where, row.planned, row.sent, row.unsent, row.lost) == (1, "local", 45, 45, 0, 0)
    assert (row.rate, row.cpu_ns, row.wall_ns) == (9.0, 5 * NS // 4, 5 * NS)
    whole = finalize_result(HEADER, one_process()).measured
    assert row.lag_ns.max == 5 * MS
    assert [row.lag_ns.p50, row.lag_ns.p99] == pytest.approx([3 * MS, 5 * MS], rel=0.001)
    assert whole.lag.largest == 9 * MS
    assert (row.clock_error_ns, row.round_trip_ns) == (40_000, 80_000)
    assert (row.joined_ns, row.lost_ns, row.dealt_ns) == (None, None, None)
    assert Result.from_json(result.to_json()).workers == result.workers


def lost_at_two() -> RunTotals:
    """Of two workers one says nothing after 2 s; from arrival 50, due at 3 s, the other has all."""
    totals = RunTotals()
    totals.workers = 2
    for worker in range(2):
        totals.add(WorkerSeen(worker, "local", 0, 0))
    totals.add(WorkDealt(0, [(0, 0, 2), (1, 1, 2)]))
    for delta in deltas(1, SCHEDULE.stripe(1, 2), last=False)[:2]:
        totals.add(delta)
    totals.add(WorkerLoss(1, 2 * NS, 3 * NS))
    totals.add(WorkDealt(50, [(1, 0, 0), (0, 0, 1)]))
    both = [*(arrival for arrival in SCHEDULE.stripe(0, 2) if arrival.index < 50), *SCHEDULE.stripe(first=50)]
    for delta in deltas(0, both):
        totals.add(delta)
    return totals


def test_a_worker_that_is_lost_has_its_lost_arrivals_in_its_row() -> None:
    result = finalize_result(HEADER, lost_at_two())
    kept, gone = result.workers
    assert (kept.planned, kept.sent, kept.lost, kept.lost_ns) == (65, 65, 0, None)
    assert (gone.planned, gone.sent, gone.lost) == (25, 15, 10)
    assert (gone.lost_ns, gone.dealt_ns, gone.rate) == (2 * NS, 3 * NS, 7.5)
    assert (result.lost, result.placed_lost, result.accounting.closes) == (10, 10, True)
    assert result.verdict.state is State.MET
    assert {place for place, part in result.measurement.slices.items() if part.lost} == {(1, 2)}


def test_a_worker_that_joins_is_measured_from_then_on() -> None:
    totals = RunTotals()
    totals.add(WorkerSeen(0, "host-a", 0, 0, joined_ns=3 * NS))
    totals.add(WorkDealt(50, [(0, 0, 1)]))
    for delta in deltas(0, SCHEDULE.stripe(first=50)):
        totals.add(delta)
    (row,) = finalize_result(HEADER, totals).workers
    assert (row.where, row.joined_ns, row.planned, row.rate) == ("host-a", 3 * NS, 40, 20.0)


def test_a_worker_that_has_said_nothing_has_no_lag_and_no_rate() -> None:
    totals = RunTotals()
    totals.add(WorkerSeen(0, "local", 0, 0))
    totals.add(WorkDealt(0, [(0, 0, 1)]))
    (row,) = finalize_result(HEADER, totals).workers
    assert (row.sent, row.rate, row.lag_ns.p99, row.lost) == (0, 0.0, None, 90)


@pytest.mark.parametrize(
    ("clock_error_ns", "reason"),
    [
        (0, None),
        (1_000_000, None),
        (2 * MS, WITH_THE_LAG),
        (11 * MS, ALONE),
    ],
)
def test_what_the_clocks_may_differ_by_is_part_of_the_lag(clock_error_ns: int, reason: str | None) -> None:
    verdict = finalize_result(HEADER, run_of(2, clock_error_ns)).verdict
    assert verdict.state is (State.MET if reason is None else State.VOID)
    assert verdict.reasons == ((reason,) if reason else ())


def test_a_lag_above_its_limit_is_named_without_the_clocks() -> None:
    strict = replace(HEADER, scenario={**HEADER.scenario, "load": {"max_lag": "2ms"}})
    (reason,) = finalize_result(strict, run_of(2, MS)).verdict.reasons
    assert reason == ("generator lag p99 9 ms is above max_lag 2 ms; use a quieter machine or a lower rate")


def test_merged_runs_have_a_row_for_each_worker_of_each() -> None:
    """And one for a run by one process."""
    first = finalize_result(HEADER, run_of(2))
    other = finalize_result(replace(HEADER, run=replace(HEADER.run, id="s")), one_process())
    merged = merge_results({"r": first, "s": other}, run_id="m", version="0.1.0")
    assert [(row.number, row.run, row.planned) for row in merged.workers] == [
        (1, "r", 45),
        (2, "r", 45),
        (3, "s", 90),
    ]
    alone = merged.workers[2]
    assert (alone.where, alone.rate, alone.clock_error_ns, alone.sent) == ("local", 18.0, None, 90)
    assert Result.from_json(merged.to_json()) == merged


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = finalize_result(HEADER, run_of(2)).to_json()
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda data: data["workers"].pop(), "its workers do not add up to its arrivals"),
        (lambda data: data["workers"][0].update(sent=44), "its workers do not add up to its arrivals"),
        (lambda data: data["workers"][0].update(unsent=1), "its workers do not add up to its arrivals"),
        (lambda data: data["workers"][0].update(where=""), "expected `str` of length >= 1"),
        (lambda data: data["workers"][0].pop("lag_ns"), "object missing required field `lag_ns`"),
        (lambda data: data["slices"][0].update(lost=1), "its slices have lost more than it has"),
    ],
)
def test_rows_that_contradict_the_rest_are_refused(
    change: Callable[[dict[str, Any]], object], what: str
) -> None:
    with pytest.raises(InputError) as caught:
        Result.from_json(changed(change))
    assert what in caught.value.message


def numbers(rows: Iterable[WorkerRow]) -> list[int]:
    return [row.number for row in rows]


def test_rows_stand_in_the_order_of_their_numbers() -> None:
    totals = run_of(3)
    totals.tallies = dict(reversed(totals.tallies.items()))
    assert numbers(finalize_result(HEADER, totals).workers) == [1, 2, 3]

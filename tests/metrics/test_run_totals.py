"""A delta is counted once, and a missing one is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.named_arrivals import NamedArrival
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.metrics.worker_events import WorkerLoss, WorkerSeen
from sessionload.units import NS


def delta(worker: int, number: int, *, unsent: int = 1, last: bool = False, seconds: int = 0) -> Delta:
    recorder = MeasurementRecorder()
    recorder.record_unsent(0, number * NS, unsent)
    return Delta(
        worker=worker,
        number=number,
        elapsed_ns=(number + 1) * NS,
        in_flight=3,
        waiting=7,
        settled_ns=seconds * NS,
        measurement=recorder.raw().packed(),
        last=last,
    )


MS = 1_000_000


def totals_of(*deltas: Delta) -> RunTotals:
    totals = RunTotals()
    for one in deltas:
        totals.add(one)
    return totals


def test_no_delta_is_nothing_known() -> None:
    totals = RunTotals()
    assert (totals.gaps, totals.settled_ns, totals.elapsed_ns) == (0, 0, 0)
    assert totals.measurement == Measurement()
    assert not totals.complete()


def test_deltas_of_all_workers_add_up() -> None:
    totals = totals_of(delta(0, 0, unsent=1), delta(1, 0, unsent=20), delta(0, 1, unsent=300))
    assert over(totals.measurement).unsent == 321
    assert {worker: one.number for worker, one in totals.latest.items()} == {0: 1, 1: 0}
    assert totals.gaps == 0


@given(st.lists(st.integers(0, 4), max_size=12))
def test_a_delta_that_comes_again_changes_nothing(again: list[int]) -> None:
    deltas = [delta(0, number, unsent=10**number, last=number == 4) for number in range(5)]
    totals = totals_of(*deltas, *(deltas[number] for number in again))
    assert over(totals.measurement).unsent == 11_111
    assert totals.complete()


def test_arrivals_by_name_of_all_deltas_are_kept_once() -> None:
    first, second = (
        NamedArrival(number, 0, 0, 100 - number, Outcome.OK, new_connection=False) for number in range(2)
    )
    deltas = [replace(delta(0, 0), named=(second,)), replace(delta(1, 0), named=(first,))]
    assert totals_of(*deltas, *deltas).measurement.named.slowest == [first, second]


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [([0, 1, 2], 0), ([1], 1), ([0, 2], 1), ([0, 3, 4, 7], 4), ([0, 0, 1, 1], 0)],
)
def test_a_gap_in_the_numbers_is_counted(numbers: list[int], gaps: int) -> None:
    assert totals_of(*(delta(0, number) for number in numbers)).gaps == gaps


@pytest.mark.parametrize(
    ("deltas", "workers", "complete"),
    [
        ([delta(0, 0, last=True)], 1, True),
        ([delta(0, 0), delta(0, 1, last=True)], 1, True),
        ([delta(0, 0, last=True), delta(1, 0, last=True)], 2, True),
        ([delta(0, 0)], 1, False),
        ([delta(0, 0, last=True)], 2, False),
        ([delta(0, 0, last=True), delta(1, 0)], 2, False),
        ([delta(0, 1, last=True)], 1, False),
    ],
)
def test_it_is_complete_when_each_worker_sent_its_last_delta_and_none_is_missing(
    deltas: list[Delta], workers: int, *, complete: bool
) -> None:
    totals = totals_of(*deltas)
    totals.workers = workers
    assert totals.complete() is complete


def test_settled_is_the_slowest_worker_and_elapsed_the_fastest() -> None:
    totals = totals_of(delta(0, 0, seconds=9), delta(1, 0, seconds=4), delta(1, 1, seconds=6))
    totals.workers = 3
    assert totals.settled_ns == 0  # one has said nothing yet
    totals.add(WorkerLoss(2, at_ns=NS, dealt_ns=2 * NS))
    assert totals.settled_ns == 6 * NS
    totals.add(WorkerLoss(1, at_ns=NS, dealt_ns=2 * NS))
    assert totals.settled_ns == 9 * NS
    assert totals.elapsed_ns == 2 * NS


def test_a_worker_that_comes_later_has_nothing_to_settle_before_its_first_part() -> None:
    totals = totals_of(delta(0, 0, seconds=9))
    totals.add(WorkerSeen(0, "local", 0, 0))
    totals.add(WorkerSeen(1, "elsewhere", 0, 0, joined_ns=4 * NS))
    assert totals.settled_ns == 4 * NS
    assert not totals.complete()
    totals.add(delta(1, 0, seconds=6))
    assert totals.settled_ns == 6 * NS
    totals.add(WorkerLoss(1, at_ns=7 * NS, dealt_ns=8 * NS))
    assert totals.settled_ns == 9 * NS


def answered(number: int, seconds: range, *, settled: int) -> Delta:
    """A delta in which an arrival due in each of `seconds` was answered, after so many milliseconds."""
    recorder = MeasurementRecorder()
    for second in seconds:
        due = second * NS
        recorder.record_sent(due)
        recorder.record_done(0, Exchange(second, due, due, due + (number + 1) * MS, Outcome.OK, 0, 200))
    return Delta(0, number, (number + 1) * NS, 0, 0, settled * NS, recorder.raw().packed())


def test_slices_that_settle_late_are_merged_too() -> None:
    """An arrival of second 0 hangs until second 20; everything due meanwhile is answered in two deltas."""
    totals = RunTotals()
    for number in range(20):
        totals.add(answered(number, range(max(0, number - 1), number + 1), settled=0))
    assert len(totals._parts) == 20
    for number in range(20, 40):
        totals.add(answered(number, range(number, number + 1), settled=number))
    assert len(totals._parts) <= 1 + 8  # one is open, and a few that are ready wait
    assert totals.measurement.slices[0, 7].valid == histogram([8 * MS, 9 * MS])


def test_a_delta_merges_no_more_than_one_slice_above_those_that_it_begins() -> None:
    totals = RunTotals()
    totals.add(answered(0, range(50), settled=0))
    open_slices = []
    for number in range(1, 6):
        totals.add(answered(number, range(50 + number, 52 + number), settled=200))
        open_slices.append(len(totals._parts))
    assert open_slices[0] - open_slices[-1] == 4


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8)), max_size=12))
def test_totals_are_the_sum_of_what_was_added_whenever_one_asks(steps: list[tuple[int, int]]) -> None:
    totals, added, asked = RunTotals(), Measurement(), RunTotals()
    for number, (second, settled) in enumerate(steps):
        one = answered(number, range(second, second + 2), settled=settled)
        totals.add(one)
        asked.add(one)
        assert asked.measurement.sent == asked.sent
        added += one.measurement
    assert totals.measurement == asked.measurement == added
    assert (totals.sent, totals.outcomes[Outcome.OK]) == (added.sent, over(added).sent)


def test_running_counts_are_those_of_the_slices() -> None:
    recorder = MeasurementRecorder()
    recorder.record_unsent(0, 0, 3)
    recorder.record_sent(NS, NS)
    recorder.record_done(0, Exchange(0, 0, NS, NS, Outcome.OK), Exchange(1, 0, NS, 2 * NS, Outcome.TIMEOUT))
    totals = RunTotals(recorder.raw().packed())
    assert (totals.sent, totals.unsent, totals.errors) == (2, 3, 4)
    assert (totals.flow_in(1), totals.flow_in(2), totals.flow_in(3)) == (Flow(2, 1), Flow(0, 1), Flow())

"""A delta is counted once, and a missing one is seen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.delta import Delta, RunTotals
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.sums import over
from sessionload.units import NS


def delta(worker: int, number: int, *, unsent: int = 1, last: bool = False, seconds: int = 0) -> Delta:
    measurement = Measurement()
    measurement.record_unsent(0, number * NS, unsent)
    return Delta(
        worker=worker,
        number=number,
        elapsed_ns=(number + 1) * NS,
        in_flight=3,
        users=5,
        waiting=7,
        settled_ns=seconds * NS,
        measurement=measurement,
        last=last,
    )


def told(*deltas: Delta) -> RunTotals:
    totals = RunTotals()
    for one in deltas:
        totals.add(one)
    return totals


def test_nothing_told_is_nothing_known() -> None:
    totals = RunTotals()
    assert (totals.gaps, totals.settled_ns, totals.elapsed_ns) == (0, 0, 0)
    assert totals.measurement == Measurement()
    assert not totals.complete()


def test_deltas_of_all_workers_add_up() -> None:
    totals = told(delta(0, 0, unsent=1), delta(1, 0, unsent=20), delta(0, 1, unsent=300))
    assert over(totals.measurement).unsent == 321
    assert {worker: one.number for worker, one in totals.latest.items()} == {0: 1, 1: 0}
    assert totals.gaps == 0


@given(st.lists(st.integers(0, 4), max_size=12))
def test_a_delta_told_again_changes_nothing(again: list[int]) -> None:
    deltas = [delta(0, number, unsent=10**number, last=number == 4) for number in range(5)]
    totals = told(*deltas, *(deltas[number] for number in again))
    assert over(totals.measurement).unsent == 11_111
    assert totals.complete()


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [([0, 1, 2], 0), ([1], 1), ([0, 2], 1), ([0, 3, 4, 7], 4), ([0, 0, 1, 1], 0)],
)
def test_a_gap_in_the_numbers_is_counted(numbers: list[int], gaps: int) -> None:
    assert told(*(delta(0, number) for number in numbers)).gaps == gaps


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
def test_it_is_complete_when_each_worker_said_its_last_word_and_no_word_is_missing(
    deltas: list[Delta], workers: int, *, complete: bool
) -> None:
    assert told(*deltas).complete(workers) is complete


def test_settled_is_the_slowest_worker_and_elapsed_the_fastest() -> None:
    totals = told(delta(0, 0, seconds=9), delta(1, 0, seconds=4), delta(1, 1, seconds=6))
    assert totals.settled_ns == 6 * NS
    assert totals.elapsed_ns == 2 * NS


def test_what_is_written_is_read_back_equal() -> None:
    one = delta(2, 5, last=True, seconds=4)
    for raw in (False, True):
        assert Delta.from_json(json.loads(json.dumps(one.to_json(raw=raw)))) == one

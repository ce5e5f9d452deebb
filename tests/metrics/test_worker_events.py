"""What a master says of its workers, and the sums that are kept of each."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from recorded import histogram

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.file_form import report_from_json, report_to_json
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.histogram import EMPTY
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.worker_events import (
    WorkDealt,
    WorkerEvent,
    WorkerLoss,
    WorkerSeen,
    event_line,
)
from sessionload.metrics.worker_tally import WorkerTally
from sessionload.units import NS
from sessionload.workload.deal import Part, deal, rest
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

MS = 1_000_000
COUNTS = st.integers(0, 2**53)
EVENTS = st.one_of(
    st.builds(WorkerSeen, COUNTS, st.text(min_size=1, max_size=253), COUNTS, COUNTS, COUNTS),
    st.builds(WorkDealt, COUNTS, st.lists(st.tuples(COUNTS, COUNTS, COUNTS))),
    st.builds(WorkerLoss, COUNTS, COUNTS, COUNTS),
)


@given(EVENTS)
def test_an_event_is_read_back_from_the_pipe_and_from_the_slices(event: WorkerEvent) -> None:
    assert read_line(event_line(event)) == event
    assert report_from_json(report_to_json(event)) == event


def delta(worker: int, number: int, lags_ms: dict[int, int], *, unsent: int = 0) -> Delta:
    """A delta with an arrival in each stage of `lags_ms`, late by so much, and some that were not sent."""
    recorder = MeasurementRecorder()
    for stage, lag_ms in lags_ms.items():
        sent_ns = number * NS + lag_ms * MS
        recorder.record_sent(sent_ns)
        done_ns = sent_ns + MS
        recorder.record_done(stage, Exchange(0, number * NS, sent_ns, done_ns, Outcome.OK, 0, 201))
    if unsent:
        recorder.record_unsent(0, number * NS, unsent)
    recorder.generator.cpu_ns, recorder.generator.wall_ns = 3, 10
    elapsed_ns = (number + 1) * NS
    return Delta(worker, number, elapsed_ns, 0, 0, elapsed_ns, recorder.raw().packed())


def test_the_deltas_of_a_worker_are_counted_once_and_apart_from_those_of_others() -> None:
    totals = RunTotals()
    totals.add(delta(7, 0, {0: 1}))  # of a worker that nobody has told of
    for worker in (0, 1):
        totals.add(WorkerSeen(worker, "local", 50, 100))
    first = delta(0, 0, {0: 1, 1: 5})
    for report in (first, delta(1, 0, {1: 9}), first, delta(0, 1, {1: 7}, unsent=4)):
        totals.add(report)
    totals.add(WorkerSeen(0, "local", 80, 160))
    tally = totals.tallies[0]
    assert sorted(totals.tallies) == [0, 1]
    assert (tally.sent, tally.unsent, tally.cpu_ns, tally.wall_ns, tally.elapsed_ns) == (3, 4, 6, 20, 2 * NS)
    lag = tally.lag(lambda stage: stage == 1)
    assert (lag.minimum, lag.maximum, lag.count) == (5 * MS, 7 * MS, 2)
    assert tally.lag(lambda stage: stage == 9) == EMPTY
    assert tally.seen.clock_error_ns == 80
    assert totals.tallies[1].sent == 1
    assert totals.workers == 2


def test_the_lags_of_a_long_run_are_those_of_all_its_deltas() -> None:
    tally = WorkerTally(WorkerSeen(0, "local", 0, 0))
    lags_ms = [1 + number % 7 for number in range(100)]
    for number, lag_ms in enumerate(lags_ms):
        tally.add(delta(0, number, {0: lag_ms}))
    assert tally.lag(lambda _: True) == histogram([lag_ms * MS for lag_ms in lags_ms])


def test_a_loss_and_a_deal_belong_to_those_that_are_known() -> None:
    totals = RunTotals()
    totals.add(WorkerSeen(0, "local", 50, 100))
    totals.add(WorkDealt(0, [(0, 0, 2), (1, 1, 2)]))
    totals.add(WorkerLoss(1, NS, 2 * NS))
    totals.add(WorkerLoss(0, NS, 2 * NS))
    assert totals.tallies[0].parts == [(0, 0, 2)]
    assert totals.tallies[0].loss == WorkerLoss(0, NS, 2 * NS)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sets(st.integers(0, 3))), max_size=4),
    st.sampled_from(["even", "poisson"]),
)
def test_what_is_planned_for_each_worker_is_what_it_was_dealt(
    later: list[tuple[int, set[int]]], arrivals: str
) -> None:
    """Counted by arithmetic it is as many as the schedule yields, and all workers have all arrivals."""
    schedule = Schedule([Stage("only", Fraction(10), Fraction(10), 5 * NS)], arrivals=arrivals, seed=5)
    deals = [(0, {0, 1, 2, 3}), *sorted(later, key=lambda each: each[0])]
    tallies = {worker: WorkerTally(WorkerSeen(worker, "local", 0, 0)) for worker in range(4)}
    parts: dict[int, list[Part]] = {worker: [] for worker in range(4)}
    for first, present in deals:
        for worker, part in deal(sorted(present), set(range(4)) - present, first).items():
            parts[worker].append(part)
            tallies[worker].parts.append((part.first, part.stripe, part.stripes))
    planned = [tallies[worker].planned(schedule.planned()) for worker in range(4)]
    assert planned == [sum(count for _, _, count in rest(schedule, parts[worker], 0)) for worker in range(4)]
    if all(present for _, present in deals):
        assert sum(planned) == schedule.planned()


def test_what_is_dealt_twice_counts_once() -> None:
    tally = WorkerTally(WorkerSeen(0, "local", 0, 0))
    for _ in range(2):
        tally.deal((0, 0, 2))
    assert tally.parts == [(0, 0, 2)]


def test_a_line_of_a_generator_and_one_of_the_slices_are_read_alike() -> None:
    recorder = MeasurementRecorder()
    recorder.record_sent(0)
    recorder.record_done(0, Exchange(0, 0, 0, MS, Outcome.OK, 0, 201))
    raw = RawDelta(
        worker=0,
        number=0,
        elapsed_ns=NS,
        in_flight=0,
        waiting=0,
        settled_ns=0,
        last=False,
        measurement=recorder.raw(),
    )
    delta = raw.packed()
    assert report_from_json(json.loads(raw.line())) == delta
    assert report_from_json(report_to_json(delta)) == delta


def test_keys_that_were_not_compared_add_up() -> None:
    total = GeneratorHealth()
    for unchecked in (3, 4):
        total += GeneratorHealth(keys_unchecked=unchecked)
    total += GeneratorHealth()
    assert total.keys_unchecked == 7
    assert GeneratorHealth().keys_unchecked is UNSET

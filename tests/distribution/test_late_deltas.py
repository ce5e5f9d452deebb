"""What a frozen worker had sent before its stripe was dealt again counts once, or is lost; never twice."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sessionload.distribution.delta_inbox import DeltaInbox
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.worker_events import WorkDealt, WorkerLoss, WorkerSeen
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.workload.schedule import Arrival

MS = 1_000_000
SECONDS = 12
SCHEDULE = Schedule([Stage("only", Fraction(10), Fraction(10), SECONDS * NS)])
HEADER = RunHeader(
    run=Run("r", "2026-01-02T03:04:05Z", 0.0, 3, "0.1.0"),
    scenario={"targets": ["p50 < 400ms"]},
    environment={},
    contract={},
    stages=SCHEDULE.stages,
    planned=SCHEDULE.planned(),
    planned_by_second=SCHEDULE.planned_by_second(),
)
DEALT_AFTER_S = 5
"""From the freeze to the deal: 4 s of silence and a second ahead."""


def lines(worker: int, arrivals: Iterable[Arrival], until_s: int, *, ends: bool) -> list[bytes]:
    """The deltas of a worker, one a second, up to an instant."""
    mine, made = list(arrivals), []
    for second in range(until_s):
        recorder = MeasurementRecorder()
        for arrival in mine:
            if arrival.due_ns // NS == second:
                recorder.record_sent(arrival.due_ns)
                done_ns = arrival.due_ns + 20 * MS
                recorder.record_done(
                    0, Exchange(arrival.index, arrival.due_ns, arrival.due_ns, done_ns, Outcome.OK, 0, 201)
                )
        end_ns = (second + 1) * NS
        last = ends and second == until_s - 1
        made.append(RawDelta(worker, second, end_ns, 0, 0, end_ns, last, recorder.raw()).line())
    return made


@given(
    st.integers(1, SECONDS - DEALT_AFTER_S - 1),
    st.lists(st.integers(0, SECONDS), max_size=30),
    st.integers(0, SECONDS),
)
def test_what_a_frozen_worker_sent_before_counts_once_or_is_lost(
    frozen_s: int, deliveries: list[int], in_time: int
) -> None:
    """Its deltas come again, late and in any order: before its loss is noticed, after it, or never."""
    dealt_ns = (frozen_s + DEALT_AFTER_S) * NS
    first = SCHEDULE.index_at(dealt_ns)
    frozen = lines(1, SCHEDULE.stripe(1, 2), frozen_s, ends=False)
    before = (arrival for arrival in SCHEDULE.stripe(0, 2) if arrival.index < first)
    other = lines(0, [*before, *SCHEDULE.stripe(first=first)], SECONDS, ends=True)
    inbox, totals = DeltaInbox(), RunTotals()

    def deliver(numbers: Iterable[int]) -> None:
        for number in numbers:
            for line in inbox.take(number, frozen[number]) if number < len(frozen) else []:
                totals.add(read_line(line))

    totals.add(WorkerSeen(0, "local", 0, 0))
    totals.add(WorkerSeen(1, "local", 0, 0))
    totals.add(WorkDealt(0, [(0, 0, 2), (1, 1, 2)]))
    deliver(deliveries[:in_time])
    totals.add(WorkerLoss(1, (frozen_s + DEALT_AFTER_S - 1) * NS, dealt_ns))
    totals.add(WorkDealt(first, [(1, 0, 0), (0, 0, 1)]))
    deliver(deliveries[in_time:])
    for line in other:
        totals.add(read_line(line))
    result = finalize_result(HEADER, totals)
    counted_s = inbox.next_delta  # so many seconds of the frozen worker came, without a gap
    assert result.accounting.closes
    assert result.accounting.sent == SCHEDULE.planned() - result.lost
    assert result.lost == result.placed_lost == sum(5 for _ in range(counted_s, frozen_s + DEALT_AFTER_S))
    assert all(part.accounted == 10 for part in result.measurement.slices.values())
    assert [(row.planned, row.lost) for row in result.workers] == [
        (SCHEDULE.planned() - first // 2, 0),
        (first // 2, result.lost),
    ]

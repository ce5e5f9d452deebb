"""What is shown while a run goes on does not contradict what is reported after it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.report.model.progress import Snapshot, snapshot
from sessionload.units import NS
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

MS = 1_000_000
SCHEDULE = Schedule(
    [
        Stage("warm-up", Fraction(10), Fraction(10), 30 * NS, warmup=True),
        Stage("peak", Fraction(100), Fraction(100), 60 * NS),
    ]
)
HEADER = RunHeader(
    run=Run("r1", "2026-01-01T00:00:00+00:00", 0.0, 1, "1", None),
    scenario={},
    environment={},
    contract={},
    stages=SCHEDULE.stages,
    planned=SCHEDULE.planned(),
    planned_by_second=SCHEDULE.planned_by_second(),
)


def delta(
    number: int, elapsed_ns: int, *ends: tuple[Outcome, int], in_flight: int = 0, unsent: int = 0
) -> Delta:
    """Return a delta; `ends` are outcomes and response times in milliseconds of arrivals due at its start."""
    recorder = MeasurementRecorder()
    due = number * NS
    for index, (outcome, response_ms) in enumerate(ends):
        recorder.record_sent(due)
        recorder.record_done(0, Exchange(index, due, due, due + response_ms * MS, outcome))
    if unsent:
        recorder.record_unsent(0, due, unsent)
    return Delta(0, number, elapsed_ns, in_flight, 0, 0, recorder.raw().packed())


def shown(*deltas: Delta, recent: int = 5) -> Snapshot:
    totals = RunTotals()
    for one in deltas:
        totals.add(one)
    return snapshot(HEADER, totals, deltas[-recent:])


def test_a_run_that_has_just_begun_has_shown_nothing_yet() -> None:
    now = shown(delta(0, 0))
    assert now == Snapshot(
        stage="warm-up",
        elapsed="0:00",
        length="1:30",
        share_done=0.0,
        sent="0",
        planned="6,300",
        achieved="0/s",
        wanted="10/s",
        in_flight="0",
        p50="\N{EN DASH}",
        p95="\N{EN DASH}",
        p99="\N{EN DASH}",
        errors="0",
        violations="0",
    )


def test_response_times_are_those_of_the_last_deltas_and_counts_those_of_the_run() -> None:
    """Ranks of 1, 2, 3, 4 and 100 ms: the third is the median, the fifth the p95 and p99."""
    early = delta(0, NS, (Outcome.OK, 900), (Outcome.SERVER_ERROR, 5), (Outcome.CONTRACT_VIOLATION, 5))
    recent = [delta(number, (number + 1) * NS, (Outcome.OK, number)) for number in (1, 2, 3, 4)]
    last = delta(5, 6 * NS, (Outcome.REJECTED, 100), (Outcome.TIMEOUT, 5000), in_flight=1234, unsent=2)
    now = shown(early, *recent, last)
    assert (now.p50, now.p95, now.p99) == ("3 ms", "100 ms", "100 ms")
    assert (now.sent, now.errors, now.violations, now.in_flight) == ("9", "6", "1", "1,234")


def test_the_rate_is_that_of_the_last_whole_second() -> None:
    """At 2.5 s that is the second from 1 s to 2 s, in which 4 were sent, and 10 were to be."""
    ends = [(Outcome.OK, 1)] * 4
    now = shown(delta(0, NS), delta(1, 2 * NS + NS // 2, *ends))
    assert (now.achieved, now.wanted) == ("4/s", "10/s")
    peak = shown(*(delta(number, 40 * NS) for number in range(2)))
    assert (peak.achieved, peak.wanted) == ("0/s", "100/s")


@pytest.mark.parametrize(
    ("seconds", "stage", "elapsed", "share"),
    [
        (0, "warm-up", "0:00", 0.0),
        (29, "warm-up", "0:29", 29 / 90),
        (30, "peak", "0:30", 1 / 3),
        (89, "peak", "1:29", 89 / 90),
        (90, "drain", "1:30", 1.0),
        (671, "drain", "11:11", 1.0),
    ],
)
def test_time_goes_on_through_the_stages_to_the_drain(
    seconds: int, stage: str, elapsed: str, share: float
) -> None:
    now = shown(delta(0, seconds * NS))
    assert (now.stage, now.elapsed, now.share_done) == (stage, elapsed, share)


def test_after_the_plan_nothing_is_wanted() -> None:
    assert shown(delta(0, 95 * NS)).wanted == "0/s"


def test_one_line_has_every_number() -> None:
    """Each value is replaced by one of its own, and each of those stands in the line once."""
    names = [name for name in Snapshot.__slots__ if name != "share_done"]
    marks: dict[str, Any] = {name: f"<{name}>" for name in names}
    line = replace(shown(delta(0, 0)), **marks).line()
    assert "\n" not in line
    assert [line.count(f"<{name}>") for name in names] == [1] * len(names)
    assert shown(delta(0, 61 * NS, (Outcome.OK, 40))).line() == (
        "1:01 of 1:30 (peak): sent 1 of 6,300, 0/s of 100/s wanted, in flight 0, "
        "p50 40 ms p95 40 ms p99 40 ms, errors 0, violations 0"
    )

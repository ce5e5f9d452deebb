"""Arrivals that gave up: never in `response`, accounted for, and no miss where the generator was at fault."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.verdict.without_lag import LagBySecond
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

MS = 1_000_000
RATE, SECONDS, USERS = 50, 6, 4
PATIENCE_NS = 300 * MS
STAGES = (Stage("steady", Fraction(RATE), Fraction(RATE), SECONDS * NS),)
Pauses = list[tuple[int, int]]


def simulated(services_ms: Sequence[int], pauses: Pauses) -> Measurement:
    """50 arrivals a second for four users, who wait 300 ms to be sent; in a pause nothing is sent or read."""

    def awake(instant_ns: int) -> int:
        for first_ns, end_ns in sorted(pauses):
            if first_ns <= instant_ns < end_ns:
                instant_ns = end_ns
        return instant_ns

    recorder = MeasurementRecorder()
    free_ns = deque([0] * USERS)
    for index in range(RATE * SECONDS):
        due_ns = index * NS // RATE
        handed_ns = awake(due_ns)
        earliest_ns = min(free_ns)
        sent_ns = max(handed_ns, earliest_ns)
        if earliest_ns > handed_ns and sent_ns >= due_ns + PATIENCE_NS:
            left_ns = awake(max(due_ns + PATIENCE_NS, handed_ns))
            queued_ns = min(PATIENCE_NS, left_ns - handed_ns)
            recorder.record_gave_up(0, due_ns, left_ns - due_ns - queued_ns)
            continue
        free_ns.remove(earliest_ns)
        done_ns = awake(sent_ns + services_ms[index % len(services_ms)] * MS)
        free_ns.append(done_ns)
        recorder.record_sent(sent_ns)
        recorder.record_done(
            0, Exchange(index, due_ns, sent_ns, done_ns, Outcome.OK, sent_ns - handed_ns, 201)
        )
    return recorder.raw().packed()


def judged(measurement: Measurement, *targets: Target) -> tuple[JudgedTarget, ...]:
    evidence = Evidence(measurement, STAGES, RATE * SECONDS, lost=0, targets=targets, patience_ns=PATIENCE_NS)
    return judge(evidence).targets[: len(targets)]


PAUSES = st.lists(
    st.tuples(st.integers(0, (SECONDS - 1) * NS), st.integers(35 * MS, 400 * MS)), min_size=1, max_size=2
).map(lambda pairs: [(first_ns, first_ns + length_ns) for first_ns, length_ns in pairs])
TARGETS = st.builds(
    lambda expr, window: parse_target(expr, window_ns=window * NS or None),
    st.sampled_from(
        ("unsent < 2%", "achieved_rate >= 98%", "error_rate < 2%", "p90 < 1s", "within(2s) >= 98%")
    ),
    st.integers(0, 3),
)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=20), PAUSES, TARGETS)
def test_what_is_met_without_pauses_is_not_missed_because_of_them(
    services_ms: list[int], paused: Pauses, target: Target
) -> None:
    (without,) = judged(simulated(services_ms, []), target)
    (found,) = judged(simulated(services_ms, paused), target)
    if without.state is State.MET:
        assert found.state is not State.MISSED, (without, found)


@pytest.mark.parametrize("expr", ["unsent < 2%", "achieved_rate >= 98%", "p90 < 1s", "within(2s) >= 98%"])
def test_a_server_that_holds_all_users_is_missed_whatever_the_generator_did(expr: str) -> None:
    (found,) = judged(
        simulated([5_000], [(NS, NS + 50 * MS), (3 * NS, 3 * NS + 20 * MS)]), parse_target(expr)
    )
    assert found.state is State.MISSED


def gave_up(count: int, *, lag_ms: int = 0, second: int = 0) -> Measurement:
    recorder = MeasurementRecorder()
    for _ in range(count):
        recorder.record_gave_up(0, second * NS, lag_ms * MS)
    return recorder.raw().packed()


def served(count: int, *, second: int = 0) -> Measurement:
    recorder = MeasurementRecorder()
    for index in range(count):
        due_ns = second * NS
        recorder.record_sent(due_ns)
        recorder.record_done(0, Exchange(index, due_ns, due_ns, due_ns + 30 * MS, Outcome.OK, 0, 201))
    return recorder.raw().packed()


def test_they_are_unsent_and_never() -> None:
    measurement = gave_up(3)
    measurement += served(7)
    (part,) = measurement.slices.values()
    assert (part.unsent, part.gave_up, part.errors, part.response.never) == (3, 3, 3, 3)
    assert (part.lag.count, part.sent_lag.count) == (10, 7)
    accounting = Accounting.of(measurement, planned=10, lost=0)
    assert accounting.closes
    assert accounting.sentence == (
        "planned 10 = sent 7 + unsent 3 + lost 0; sent 7 = ok 7; of the unsent 3 gave up"
    )


@pytest.mark.parametrize(
    "expr", ["unsent == 0", "achieved_rate >= 100%", "error_rate == 0%", "p99 < 1s", "within(1s) >= 100%"]
)
def test_who_gave_up_because_of_the_generators_lag_is_no_miss(expr: str) -> None:
    measurement = gave_up(3, lag_ms=250)
    measurement += served(97)
    (found,) = judged(measurement, parse_target(expr))
    assert found.state is State.VOID
    assert "the generator's own lag of up to 250 ms" in found.note


def test_who_gave_up_because_of_the_server_is_a_miss() -> None:
    measurement = gave_up(3, lag_ms=1)
    measurement += served(97)
    for found in judged(measurement, parse_target("unsent == 0"), parse_target("achieved_rate >= 100%")):
        assert found.state is State.MISSED


def test_a_cap_on_what_was_sent_is_not_missed_for_less() -> None:
    measurement = gave_up(3, lag_ms=250)
    measurement += served(97)
    (found,) = judged(measurement, parse_target("achieved_rate < 50%"))
    assert found.state is State.MISSED


def test_while_one_waits_the_generator_may_pause() -> None:
    """Someone due in second 0 who gives up after 2.5 s was under way in second 3."""
    (part,) = gave_up(1).slices.values()
    lags = LagBySecond(10 * MS, 2_500 * MS)
    lags.add(0, part)
    (late,) = gave_up(1, lag_ms=40, second=3).slices.values()
    lags.add(3, late)
    assert lags.under_way_until(0, [part]) == 3
    assert lags.read_late_ns(0, [part]) == 40 * MS + 4 * NS


def test_a_run_goes_on_where_only_lag_made_them_give_up() -> None:
    target = parse_target("unsent < 1%", window_ns=NS, abort=True)
    for lag_ms, ending in ((250, None), (0, target)):
        watch = AbortWatch(STAGES, [target], Limits(), PATIENCE_NS)
        watch.add(gave_up(5, lag_ms=lag_ms).slices)
        watch.add(served(50, second=1).slices)
        assert watch.aborting(4) is ending


def test_the_window_that_ended_a_run_may_be_after_some_gave_up() -> None:
    target = parse_target("p50 < 1s", window_ns=NS, abort=True)
    measurement = served(50)
    for second in (0, 1):
        measurement += gave_up(2, second=second)
    measurement += served(50, second=1)
    measurement += gave_up(50, second=2)
    recorder = MeasurementRecorder()
    recorder.record_unsent(0, 4 * NS, 96)
    measurement += recorder.raw().packed()
    evidence = Evidence(
        measurement, STAGES, 250, 0, aborted_by=target.name, targets=(target,), patience_ns=PATIENCE_NS
    )
    (found, *_) = judge(evidence).targets
    assert (found.state, found.window, found.note) == (
        State.MISSED,
        "2 s to 3 s",
        "ended the run before its plan was done",
    )


def test_more_than_were_unsent_cannot_have_given_up() -> None:
    (part,) = gave_up(2).slices.values()
    part.check()
    with pytest.raises(ValueError, match="more gave up than were not sent"):
        Slice(unsent=1, gave_up_lag=part.gave_up_lag).check()


def test_backlogs_of_workers_add() -> None:
    total = Measurement(backlog={1: 3})
    total += Measurement(backlog={1: 2, 4: 1})
    assert total.backlog == {1: 5, 4: 1}

"""The share of users who had a session in time: counted on the safe side, without the generator's lag."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import slice_of

from sessionload.errors import ValueProblem
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.metric_values import CountValue, in_time_text, metric_value, too_near
from sessionload.verdict.readings import keeps, reading_of
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.verdict.conftest import Recorder

    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.targets import Target
    from sessionload.verdict.verdict import JudgedTarget

MS = 1_000_000
STAGES = (Stage("steady", Fraction(100), Fraction(100), 10 * NS),)


def took(*durations_ns: int, outcome: Outcome = Outcome.OK) -> Slice:
    """Return the slice of arrivals that took so long."""
    return slice_of(*[Exchange(0, 0, 0, ns, outcome, 0, 201) for ns in durations_ns])


def judged(
    measurement: Measurement, planned: int, *exprs: str | Target, **more: object
) -> list[JudgedTarget]:
    targets = tuple(parse_target(each) if isinstance(each, str) else each for each in exprs)
    evidence = replace(Evidence(measurement, STAGES, planned, lost=0, targets=targets), **more)  # type: ignore[arg-type]
    return list(judge(evidence).targets[: len(targets)])


@pytest.mark.parametrize(
    ("expr", "message", "cure"),
    [
        ("within(400) >= 99%", "'400' has no unit", "did you mean 400ms?"),
        ("within(0ms) >= 99%", "nobody is served within no time", "write it like within(400ms) >= 99%"),
        ("within(soon) >= 99%", "'soon' is not a duration", "write it like 30s, 1m30s or 250ms"),
        ("within >= 99%", "'within' is not a metric", "did you mean 'within(400ms)'?"),
        ("within(400ms) >= 0.99", "'0.99' has no unit", "write 99% or 0.99%, whichever is meant"),
        ("within(400ms) > 100%", "nothing is above 100%", "did you mean within(400ms) >= 100%?"),
        (
            "within(400ms) < 99%",
            "within(400ms) is the share of users served in time, and has a lower bound",
            "did you mean within(400ms) >= …?",
        ),
        (
            "within(400ms) == 100%",
            "within(400ms) is the share of users served in time, and has a lower bound",
            "did you mean within(400ms) >= …?",
        ),
    ],
)
def test_what_is_no_such_target_is_refused_with_the_cure(expr: str, message: str, cure: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_target(expr)
    assert (caught.value.message, caught.value.cure) == (message, cure)


def test_it_may_end_a_run_in_a_window_though_its_bound_is_a_lower_one() -> None:
    with pytest.raises(ValueProblem, match="needs a window"):
        parse_target("within(1s) >= 99%", abort=True)
    assert parse_target("within(1s) >= 99%", abort=True, window_ns=10 * NS).abort


def test_it_is_of_all_arrivals_and_of_valid_sessions_only() -> None:
    whole = took(1 * MS, 2 * MS, 500 * MS) + took(1 * MS, outcome=Outcome.SERVER_ERROR) + Slice(unsent=4)
    assert metric_value(parse_target("within(400ms) >= 1%"), whole) == CountValue(2, 8, 8)


@given(st.lists(st.integers(1, 3 * NS), max_size=30), st.integers(1, 3 * NS))
def test_it_never_counts_one_that_took_longer_and_knows_how_many_it_may_have_left_out(
    durations_ns: list[int], within_ns: int
) -> None:
    whole = took(*durations_ns)
    reading = reading_of(parse_target(f"within({within_ns}ns) >= 1%"), [whole])
    truly = sum(ns <= within_ns for ns in durations_ns)
    assert reading.part <= truly <= reading.part + too_near(within_ns, whole)


@given(
    st.lists(st.integers(1, 2**30), min_size=1, max_size=30),
    st.integers(0, 20),
    st.integers(1, 99),
    st.integers(20, 29),
)
def test_where_the_time_is_the_end_of_a_bucket_it_is_the_percentile(
    durations_ns: list[int], unsent: int, percent: int, power: int
) -> None:
    """`within(D) >= 95%` is `p95 <= D`."""
    within_ns = 2**power - 1
    whole = took(*durations_ns) + Slice(unsent=unsent)
    share = parse_target(f"within({within_ns}ns) >= {percent}%")
    percentile = parse_target(f"p{percent} <= {within_ns}ns")
    assert too_near(within_ns, whole) == 0
    assert keeps(share, reading_of(share, [whole])) == keeps(percentile, reading_of(percentile, [whole]))


def test_what_cannot_be_told_is_said_with_a_miss(run: Recorder) -> None:
    run.sent(3, service_ms=10)
    run.sent(1, service_ms=400)
    (missed,) = judged(run.measurement, 4, "within(400ms) >= 99%")
    assert (missed.state, missed.measured, missed.margin) == (State.MISSED, "75 %", "24 points below")
    assert missed.note == "1 arrival took 400 ms to 0.1 %, and may have been in time"
    (met,) = judged(run.measurement, 4, "within(400ms) >= 75%")
    assert (met.state, met.note) == (State.MET, "")
    (windowed,) = judged(run.measurement, 4, parse_target("within(400ms) >= 99%", window_ns=NS))
    assert windowed.note.endswith("of 1 s; 1 arrival took 400 ms to 0.1 %, and may have been in time")


def test_none_is_said_only_where_it_is_sure() -> None:
    near = took(400 * MS, 400 * MS, 900 * MS)
    assert in_time_text(400 * MS, near) == "at most 66.67 %"
    assert in_time_text(300 * MS, near) == "0 %"
    assert in_time_text(NS, near) == "100 %"


def test_the_lag_of_the_generator_is_no_late_service(run: Recorder) -> None:
    run.sent(95, service_ms=30)
    run.sent(5, service_ms=390, lag_ms=20)
    (found, truly) = judged(run.measurement, 100, "within(400ms) >= 99%", "within(30ms) >= 96%")
    assert (found.state, found.measured) == (State.VOID, "95 %")
    assert "missed only with the generator's own lag of up to 20 ms" in found.note
    assert truly.state is State.MISSED


def test_lost_arrivals_are_no_late_service(run: Recorder) -> None:
    run.sent(95, service_ms=30)
    measurement = run.measurement
    measurement.add_slices([((0, 0), Slice(lost=5))])
    (found, truly) = judged(measurement, 100, "within(400ms) >= 99%", "within(400ms) >= 100%", lost=5)
    assert found.state is truly.state is State.VOID
    assert found.note == "missed only with the 5 lost arrivals"


def test_it_ends_a_run_whose_users_are_served_too_late(run: Recorder) -> None:
    target = parse_target("within(400ms) >= 90%", window_ns=2 * NS, abort=True)
    for second in range(6):
        run.sent(10, second=second, service_ms=30 if second < 3 else 700)
    watch = AbortWatch(STAGES, [target], Limits())
    watch.add(run.measurement.slices)
    assert watch.aborting(3) is None
    assert watch.aborting(6) is target


def windows_missed(services_ms: Sequence[int], target: Target, run: Recorder) -> State:
    for second, service_ms in enumerate(services_ms):
        run.sent(10, second=second, service_ms=service_ms)
    (found,) = judged(run.measurement, run.planned, target)
    return found.state


def test_it_is_judged_in_windows(run: Recorder) -> None:
    target = parse_target("within(400ms) >= 90%", window_ns=2 * NS)
    assert windows_missed([30, 30, 700, 30, 30], target, run) is State.MISSED

"""What would hold without the generator's lag is not missed: proved with simulated time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import slice_of

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.readings import keeps, reading_of
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.verdict.without_lag import LagBySecond, without_lag
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.verdict.conftest import Recorder

    from sessionload.metrics.measurement import Measurement

MS = 1_000_000
RATE = 50
SECONDS = 6
GAP = NS // RATE
STAGES = (Stage("steady", Fraction(RATE), Fraction(RATE), SECONDS * NS),)
METRICS = ("p50", "p90", "p99.9", "mean", "max", "answered.p95", "service.p99", "service.max", "lateness.p99")

Pauses = list[tuple[int, int]]


def simulated(services_ms: Sequence[int], pauses: Pauses, *, seconds: int = SECONDS) -> Measurement:
    """50 arrivals a second against a server that takes these times in turn, by a generator that pauses.

    In a pause, from one instant to another, nothing is sent and nothing is read.
    """

    def awake(instant_ns: int) -> int:
        for first_ns, end_ns in sorted(pauses):
            if first_ns <= instant_ns < end_ns:
                instant_ns = end_ns
        return instant_ns

    recorder = MeasurementRecorder()
    for index in range(RATE * seconds):
        due_ns = index * GAP
        sent_ns = awake(due_ns)
        done_ns = awake(sent_ns + services_ms[index % len(services_ms)] * MS)
        recorder.record_sent(sent_ns)
        recorder.record_done(0, Exchange(index, due_ns, sent_ns, done_ns, Outcome.OK, 0, 201))
    return recorder.raw().packed()


def judged(measurement: Measurement, *targets: Target) -> tuple[JudgedTarget, ...]:
    planned = RATE * SECONDS
    limits = Limits(10 * MS)
    return judge(Evidence(measurement, STAGES, planned, lost=0, targets=targets, limits=limits)).targets


@st.composite
def pauses(draw: st.DrawFn) -> Pauses:
    """Up to three pauses that are long enough to show: above `max_lag` and the time between arrivals."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        first_ns = draw(st.integers(0, (SECONDS - 1) * NS))
        made.append((first_ns, first_ns + draw(st.integers(35 * MS, 400 * MS))))
    return made


TARGETS = st.builds(
    lambda metric, op, bound_ms, window: parse_target(
        f"{metric} {op} {bound_ms}ms", window_ns=window * NS or None, abort=bool(window)
    ),
    st.sampled_from(METRICS),
    st.sampled_from(["<", "<="]),
    st.integers(1, 500),
    st.integers(0, 3),
)


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=30),
    pauses(),
    st.lists(TARGETS, min_size=1, max_size=4),
)
def test_a_target_that_is_met_without_pauses_is_not_missed_because_of_them(
    services_ms: list[int], paused: Pauses, targets: list[Target]
) -> None:
    ideal = judged(simulated(services_ms, []), *targets)
    measured = judged(simulated(services_ms, paused), *targets)
    for without, found in zip(ideal, measured, strict=True):
        if without.state is State.MET:
            assert found.state is not State.MISSED, (without, found)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), pauses(), TARGETS)
def test_a_run_is_not_ended_because_of_pauses(services_ms: list[int], paused: Pauses, target: Target) -> None:
    (without, *_) = judged(simulated(services_ms, []), target)
    watch = AbortWatch(STAGES, [target], Limits(10 * MS))
    slices = simulated(services_ms, paused).slices
    for settled in range(SECONDS + 3):
        watch.add({key: part for key, part in slices.items() if key[1] == settled - 1})
        if without.state is State.MET:
            assert watch.aborting(settled) is None


@given(st.integers(1, 400), pauses(), TARGETS)
def test_a_server_that_is_slower_than_all_pauses_together_is_missed(
    above_ms: int, paused: Pauses, target: Target
) -> None:
    """Pauses, at most 400 ms each, excuse at most their own length, and the time between arrivals."""
    if target.metric.view == "lateness":
        return
    service_ms = target.bound.numerator // MS + above_ms + 2 * 3 * (400 + 4 * 20)
    (found, *_) = judged(simulated([service_ms], paused), target)
    assert found.state is State.MISSED


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), TARGETS)
def test_without_lag_nothing_is_excused(services_ms: list[int], target: Target) -> None:
    (found, *_) = judged(simulated(services_ms, []), target)
    assert found.state is not State.VOID


def test_a_pause_of_a_third_of_a_second_is_not_the_servers_miss() -> None:
    """50/s and 20 ms: without the pause p99.9 is 20 ms."""
    measurement = simulated([20], [(3 * NS + 5 * MS, 3 * NS + 335 * MS)])
    targets = (
        parse_target("p99.9 < 100ms"),
        parse_target("p95 < 100ms", window_ns=NS),
        parse_target("p50 < 100ms"),
    )
    whole, windowed, kept, _ = judged(measurement, *targets)
    assert (whole.state, whole.measured) == (State.VOID, "335 ms")
    assert whole.note == "missed only with the generator's own lag of up to 315 ms at 3 s"
    assert (windowed.state, windowed.window) == (State.VOID, "3 s to 4 s")
    assert windowed.note == f"worst of 6 windows of 1 s; {whole.note}"
    assert kept.state is State.MET


def test_a_run_with_such_a_target_is_void_and_says_why() -> None:
    """17 of 2,000 arrivals lag, so the lag p99 is within its limit."""
    measurement = simulated([20], [(3 * NS + 5 * MS, 3 * NS + 335 * MS)], seconds=40)
    stages = (Stage("steady", Fraction(RATE), Fraction(RATE), 40 * NS),)
    targets = (parse_target("p99.9 < 100ms"),)
    verdict = judge(Evidence(measurement, stages, RATE * 40, lost=0, targets=targets))
    assert verdict.state is State.VOID
    assert verdict.reasons == (
        "'p99.9 < 100ms' cannot be judged: missed only with the generator's own lag of up to 315 ms at 3 s",
    )


def test_a_target_that_is_missed_anyway_makes_the_run_missed() -> None:
    """Half of the answers take 200 ms, whatever the generator does."""
    measurement = simulated([20, 200], [(3 * NS + 5 * MS, 3 * NS + 335 * MS)])
    found = judged(measurement, parse_target("p90 < 100ms"), parse_target("p50 < 100ms", window_ns=NS))
    assert [target.state for target in found[:2]] == [State.MISSED, State.VOID]
    assert found[0].note == ""


def test_the_window_that_is_missed_anyway_is_shown_and_not_the_worse_one_with_lag(run: Recorder) -> None:
    run.sent(50, second=1, service_ms=150)
    run.sent(50, second=3)
    run.sent(20, second=4, lag_ms=400)
    run.sent(30, second=4)
    (found, *_) = judged(run.measurement, parse_target("p75 < 100ms", window_ns=NS))
    assert (found.state, found.measured, found.window) == (State.MISSED, "150 ms", "1 s to 2 s")


def test_many_seconds_with_lag_are_not_all_named(run: Recorder) -> None:
    for second in range(6):
        run.sent(10, second=second)
        run.sent(10, second=second, lag_ms=100 + second)
    (found, *_) = judged(run.measurement, parse_target("p99 < 100ms"))
    assert found.note == (
        "missed only with the generator's own lag of up to 103 ms at 3 s, 104 ms at 4 s, 105 ms at 5 s"
        " and 3 further seconds"
    )
    for second in range(1, 3):
        run.measurement.slices.pop((0, second))
    (found, *_) = judged(run.measurement, parse_target("p99 < 100ms"))
    assert found.note.endswith(" and 1 further second")


def test_lag_within_its_limit_excuses_no_more_than_itself(run: Recorder) -> None:
    """10 of 100 are 5 ms above the bound. If 5 lagged by 8 ms, 5 are above it without lag."""
    run.sent(85, lag_ms=0)
    run.sent(10, service_ms=105)
    run.sent(5, lag_ms=8)
    p90, p94, p95 = judged(
        run.measurement, *(parse_target(f"p{share} < 100ms") for share in ("90", "94", "95"))
    )[:3]
    assert p90.state is State.MET
    assert (p94.state, p95.state) == (State.VOID, State.VOID)
    (p96, *_) = judged(run.measurement, parse_target("p96 < 100ms"))
    assert p96.state is State.MISSED


@pytest.mark.parametrize(
    ("expr", "outcome", "state"),
    [
        ("error_rate < 5%", Outcome.THROTTLED, State.VOID),
        ("error_rate < 5%", Outcome.SERVER_ERROR, State.VOID),
        ("error_rate < 5%", Outcome.TIMEOUT, State.VOID),
        ("error_rate < 5%", Outcome.CONNECTION_ERROR, State.VOID),
        ("error_rate < 5%", Outcome.CONTRACT_VIOLATION, State.MISSED),
        ("error_rate < 5%", Outcome.REJECTED, State.MISSED),
        ("error_rate < 5%", Outcome.PROTOCOL_ERROR, State.MISSED),
        ("throttled == 0", Outcome.THROTTLED, State.VOID),
        ("server_errors < 5", Outcome.SERVER_ERROR, State.VOID),
        ("timeouts == 0", Outcome.TIMEOUT, State.VOID),
        ("connection_errors < 1%", Outcome.CONNECTION_ERROR, State.VOID),
        ("rejected == 0", Outcome.REJECTED, State.MISSED),
        ("p99 < 100ms", Outcome.TIMEOUT, State.VOID),
        ("mean < 100ms", Outcome.TIMEOUT, State.VOID),
        ("p99 < 100ms", Outcome.CONTRACT_VIOLATION, State.MISSED),
        ("achieved_rate > 200%", Outcome.OK, State.MISSED),
    ],
)
def test_errors_that_a_burst_after_a_pause_can_cause_are_excused(
    run: Recorder, expr: str, outcome: Outcome, state: State
) -> None:
    run.sent(90)
    run.sent(10, outcome, lag_ms=50)
    target = parse_target(expr.replace("200%", "100%"))
    (found, *_) = judged(run.measurement, target)
    assert found.state is state


def test_errors_of_arrivals_that_left_in_time_are_not_excused(run: Recorder) -> None:
    run.sent(80)
    run.sent(10, lag_ms=50)
    run.sent(20, Outcome.TIMEOUT)
    found = judged(run.measurement, parse_target("timeouts < 10"), parse_target("timeouts < 11"))
    assert [target.state for target in found[:2]] == [State.MISSED, State.VOID]


def test_a_target_on_lag_itself_says_nothing_about_the_server(run: Recorder) -> None:
    run.sent(99)
    run.sent(1, lag_ms=9)
    (found, *_) = judged(run.measurement, parse_target("lag.max < 5ms"))
    assert found.state is State.VOID


def test_a_lower_bound_is_not_missed_because_of_lag(run: Recorder) -> None:
    run.sent(99)
    run.sent(1, lag_ms=200)
    (found, *_) = judged(run.measurement, parse_target("p50 > 30ms"))
    assert found.state is State.MISSED


def test_the_arrivals_of_a_second_are_under_way_until_their_answers_came() -> None:
    """An answer that took 2.5 s may have been read late because of a pause three seconds later."""
    slow = slice_of(Exchange(0, 0, 0, 2_500 * MS, Outcome.OK, 0, 201))
    late = slice_of(Exchange(0, 0, 300 * MS, 301 * MS, Outcome.OK, 0, 201))
    lags = LagBySecond(10 * MS)
    lags.add(0, slow)
    lags.add(4, late)
    assert lags.read_late_ns(0, [slow]) == 0
    lags.add(3, late)
    assert lags.read_late_ns(0, [slow]) == 300 * MS + 4 * NS
    assert lags.pauses(0, 9) == [3, 4]
    lags.forget(3)
    assert (lags.pauses(0, 9), lags.longest(3), lags.longest(4)) == ([4], 0, 300 * MS)


@pytest.mark.parametrize("forgotten", range(4))
def test_a_pause_is_felt_for_as_long_as_somebody_waits(forgotten: int) -> None:
    """The pause of second 1 has passed when nobody waits in second 4; what came before may be forgotten."""
    paused = slice_of(Exchange(0, 0, 300 * MS, 301 * MS, Outcome.OK, 0, 201))
    waited = slice_of(Exchange(0, 0, 5 * MS, 6 * MS, Outcome.OK, 5 * MS, 201))
    at_once = slice_of(Exchange(0, 0, 0, MS, Outcome.OK, 0, 201))
    lags = LagBySecond(10 * MS)
    for second, part in enumerate([at_once, paused, waited, waited, at_once, waited]):
        lags.add(second, part)
    for second in range(forgotten):
        lags.forget(second)
    felt_ns = 300 * MS + 4 * NS
    late_ns = {second: lags.read_late_ns(second, [waited]) for second in range(forgotten, 6)}
    assert late_ns == {
        second: felt_ns if second < 4 else 0  # an arrival of second 0 is under way until the next
        for second in range(forgotten, 6)
    }


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 50)), min_size=1, max_size=12), st.integers(1, 220)
)
def test_at_best_is_never_worse_and_as_good_as_any_pairing_of_lags(
    arrivals_ms: list[tuple[int, int]], bound_ms: int
) -> None:
    """Each arrival loses its own lag at most, so what that gives is no better than the bound allows."""
    exchanges = [
        Exchange(number, 0, lag * MS, (lag + service) * MS, Outcome.OK, 0, 201)
        for number, (service, lag) in enumerate(arrivals_ms)
    ]
    truly = [
        Exchange(number, 0, 0, service * MS, Outcome.OK, 0, 201)
        for number, (service, _) in enumerate(arrivals_ms)
    ]
    for metric in ("p50", "p90", "mean", "max", "min"):
        target = parse_target(f"{metric} < {bound_ms}ms")
        longest_ns = max(lag for _, lag in arrivals_ms) * MS
        part = slice_of(*exchanges)
        at_best = without_lag(target, [part], longest_ns=longest_ns, read_late_ns=0, limit_ns=NS)
        if keeps(target, reading_of(target, [slice_of(*truly)])) or keeps(target, reading_of(target, [part])):
            assert keeps(target, at_best)

"""A server that stood still is missed and not void, though service times look good."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State, Verdict, judge
from sessionload.workload.stage import Stage

MS = 1_000_000
TARGETS = (
    parse_target("p50 < 10ms"),
    parse_target("p75 < 10ms"),
    parse_target("service.p99.99 < 10ms"),
    parse_target("lag.max < 1ms"),
    parse_target("p50 < 90s", window_ns=10 * NS),
)


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    """100 arrivals a second for 200 s, one at a time, each 1 ms; the server is frozen from 100 s to 200 s.

    Arrival 10,000 is sent at 100 s, the rest when it is back at 200 s: see the same pause in the tests
    of what is measured.
    """
    recorder = MeasurementRecorder()
    for index in range(20_000):
        due = index * 10 * MS
        sent = 200 * NS if index > 10_000 else due
        done = due + MS if index < 10_000 else 200 * NS + MS
        recorder.record_sent(sent)
        recorder.record_done(0, Exchange(index, due, sent, done, Outcome.OK, sent - due, 201))
    stages = (Stage("steady", Fraction(100), Fraction(100), 200 * NS),)
    return judge(Evidence(recorder.raw().packed(), stages, planned=20_000, lost=0, targets=TARGETS))


def test_the_run_is_missed_without_any_doubt_about_the_generator(verdict: Verdict) -> None:
    assert verdict.state is State.MISSED
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("number", "state", "measured", "samples"),
    [
        (0, State.MET, "1 ms", 20_000),
        (1, State.MISSED, "50 s", 20_000),
        (2, State.MET, "1 ms", 20_000),
        (3, State.MET, "0 µs", 20_000),
        (4, State.MISSED, "95 s", 1_000),
        (5, State.MET, "0", 20_000),
    ],
)
def test_targets_of_the_pause(
    verdict: Verdict, number: int, state: State, measured: str, samples: int
) -> None:
    """Of the 10 s from 100 s on, response times are 90.011 s, 90.021 s and so on: the 500th is 95.001 s."""
    judged = verdict.targets[number]
    assert (judged.state, judged.measured, judged.samples) == (state, measured, samples)


def test_of_windows_that_are_equally_bad_the_first_is_shown(verdict: Verdict) -> None:
    """From 96 s on: 400 of 1 ms, then 94.011 s, 94.021 s and so on; the 100th of these is 95.001 s too."""
    assert verdict.targets[4].window == "96 s to 106 s"

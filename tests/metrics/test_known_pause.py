"""A known answer: the pause that a closed loop of requests does not see."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.stage_sums import over
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice

MS = 1_000_000


@pytest.fixture(scope="module")
def paused() -> Slice:
    """One user at a time, 100 arrivals a second for 200 s, and a server that freezes at 100 s until 200 s.

    This is the pause of HdrHistogram's documentation (10,000 results of 1 ms in 100 s, then 100 s of
    silence), as arrivals: number i is due at 10 ms * i, for i from 0 to 19,999.

    Numbers 0 to 9,999 are sent when due and take 1 ms. Number 10,000 is sent at 100 s and is
    answered at 200.001 s. Numbers 10,001 to 19,999 wait for it and are sent at 200 s, when the
    server is well again, and take 1 ms: they end at 200.001 s.
    """
    recorder = MeasurementRecorder()
    end = 200 * NS
    for index in range(20_000):
        due = index * 10 * MS
        done = due + MS if due < 100 * NS else end + MS
        sent = end if index > 10_000 else due
        recorder.record_sent(sent)
        recorder.record_done(0, Exchange(index, due, sent, done, Outcome.OK, sent - due, 201))
    return over(recorder.raw().packed())


@pytest.mark.parametrize(
    ("percentile", "response_ms"),
    [
        ("25", 1),
        ("50", 1),
        ("75", 50_001),
        ("90", 80_001),
        ("99", 98_001),
        ("99.9", 99_801),
        ("99.99", 99_981),
        ("100", 100_001),
    ],
)
def test_response_percentiles_of_the_pause(paused: Slice, percentile: str, response_ms: int) -> None:
    """Worked out by hand.

    Number 20,000 - m of the second half, m from 1 to 10,000, is due 10 ms * m before 200 s, so its
    response is 10 m + 1 ms. In rising order: ranks 1 to 10,000 are 1 ms, rank 10,000 + m is 10 m + 1 ms.

    p50 is rank 10,000: 1 ms. p75 is rank 15,000, m = 5,000: 50,001 ms. p90 is rank 18,000,
    m = 8,000: 80,001 ms. p99 is rank 19,800, m = 9,800: 98,001 ms. p99.9 is rank 19,980, m = 9,980:
    99,801 ms. p99.99 is rank 19,998, m = 9,998: 99,981 ms. The largest is rank 20,000: 100,001 ms.
    """
    found = paused.response.quantile(Fraction(percentile) / 100)
    assert found == pytest.approx(response_ms * MS, rel=0.001)


@pytest.mark.parametrize("percentile", ["25", "50", "75", "90", "99", "99.9", "99.99", "99.995"])
def test_service_percentiles_do_not_see_the_pause(paused: Slice, percentile: str) -> None:
    """19,999 of 20,000 take 1 ms; 99.995 % is rank 19,999, the last of them."""
    assert paused.service.quantile(Fraction(percentile) / 100) == pytest.approx(MS, rel=0.001)


def test_only_the_largest_service_time_sees_the_pause(paused: Slice) -> None:
    assert paused.service.largest == 100_001 * MS
    assert paused.service.quantile(Fraction(1)) == pytest.approx(100_001 * MS, rel=0.001)
    assert paused.response.largest == 100_001 * MS


def test_means_of_the_pause(paused: Slice) -> None:
    """Response: 1 ms each, and 10 m ms for m from 1 to 10,000, which is 500,050,000 ms; over 20,000.

    Service: 1 ms each, and 100,000 ms once; over 20,000.
    """
    assert paused.response.mean == 25_003.5 * MS
    assert paused.service.mean == 6 * MS


def test_the_pause_is_queueing_and_not_lag(paused: Slice) -> None:
    """Lateness is 0 for the first 10,001 and 10 m ms for m from 1 to 9,999: the largest is 99,990 ms."""
    assert paused.lag.largest == 0
    assert paused.lateness.largest == 99_990 * MS
    assert paused.lateness.quantile(Fraction(1, 2)) == 0


def test_every_arrival_of_the_pause_is_there(paused: Slice) -> None:
    assert (paused.accounted, paused.sent, paused.errors) == (20_000, 20_000, 0)
    views = (paused.response, paused.answered, paused.service, paused.lag, paused.lateness)
    assert {view.count for view in views} == {20_000}

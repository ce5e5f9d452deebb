"""Three instants make every duration of an exchange."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import ANSWERED, Exchange, Outcome

INSTANTS = st.lists(st.integers(0, 10**15), min_size=3, max_size=3).map(sorted)


def test_the_set_of_outcomes_is_closed_and_named() -> None:
    assert [outcome.value for outcome in Outcome] == [
        "ok",
        "contract_violation",
        "rejected",
        "throttled",
        "server_error",
        "timeout",
        "connection_error",
        "protocol_error",
        "aborted",
    ]


def test_a_whole_answer_came_back_in_exactly_five_outcomes() -> None:
    assert set(Outcome) - ANSWERED == {
        Outcome.TIMEOUT,
        Outcome.CONNECTION_ERROR,
        Outcome.PROTOCOL_ERROR,
        Outcome.ABORTED,
    }


@pytest.mark.parametrize(
    ("queued", "lag"),
    [(0, 30), (10, 20), (30, 0)],
    ids=["all lag", "some of each", "all queueing"],
)
def test_durations_of_an_exchange_due_at_100_sent_at_130_done_at_180(queued: int, lag: int) -> None:
    exchange = Exchange(0, 100, 130, 180, Outcome.OK, queued)
    assert exchange.response_ns == 80
    assert exchange.service_ns == 50
    assert exchange.lateness_ns == 30
    assert exchange.lag_ns == lag


@given(INSTANTS, st.data())
def test_response_is_lag_and_queueing_and_service(instants: list[int], data: st.DataObject) -> None:
    due, sent, done = instants
    queued = data.draw(st.integers(0, sent - due))
    exchange = Exchange(0, due, sent, done, Outcome.OK, queued)
    assert exchange.response_ns == exchange.lag_ns + queued + exchange.service_ns
    assert exchange.response_ns == exchange.lateness_ns + exchange.service_ns
    assert min(exchange.lag_ns, exchange.service_ns) >= 0

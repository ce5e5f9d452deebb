"""The set of outcomes is closed."""

from __future__ import annotations

from sessionload.metrics.exchange import ANSWERED, Outcome


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

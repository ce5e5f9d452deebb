"""A slice counts each arrival once, and each view of it covers the arrivals that it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram, slice_of

from sessionload.metrics.exchange import ANSWERED, Exchange, Outcome
from sessionload.metrics.slice_recorder import SliceRecorder
from sessionload.metrics.slices import Slice


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    due = draw(st.integers(0, 10**10))
    queued = draw(st.one_of(st.just(0), st.integers(1, 10**9)))
    sent = due + queued + draw(st.integers(0, 10**8))
    outcome = draw(st.sampled_from(Outcome))
    status = draw(st.sampled_from([200, 400, 429, 503])) if outcome in ANSWERED else None
    return Exchange(0, due, sent, sent + draw(st.integers(0, 10**10)), outcome, queued, status)


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    return slice_of(*draw(st.lists(exchanges(), max_size=12)), unsent=draw(st.integers(0, 3)))


def test_an_ordinary_arrival_is_in_every_view() -> None:
    part = slice_of(Exchange(0, 100, 130, 180, Outcome.OK, 0, 201))
    assert part.outcomes == {Outcome.OK: 1}
    assert part.statuses == {201: 1}
    assert part.response == part.answered == histogram([80])
    assert part.service == histogram([50])
    assert part.lag == part.lateness == histogram([30])
    assert (part.sent, part.accounted, part.errors) == (1, 1, 0)


def test_a_queued_arrival_tells_lag_from_lateness() -> None:
    part = slice_of(Exchange(0, 100, 130, 180, Outcome.OK, 20, 201))
    assert part.lag == histogram([10])
    assert part.lateness == histogram([30])


@pytest.mark.parametrize("outcome", sorted(ANSWERED - {Outcome.OK}))
def test_an_answer_without_a_session_is_answered_and_never(outcome: Outcome) -> None:
    part = slice_of(Exchange(0, 100, 100, 110, outcome, 0, 400))
    assert part.answered == part.service == histogram([10])
    assert (part.response.ended, part.response.never) == (0, 1)
    assert part.errors == 1


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - ANSWERED))
def test_an_arrival_without_an_answer_has_no_service_time_and_is_never(outcome: Outcome) -> None:
    part = slice_of(Exchange(0, 100, 105, 110, outcome))
    assert not part.answered
    assert not part.service
    assert part.statuses == {}
    assert (part.response.ended, part.response.never) == (0, 1)
    assert part.lag == histogram([5])


def test_an_unsent_arrival_is_never_and_has_no_lateness() -> None:
    part = Slice(unsent=2)
    assert (part.sent, part.accounted, part.errors) == (0, 2, 2)
    assert part.response.never == part.response.count == 2
    assert not part.lateness
    assert not part.lag


def test_looking_at_the_response_changes_nothing() -> None:
    part = slice_of(Exchange(0, 0, 0, 10, Outcome.OK), unsent=1)
    assert part.response.never == part.response.never == 1
    assert part == slice_of(Exchange(0, 0, 0, 10, Outcome.OK), unsent=1)
    assert part.valid.never == 0


@given(slices())
def test_views_cover_the_arrivals_that_they_say(part: Slice) -> None:
    answered = sum(part.outcomes.get(outcome, 0) for outcome in ANSWERED)
    assert part.response.count == part.accounted
    assert part.response.never == part.errors
    assert part.answered.count == part.service.count == answered
    assert part.lag.count == part.lateness.count == part.sent
    assert part.sent + part.unsent == part.accounted
    assert sum(part.statuses.values()) == answered


@given(slices(), slices(), slices())
def test_adding_is_associative_and_commutative_and_empty_is_zero(
    one: Slice, two: Slice, three: Slice
) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Slice() == Slice() + one == one


@given(st.lists(exchanges(), max_size=12), st.integers(0, 12))
def test_recording_some_at_a_time_is_recording_all_at_once(all_of_them: list[Exchange], cut: int) -> None:
    recorder = SliceRecorder()
    recorder.record(*all_of_them[:cut])
    recorder.record(*all_of_them[cut:])
    assert recorder.raw(0, 0).packed() == slice_of(*all_of_them)


def test_opening_a_connection_is_counted_where_one_was_opened() -> None:
    part = slice_of(
        Exchange(0, 0, 0, 9, Outcome.OK, connect_ns=2, tls_ns=3, first_byte_ns=5),
        Exchange(1, 0, 0, 9, Outcome.TIMEOUT, connect_ns=4),
        Exchange(2, 0, 0, 9, Outcome.OK),
    )
    assert (part.connect, part.tls) == (histogram([2, 4]), histogram([3]))
    assert part.first_byte == histogram([5])

"""The slowest arrivals and the first of each cause are kept, the same ones for any number of workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics import named_arrivals, named_recorder
from sessionload.metrics.exchange import ANSWERED, Exchange, Failure, Outcome
from sessionload.metrics.key_repeat import KeyRepeat
from sessionload.metrics.named_arrivals import NamedArrival, NamedArrivals
from sessionload.metrics.named_recorder import NamedRecorder

if TYPE_CHECKING:
    from collections.abc import Sequence

REPEATED = Failure("key/repeated", "twice")
FAILED = sorted(set(Outcome) - {Outcome.OK})


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep few, so that few examples are too many."""
    for module in (named_arrivals, named_recorder):
        monkeypatch.setattr(module, "MOST_SLOWEST", 5)
        monkeypatch.setattr(module, "MOST_OF_A_CAUSE", 2)
        monkeypatch.setattr(module, "MOST_CAUSES", 3)


def exchange(number: int, response: int = 10, outcome: Outcome = Outcome.OK, cause: str = "") -> Exchange:
    failure = Failure(cause, "a sentence") if cause else None
    return Exchange(number, number * 3, number * 3, number * 3 + response, outcome, failure=failure)


@st.composite
def runs(draw: st.DrawFn) -> list[Exchange]:
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 6), st.sampled_from(FAILED), st.sampled_from(("", *"abcdef"))),
            max_size=60,
        )
    )
    return [
        exchange(number, response, outcome if cause else Outcome.OK, cause)
        for number, (response, outcome, cause) in enumerate(drawn)
    ]


def kept_of(exchanges: Sequence[Exchange]) -> NamedArrivals:
    """Return what is kept by the definition, all at once."""
    answered = [each for each in exchanges if each.outcome in ANSWERED]
    answered.sort(key=lambda each: (-(each.done_ns - each.due_ns), each.index))
    causes = sorted({each.failure.cause for each in exchanges if each.failure})[:3]
    first = [
        each
        for cause in causes
        for each in [each for each in exchanges if each.failure and each.failure.cause == cause][:2]
    ]
    return NamedArrivals(dict.fromkeys(map(NamedArrival.of, [*answered[:5], *first])))


@given(runs(), st.integers(1, 4), st.integers(1, 9), st.randoms())
def test_the_same_are_kept_however_they_are_dealt(
    exchanges: list[Exchange], workers: int, at_once: int, order: object
) -> None:
    """Each worker sees its own in the order in which they end, and deltas come in any order of workers."""
    merged, deltas = NamedArrivals(), []
    for worker in range(workers):
        recorder = NamedRecorder()
        own = sorted(exchanges[worker::workers], key=lambda each: each.done_ns)
        for start in range(0, len(own), at_once):
            recorder.record(own[start : start + at_once])
            deltas.append(recorder.take())
        assert recorder.take() == []
    order.shuffle(deltas)  # type: ignore[attr-defined]
    halves = NamedArrivals(), NamedArrivals()
    for number, delta in enumerate(deltas):
        for arrival in delta:
            merged.add(arrival)
            halves[number % 2].add(arrival)
    expected = kept_of(exchanges)
    assert merged == expected
    assert merged.slowest == expected.slowest
    both = NamedArrivals()
    both += halves[0]
    both += halves[1]
    assert both == expected
    assert NamedArrivals(merged.all()) == merged
    assert bool(merged) == bool(exchanges)


def test_a_delta_has_no_more_than_is_kept() -> None:
    """While answers get slower and slower each one is the slowest so far."""
    recorder = NamedRecorder()
    recorder.record([exchange(number, 10 + number) for number in range(1000)])
    assert [arrival.number for arrival in recorder.take()] == [995, 996, 997, 998, 999]
    recorder.record([exchange(number, 10) for number in range(1000, 2000)])
    assert recorder.take() == []


def test_a_cause_that_is_not_kept_any_more_is_not_reported() -> None:
    recorder = NamedRecorder()
    timeouts = [exchange(number, 10, Outcome.TIMEOUT, cause) for number, cause in enumerate("dcbaed")]
    recorder.record(timeouts)
    assert [arrival.cause for arrival in recorder.take()] == ["c", "b", "a"]


def test_one_whose_key_was_given_before_is_kept_once_as_what_it_is() -> None:
    repeat = KeyRepeat(0, 3, 9, 109, 9, 201, 1)
    recorder = NamedRecorder()
    recorder.record([exchange(number) for number in range(3)])
    valid = exchange(3, 100)
    recorder.record([valid])
    kept = NamedArrivals(recorder.take())
    assert kept.slowest[0] == NamedArrival.of(valid)
    recorder.repeat(repeat.exchange(REPEATED))
    [known] = recorder.take()
    expected = NamedArrival(3, 9, 9, 109, Outcome.CONTRACT_VIOLATION, True, 201, "key/repeated")  # noqa: FBT003
    assert known == expected
    for order in ([*kept.all(), known], [known, *kept.all()]):
        merged = NamedArrivals(order)
        assert merged.slowest[0] == known
        assert merged.failed == {"key/repeated": [known]}
        assert [arrival.number for arrival in merged.all()] == [0, 1, 2, 3]


def test_a_repeated_key_of_a_fast_arrival_is_kept_under_its_cause_alone() -> None:
    recorder = NamedRecorder()
    recorder.record([exchange(number, 100) for number in range(5)])
    recorder.take()
    for number in (7, 8, 9):
        recorder.repeat(KeyRepeat(0, number, number * 3, number * 3 + 1).exchange(REPEATED))
    assert [arrival.number for arrival in recorder.take()] == [7, 8]


def test_durations_and_names_of_an_arrival() -> None:
    arrival = NamedArrival(1, 10, 15, 40, Outcome.OK, new_connection=False)
    assert (arrival.response_ns, arrival.service_ns) == (30, 25)
    called = arrival.called(user_id="u", user_row=None, trace="t")
    assert (called.user_id, called.user_row, called.trace, called.number) == ("u", None, "t", 1)
    assert NamedArrivals([arrival]) != [arrival]

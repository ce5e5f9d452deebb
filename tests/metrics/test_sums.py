"""A sum over many slices is what adding them one by one gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram, slice_of

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.slices import Slice
from sessionload.metrics.sums import added, total


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    exchanges = []
    for number in range(draw(st.integers(0, 4))):
        sent, done, queued = (draw(st.integers(0, 10**9)) for _ in range(3))
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.SERVER_ERROR, Outcome.TIMEOUT]))
        status = draw(st.sampled_from([None, 200, 503]))
        exchanges.append(Exchange(number, 0, sent + queued, sent + queued + done, outcome, queued, status))
    return slice_of(*exchanges, unsent=draw(st.integers(0, 3)))


@given(st.lists(slices(), max_size=6))
def test_a_sum_is_what_adding_gives(parts: list[Slice]) -> None:
    one_by_one = Slice()
    for part in parts:
        one_by_one += part
    assert total(parts) == one_by_one
    assert total(reversed(parts)) == one_by_one
    assert added(part.valid for part in parts) == one_by_one.valid


def test_what_never_ended_is_added_too() -> None:
    twice = total(Slice(valid=histogram([5], never=never)) for never in (2, 3))
    assert twice.valid == histogram([5, 5], never=5)
    assert total([Slice(valid=histogram(never=4))]).valid == histogram(never=4)

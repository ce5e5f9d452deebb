"""A sum over many slices is what adding them one by one gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.histogram import Histogram
from sessionload.metrics.slices import Slice
from sessionload.metrics.sums import total


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    part = Slice(unsent=draw(st.integers(0, 3)))
    for number in range(draw(st.integers(0, 4))):
        sent, done, queued = (draw(st.integers(0, 10**9)) for _ in range(3))
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.SERVER_ERROR, Outcome.TIMEOUT]))
        status = draw(st.sampled_from([None, 200, 503]))
        part.record(Exchange(number, 0, sent + queued, sent + queued + done, outcome, queued, status))
    if draw(st.booleans()):
        part.pack()
    return part


@given(st.lists(slices(), max_size=6))
def test_a_sum_is_what_adding_gives(parts: list[Slice]) -> None:
    added = Slice()
    for part in parts:
        added += part
    assert total(parts) == added
    assert total(reversed(parts)) == added


def _never(count: int) -> Slice:
    part = Slice(valid=Histogram([5]))
    part.valid.never = count
    return part


def test_what_never_ended_is_added_too() -> None:
    assert total([_never(2), _never(3)]).valid.never == 5
    only = Slice()
    only.valid.never = 4
    assert total([only]).valid == only.valid

"""Whatever comes twice, late or in another order is counted once and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sessionload.distribution.clock_offset import better, offset_of
from sessionload.distribution.delta_inbox import DeltaInbox


@given(st.lists(st.integers(0, 12), max_size=60))
def test_each_delta_is_given_once_and_in_order(numbers: list[int]) -> None:
    inbox = DeltaInbox()
    given_out = [line for number in numbers for line in inbox.take(number, b"%d" % number)]
    whole = next(number for number in range(14) if number not in numbers)
    assert given_out == [b"%d" % number for number in range(whole)]
    assert inbox.next_delta == whole


def test_what_is_far_ahead_is_not_kept() -> None:
    inbox = DeltaInbox()
    assert inbox.take(10**9, b"x") == []
    assert inbox.take(1000, b"x") == []
    assert inbox.take(0, b"0") == [b"0"]
    assert inbox.take(1000, b"x") == []
    assert [inbox.take(number, b"") for number in range(1, 1000)] == [[b""]] * 998 + [[b"", b"x"]]


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_the_offset_is_wrong_by_no_more_than_it_says(
    ahead_ns: int, there_in_ns: int, back_in_ns: int, sent_ns: int
) -> None:
    seen = offset_of(sent_ns, sent_ns + there_in_ns + ahead_ns, sent_ns + there_in_ns + back_in_ns)
    assert abs(seen.offset_ns - ahead_ns) <= seen.error_ns + 1
    assert better(None, seen) == seen
    assert better(seen, seen._replace(error_ns=seen.error_ns + 1)) == seen

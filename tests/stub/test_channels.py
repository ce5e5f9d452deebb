"""A server that serves so many at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sessionload.stub.channels import Channels


def test_who_finds_a_free_channel_is_served_at_once_and_others_in_order() -> None:
    channels = Channels(2)
    assert [channels.wait(10.0, 1.0) for _ in range(5)] == [1.0, 1.0, 2.0, 2.0, 3.0]
    assert channels.wait(10.5, 1.0) == 2.5
    assert channels.wait(20.0, 3.0) == 3.0


@given(
    st.integers(1, 5), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=60)
)
def test_never_more_are_served_at_once_and_no_channel_is_idle_while_one_waits(
    count: int, requests: list[tuple[int, int]]
) -> None:
    channels, now, spans = Channels(count), 0.0, []
    for gap, service in requests:
        now += gap
        done = now + channels.wait(now, service)
        spans.append((now, done - service, done))
    for came, begun, _ in spans:
        busy = sum(other < begun < end or (other == begun and end > begun) for _, other, end in spans)
        assert busy <= count
        assert begun >= came
        if begun > came:
            assert any(end == begun for _, _, end in spans)

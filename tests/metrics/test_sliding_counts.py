"""Counts over a moving window are those of the histograms in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.buckets import bucket_of
from sessionload.metrics.sliding_counts import SlidingCounts

ROWS = st.lists(st.lists(st.integers(0, 10**12), max_size=8), min_size=1, max_size=8)


@given(rows=ROWS, length=st.integers(1, 4))
def test_each_rank_of_a_window_is_in_the_bucket_of_the_sorted_list(
    rows: list[list[int]], length: int
) -> None:
    counts = SlidingCounts()
    for end, row in enumerate(rows):
        counts.add(histogram(row))
        if end >= length:
            counts.take_away(histogram(rows[end - length]))
        inside = sorted(value for each in rows[max(0, end - length + 1) : end + 1] for value in each)
        assert counts.ended == len(inside)
        assert [counts.bucket_at(rank) for rank in range(1, len(inside) + 1)] == list(map(bucket_of, inside))

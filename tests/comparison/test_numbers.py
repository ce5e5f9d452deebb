"""Resampled percentiles are those of the resampled run, and intervals are as wide as theory has them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import histogram

from sessionload.comparison.metrics import Share
from sessionload.comparison.per_second import Durations, _entries
from sessionload.comparison.resampling import logarithms, totals
from sessionload.metrics.buckets import bucket_of

SHARES = [Fraction(1, 2), Fraction(19, 20), Fraction(99, 100), Fraction(999, 1000)]
ROWS = st.lists(
    st.lists(st.integers(1, 10**11) | st.sampled_from([1, 5 * 10**6, 5 * 10**6 + 1, 10**9]), max_size=30),
    min_size=1,
    max_size=6,
)


def durations_of(rows: list[list[int]], never: list[int]) -> Durations:
    found = [(row, histogram(values)) for row, values in enumerate(rows)]
    places, buckets, counts = _entries(found)
    ended = np.array([len(values) for values in rows])
    return Durations(places, buckets, counts, ended, np.array(never))


@settings(max_examples=150, deadline=None)
@given(ROWS, st.data())
def test_a_resampled_percentile_is_that_of_the_sum_of_the_seconds_that_were_drawn(
    rows: list[list[int]], data: st.DataObject
) -> None:
    """Nearest rank over an exact sort, to a bucket and a 128th of how far apart the runs are."""
    size = len(rows)
    never = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    drawn = data.draw(
        st.lists(st.lists(st.integers(0, 3), min_size=size, max_size=size), min_size=1, max_size=4)
    )
    found = logarithms(durations_of(rows, never), np.array(drawn, np.uint16), SHARES)
    buckets = [bucket_of(value) for row in rows for value in row]
    apart = max(buckets, default=0) - min(buckets, default=0)
    for weights, logarithm in zip(drawn, found, strict=True):
        values = sorted(
            value for row, times in zip(rows, weights, strict=True) for value in row for _ in range(times)
        )
        count = len(values) + sum(np.multiply(never, weights))
        for share, one in zip(SHARES, logarithm, strict=True):
            rank = max(1, math.ceil(share * count))
            if rank > len(values):
                assert math.isinf(one)
            else:
                ours, theirs = bucket_of(int(math.exp(one) * (1 + 1e-12))), bucket_of(values[rank - 1])
                assert abs(ours - theirs) <= 1 + apart / 128


def test_a_percentile_of_far_scattered_durations_is_found_all_the_same() -> None:
    """From a nanosecond to an hour is too far for one row of columns, so it is looked at more closely."""
    values = [10**power * digit for power in range(12) for digit in range(1, 10)] + [3_600 * 10**9]
    found = logarithms(durations_of([values], [0]), np.array([[1], [2]], np.uint16), SHARES)
    for share, one in zip(SHARES, found[0], strict=True):
        assert math.exp(one) == pytest.approx(sorted(values)[math.ceil(share * len(values)) - 1], rel=0.001)
    assert found[1] == pytest.approx(found[0], rel=0.001)


def test_within_its_bucket_a_percentile_lies_by_its_rank() -> None:
    """Of 1,000 in one bucket, from 2^30 to 2^30 + 2^20 ns, p50 is the 500th: in the middle of it."""
    found = logarithms(durations_of([[1 << 30] * 1000], [0]), np.ones((1, 1), np.uint16), SHARES[:1])
    assert math.exp(found[0, 0]) == pytest.approx((1 << 30) + (1 << 20) * 0.4995)


def test_nothing_has_no_percentiles() -> None:
    found = logarithms(durations_of([[], []], [0, 0]), np.ones((3, 2), np.uint16), SHARES)
    assert np.isinf(found).all()


def test_durations_are_counted_by_second() -> None:
    durations = durations_of([[5, 7, 7], [], [7, 9]], [1, 2, 0])
    assert len(durations) == 4
    assert durations.above([4, 7, 9]).tolist() == [[4, 2, 2], [1, 2, 1], [1, 2, 0]]
    assert durations.columns(5, 2, 3).tolist() == [[1, 2, 0], [0, 0, 0], [0, 1, 1]]


def test_totals_are_exact() -> None:
    weights = np.array([[1, 0, 2], [0, 3, 0]], np.uint16)
    assert totals(weights, np.array([2**40, 1, 1])).tolist() == [2**40 + 2, 3]
    assert totals(weights, np.array([[1, 2], [3, 4], [5, 6]])).tolist() == [[11, 14], [9, 12]]


def test_a_share_of_nothing_is_nothing() -> None:
    assert (Share(0, 0).value, Share(1, 4).value) == (0, 0.25)
    assert Share(1, 4).both == (1, 3)

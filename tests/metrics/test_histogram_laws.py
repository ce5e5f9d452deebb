"""Properties of histograms that hold for any durations."""

from __future__ import annotations

import json
import math
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import convert, to_builtins
from recorded import histogram

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.histogram import EMPTY, Histogram

VALUES = st.one_of(st.integers(0, 5000), st.integers(0, 10**10), st.integers(0, 10**18))
LISTS = st.lists(VALUES, max_size=60)
SHARES = st.one_of(
    st.sampled_from([Fraction(1, 2), Fraction(95, 100), Fraction(99, 100), Fraction(999, 1000), Fraction(1)]),
    st.fractions(min_value=0, max_value=1).filter(bool),
)


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    return histogram(draw(LISTS), never=draw(st.integers(0, 5)))


@given(VALUES)
def test_a_bucket_holds_its_values_and_is_less_than_a_thousandth_wide(value: int) -> None:
    low, high = bounds_of(bucket_of(value))
    assert low <= value <= high
    assert (high - low) * 1000 < max(low, 1)


@given(st.lists(VALUES, min_size=1, max_size=60), SHARES)
@example([1, 2, 2, 2, 2], Fraction(1, 4))
@example(list(range(1, 1001)), Fraction(999, 1000))
def test_a_quantile_is_within_a_thousandth_of_the_nearest_rank_of_the_sorted_list(
    values: list[int], share: Fraction
) -> None:
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    quantile = histogram(values).quantile(share)
    assert quantile is not None
    assert abs(quantile - exact) * 1000 <= exact
    assert min(values) <= quantile <= max(values)


@given(LISTS, st.integers(1, 60), SHARES)
def test_a_quantile_is_never_if_and_only_if_its_rank_is_past_those_that_ended(
    values: list[int], never: int, share: Fraction
) -> None:
    rank = math.ceil(share * (len(values) + never))
    assert (histogram(values, never=never).quantile(share) is None) == (rank > len(values))


@given(histograms(), st.lists(SHARES, min_size=2, max_size=5))
def test_quantiles_rise_with_the_share_and_never_is_the_top(seen: Histogram, shares: list[Fraction]) -> None:
    if not seen:
        return
    top = 10**19
    found = [seen.quantile(share) for share in sorted(shares)]
    ranked = [top if one is None else one for one in found]
    assert ranked == sorted(ranked)


@given(LISTS)
def test_extremes_sum_and_count_are_those_of_the_list(values: list[int]) -> None:
    seen = histogram(values)
    assert seen.minimum == min(values, default=None)
    assert seen.largest == max(values, default=None)
    assert seen.total == sum(values)
    assert seen.count == seen.ended == len(values)
    assert seen.mean == (sum(values) / len(values) if values else None)


@given(histograms())
def test_steps_rise_to_the_count_of_those_that_ended(seen: Histogram) -> None:
    steps = list(seen.steps())
    assert steps == sorted(set(steps))
    assert (steps[-1][1] if steps else 0) == seen.ended


@given(histograms(), histograms(), histograms())
def test_adding_is_associative(one: Histogram, two: Histogram, three: Histogram) -> None:
    assert (one + two) + three == one + (two + three)


@given(histograms(), histograms())
def test_adding_is_commutative_and_leaves_its_parts_alone(one: Histogram, two: Histogram) -> None:
    before = (to_builtins(one), to_builtins(two))
    assert one + two == two + one
    assert (to_builtins(one), to_builtins(two)) == before


@given(histograms())
def test_the_empty_histogram_is_zero(seen: Histogram) -> None:
    assert seen + EMPTY == EMPTY + seen == seen
    assert histogram() == EMPTY


@given(LISTS, LISTS)
def test_a_sum_is_the_histogram_of_both_lists(one: list[int], two: list[int]) -> None:
    assert histogram(one) + histogram(two) == histogram(one + two)


@given(histograms())
def test_what_is_written_is_read_back_equal(seen: Histogram) -> None:
    read = convert(json.loads(json.dumps(to_builtins(seen))), Histogram)
    read.check()
    assert read == seen
    assert list(read.items()) == list(seen.items())

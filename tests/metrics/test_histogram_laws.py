"""Laws of histograms, over any durations."""

from __future__ import annotations

import json
import math
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from sessionload.metrics.histogram import Histogram, bounds_of, bucket_of

VALUES = st.one_of(st.integers(0, 5000), st.integers(0, 10**10), st.integers(0, 10**18))
LISTS = st.lists(VALUES, max_size=60)
SHARES = st.one_of(
    st.sampled_from([Fraction(1, 2), Fraction(95, 100), Fraction(99, 100), Fraction(999, 1000), Fraction(1)]),
    st.fractions(min_value=0, max_value=1).filter(bool),
)


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    histogram = Histogram(draw(LISTS))
    histogram.never = draw(st.integers(0, 5))
    return histogram


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
    quantile = Histogram(values).quantile(share)
    assert quantile is not None
    assert abs(quantile - exact) * 1000 <= exact
    assert min(values) <= quantile <= max(values)


@given(LISTS, st.integers(1, 60), SHARES)
def test_a_quantile_is_never_if_and_only_if_its_rank_is_past_those_that_ended(
    values: list[int], never: int, share: Fraction
) -> None:
    histogram = Histogram(values)
    histogram.never = never
    rank = math.ceil(share * (len(values) + never))
    assert (histogram.quantile(share) is None) == (rank > len(values))


@given(histograms(), st.lists(SHARES, min_size=2, max_size=5))
def test_quantiles_rise_with_the_share_and_never_is_the_top(
    histogram: Histogram, shares: list[Fraction]
) -> None:
    if not histogram:
        return
    top = 10**19
    found = [histogram.quantile(share) for share in sorted(shares)]
    ranked = [top if one is None else one for one in found]
    assert ranked == sorted(ranked)


@given(LISTS)
def test_extremes_sum_and_count_are_those_of_the_list(values: list[int]) -> None:
    histogram = Histogram(values)
    assert histogram.minimum == min(values, default=None)
    assert histogram.largest == max(values, default=None)
    assert histogram.total == sum(values)
    assert histogram.count == histogram.ended == len(values)
    assert histogram.mean == (sum(values) / len(values) if values else None)


@given(histograms())
def test_steps_rise_to_the_count_of_those_that_ended(histogram: Histogram) -> None:
    steps = list(histogram.steps())
    assert steps == sorted(set(steps))
    assert (steps[-1][1] if steps else 0) == histogram.ended


@given(histograms(), histograms(), histograms())
def test_adding_is_associative(one: Histogram, two: Histogram, three: Histogram) -> None:
    assert (one + two) + three == one + (two + three)


@given(histograms(), histograms())
def test_adding_is_commutative_and_leaves_its_parts_alone(one: Histogram, two: Histogram) -> None:
    before = (one.to_json(), two.to_json())
    assert one + two == two + one
    assert (one.to_json(), two.to_json()) == before


@given(histograms())
def test_the_empty_histogram_is_zero(histogram: Histogram) -> None:
    assert histogram + Histogram() == histogram
    assert Histogram() + histogram == histogram


@given(LISTS, LISTS)
def test_a_sum_is_the_histogram_of_both_lists(one: list[int], two: list[int]) -> None:
    assert Histogram(one) + Histogram(two) == Histogram(one + two)


@given(histogram=histograms(), raw=st.booleans())
def test_what_is_written_is_read_back_equal(histogram: Histogram, *, raw: bool) -> None:
    read = Histogram.from_json(json.loads(json.dumps(histogram.to_json(raw=raw))))
    assert read == histogram
    assert read.counts == histogram.counts

"""Known answers of a histogram: buckets, ranks, and what is not known."""

from __future__ import annotations

import base64
import struct
import zlib
from fractions import Fraction

import pytest
from msgspec import convert, to_builtins
from msgspec.structs import replace
from recorded import histogram

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.histogram import Histogram
from sessionload.metrics.histogram_recorder import HistogramRecorder

P50 = Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (0, 0, 0),
        (1, 1, 1),
        (1023, 1023, 1023),
        (2047, 2047, 2047),
        (2048, 2048, 2049),
        (2049, 2048, 2049),
        (4095, 4094, 4095),
        (4096, 4096, 4099),
        (400_000_000, 399_769_600, 400_031_743),
        (2**40, 2**40, 2**40 + 2**30 - 1),
    ],
)
def test_the_bucket_of_a_value(value: int, low: int, high: int) -> None:
    """400 ms: between 2**28 and 2**29 a bucket is 2**18 wide, and 399,769,600 = 1525 * 2**18."""
    assert bounds_of(bucket_of(value)) == (low, high)


def test_buckets_follow_each_other_without_gap_or_overlap() -> None:
    end = -1
    for bucket in range(20 * 1024):
        low, high = bounds_of(bucket)
        assert low == end + 1
        assert bucket_of(low) == bucket_of(high) == bucket
        end = high


@pytest.mark.parametrize(
    ("values", "share", "quantile"),
    [
        ([1, 2, 2, 2, 2], Fraction(25, 100), 2),  # rank ceil(1.25) = 2
        ([1, 2, 2, 2, 2], Fraction(20, 100), 1),  # rank exactly 1
        ([1, 2, 2, 2, 2], Fraction(1, 1000), 1),
        ([15, 20, 35, 40, 50], Fraction(5, 100), 15),
        ([15, 20, 35, 40, 50], Fraction(30, 100), 20),
        ([15, 20, 35, 40, 50], Fraction(40, 100), 20),
        ([15, 20, 35, 40, 50], Fraction(50, 100), 35),
        ([15, 20, 35, 40, 50], Fraction(1), 50),
        ([7], Fraction(1, 100), 7),
        ([7], Fraction(999, 1000), 7),
        ([0, 0, 0], P50, 0),
        ([3, 1, 2], P50, 2),
        ([1, 2], P50, 1),
    ],
)
def test_nearest_rank_of_small_lists(values: list[int], share: Fraction, quantile: int) -> None:
    assert histogram(values).quantile(share) == quantile


@pytest.mark.parametrize(
    ("percent", "count", "rank"),
    [
        ("99.9", 1000, 999),
        ("99.91", 1000, 1000),
        ("7", 100, 7),  # as floats 0.07 * 100 is 7.000000000000001, whose ceiling is 8
        ("14", 100, 14),
        ("55", 100, 55),
        ("99.99", 10_000, 9_999),
    ],
)
def test_ranks_are_exact_where_floats_are_not(percent: str, count: int, rank: int) -> None:
    quantile = histogram(range(1, count + 1)).quantile(Fraction(percent) / 100)
    low, high = bounds_of(bucket_of(rank))
    assert quantile is not None
    assert low <= quantile <= high


def test_the_largest_value_is_not_exceeded_and_the_smallest_is_kept() -> None:
    """Both lie in a bucket from 399,769,600 to 400,031,743; its middle is outside what was seen."""
    seen = histogram([399_770_000, 399_770_001])
    assert seen.quantile(P50) == 399_770_001
    seen = histogram([400_031_000, 400_031_700])
    assert seen.quantile(P50) == 400_031_000


def test_those_that_never_ended_rank_last() -> None:
    seen = histogram([10, 20, 30], never=1)
    assert (seen.ended, seen.count) == (3, 4)
    assert seen.quantile(Fraction(3, 4)) == 30
    assert seen.quantile(Fraction(76, 100)) is None
    assert seen.largest is None
    assert seen.mean is None
    assert seen.minimum == 10


def test_a_histogram_of_nothing_but_never_has_no_number() -> None:
    seen = histogram(never=2)
    assert seen
    assert seen.quantile(P50) is None
    assert (seen.minimum, seen.largest, seen.mean) == (None, None, None)


def test_no_evidence_has_no_percentile() -> None:
    seen = histogram()
    assert not seen
    assert (seen.count, seen.minimum, seen.largest, seen.mean) == (0, None, None, None)
    assert list(seen.steps()) == []
    with pytest.raises(ValueError, match=r"^a histogram without samples has no percentiles$"):
        seen.quantile(P50)


def test_extremes_and_mean_are_exact() -> None:
    seen = histogram([1_000_000_007, 3_000_000_001])
    assert seen.minimum == 1_000_000_007
    assert seen.largest == 3_000_000_001
    assert seen.mean == 2_000_000_004


def test_a_negative_duration_counts_as_0() -> None:
    seen = histogram([-5, 10])
    assert (seen.minimum, seen.total, seen.count) == (0, 10, 2)


def test_steps_are_the_cumulative_counts() -> None:
    assert list(histogram([5, 1, 5, 9]).steps()) == [(1, 1), (5, 3), (9, 4)]


def test_as_json_it_has_its_ends_and_sum_beside_packed_gaps_and_counts() -> None:
    written = to_builtins(histogram([5, 1, 5, 9], never=2))
    flat = struct.unpack("<6I", zlib.decompress(base64.b64decode(written.pop("buckets"))))
    assert flat == (1, 1, 4, 2, 4, 1)
    assert written == {"min": 1, "max": 9, "sum": 20, "never": 2}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"buckets": "no base64!"}, "base64"),
        ({"min": 2}, "do not reach"),
        ({"min": None}, "do not reach"),
        ({"min": 1.0}, "got `float`"),
        ({"max": 10}, "do not reach"),
        ({"max": "9"}, "got `str`"),
        ({"buckets": ""}, "do not reach"),
        ({"sum": 8}, "below its largest part"),
        ({"never": -1}, ">= 0"),
        ({"more": 1}, "unknown field"),
    ],
)
def test_a_broken_histogram_is_refused(change: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        convert(to_builtins(histogram([1, 9])) | change, Histogram).check()


def test_a_recorder_goes_on_after_it_was_asked() -> None:
    recorder = HistogramRecorder([5])
    before = recorder.raw().packed()
    recorder.record(7, 6)
    recorder.record()
    assert (before, recorder.raw().packed()) == (histogram([5]), histogram([5, 6, 7]))


def test_a_histogram_does_not_change() -> None:
    with pytest.raises(AttributeError):
        setattr(histogram([5]), "never", 1)  # noqa: B010 - what mypy forbids too


def test_several_quantiles_are_those_asked_for_one_by_one() -> None:
    seen = histogram(range(1, 101), never=100)
    shares = [Fraction(1, 200), Fraction(1, 4), P50, Fraction(3, 4)]
    assert seen.quantiles(shares) == [1, 50, 100, None] == [seen.quantile(one) for one in shares]


def test_a_histogram_equals_what_counts_the_same_however_it_was_compressed() -> None:
    seen = histogram([1])
    again = replace(seen, packed=zlib.compress(zlib.decompress(seen.packed), 0))
    assert seen.packed != again.packed
    assert seen == again
    assert hash(seen) == hash(again)
    assert seen != histogram([2])
    assert seen != [1]

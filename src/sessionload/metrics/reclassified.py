"""A slice in which arrivals that it counts as valid have broken the contract: see `KeyRepeat`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sessionload.metrics import histogram_codec
from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram import EMPTY, Histogram
from sessionload.metrics.histogram_recorder import HistogramRecorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.metrics.key_repeat import KeyRepeat
    from sessionload.metrics.slices import Slice


def as_violations(part: Slice, repeats: Sequence[KeyRepeat]) -> Slice:
    """Return a slice in which these arrivals, which it counts as valid, broke the contract."""
    durations = [repeat.response_ns for repeat in repeats]
    recorder = HistogramRecorder()
    recorder.record(*durations)
    outcomes = Counter(part.outcomes)
    outcomes[Outcome.OK] -= len(repeats)
    outcomes[Outcome.CONTRACT_VIOLATION] += len(repeats)
    return replace(
        part,
        outcomes=+outcomes,
        valid=without(part.valid, durations),
        refused=part.refused + recorder.raw().packed(),
    )


def without(histogram: Histogram, durations: Sequence[int]) -> Histogram:
    """Return a histogram without some of its durations.

    Where the smallest or the largest goes, the new one is known to the width of a bucket. Raises `ValueError`
    for a duration that is not in it.
    """
    counts = Counter(dict(histogram.items()))
    counts.subtract(map(bucket_of, durations))
    if min(counts.values(), default=0) < 0:
        raise ValueError("a duration is not in its slice")
    left = sorted(+counts)
    if not left:
        return EMPTY
    least, most = histogram.minimum or 0, histogram.maximum
    return Histogram(
        least if bucket_of(least) == left[0] else bounds_of(left[0])[0],
        most if most not in durations else bounds_of(left[-1])[0],
        histogram.total - sum(durations),
        histogram.never,
        histogram_codec.pack(+counts),
    )

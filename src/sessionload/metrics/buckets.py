"""Which bucket counts a duration: log-linear ones, 1,024 to each power of two.

Up to 2,047 ns each nanosecond has a bucket of its own; above, a bucket is less than 0.1 % of its values wide.
After HdrHistogram (hdrhistogram.org), whose sub-bucket idea this is.
"""

from __future__ import annotations

BITS = 10
"""The number of a bucket's shift stands above so many bits."""


def bucket_of(value: int) -> int:
    """Return the index of the bucket that counts `value` (nanoseconds, not negative)."""
    shift = value.bit_length() - BITS - 1
    return value if shift <= 0 else (shift << BITS) + (value >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """Return the smallest and the largest value that `bucket` counts; they differ by less than 0.1 %."""
    shift = max(0, (bucket >> BITS) - 1)
    low = (bucket - (shift << BITS)) << shift
    return low, low + (1 << shift) - 1

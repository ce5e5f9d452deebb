"""Counts as bytes: what goes in comes out, and what cannot have gone in is refused."""

from __future__ import annotations

import struct
import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics import histogram_codec

COUNTS = st.dictionaries(st.integers(0, 56_000), st.integers(1, 2**32 - 1), max_size=50)


def squeezed(*numbers: int) -> bytes:
    return zlib.compress(struct.pack(f"<{len(numbers)}I", *numbers))


@given(COUNTS)
def test_unpacking_gives_back_what_was_packed(counts: dict[int, int]) -> None:
    buckets, found = histogram_codec.unpack(histogram_codec.pack(counts))
    assert list(buckets) == sorted(counts)
    assert dict(zip(buckets, found, strict=True)) == counts


def test_nothing_is_packed_into_nothing() -> None:
    assert histogram_codec.pack({}) == histogram_codec.pairs(b"") == b""


def test_pairs_are_gaps_and_counts() -> None:
    assert histogram_codec.pairs(histogram_codec.pack({7: 2, 5: 1})) == struct.pack("<4I", 5, 1, 2, 2)


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (b"\x00\x01", "not compressed"),
        (squeezed(1, 1)[:-1], "not whole pairs"),
        (squeezed(1, 1) + b"x", "not whole pairs"),
        (squeezed(1), "not whole pairs"),
        (squeezed(1, 1, 2), "not whole pairs"),
        (zlib.compress(bytes(9 << 20)), "not whole pairs"),
        (squeezed(1, 1, 0, 1), "twice"),
        (squeezed(1, 0), "without a count"),
    ],
)
def test_bytes_that_cannot_have_been_packed_are_refused(packed: bytes, fault: str) -> None:
    """The ninth part of a bomb is not unpacked: reading stops at a megabyte."""
    with pytest.raises(ValueError, match=fault):
        histogram_codec.ends(packed)


@given(COUNTS)
def test_the_ends_are_the_first_and_the_last_bucket(counts: dict[int, int]) -> None:
    assert histogram_codec.ends(histogram_codec.pack(counts)) == (
        (min(counts), max(counts)) if counts else None
    )


def test_numbers_are_turned_round_on_a_machine_of_the_other_order() -> None:
    one = array("I", [1])
    turned = histogram_codec._little(one, native=False)
    assert (list(one), list(turned)) == ([1], [1 << 24])
    assert histogram_codec._little(one, native=True) is one


@given(COUNTS)
def test_counts_that_are_sent_raw_can_be_packed_by_another_process(counts: dict[int, int]) -> None:
    packed, ends = histogram_codec.compress(histogram_codec.encode_raw(counts))
    assert packed == histogram_codec.pack(counts)
    assert ends == histogram_codec.ends(packed)


def test_loose_counts_are_buckets_and_then_counts() -> None:
    assert histogram_codec.encode_raw({7: 2, 5: 1}) == struct.pack("<4I", 7, 5, 2, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        struct.pack("<3I", 1, 2, 3),
        struct.pack("<4I", 5, 5, 1, 1),
        struct.pack("<4I", 5, 6, 1, 0),
        struct.pack("<4I", 0, 0, 1, 1),
    ],
)
def test_raw_counts_that_cannot_have_been_recorded_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        histogram_codec.compress(data)

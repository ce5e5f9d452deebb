"""The heat map: response times by time and by band of duration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.slices import Slice
from sessionload.report.model.heat_map import MOST_BANDS, MOST_COLUMNS, HeatMapBuilder, bands

if TYPE_CHECKING:
    from collections.abc import Sequence

MS = 1_000_000
US = 1_000


@pytest.mark.parametrize(
    ("values", "first", "last", "count"),
    [
        ([40 * MS, 41 * MS], (40 * MS, 45 * MS), (40 * MS, 45 * MS), 1),
        ([20 * MS, 99 * MS], (20 * MS, 22 * MS), (90 * MS, 100 * MS), 14),
        ([20 * MS, 100 * MS], (20 * MS, 22 * MS), (100 * MS, 110 * MS), 15),
        ([10 * MS, 3_100 * MS], (10 * MS, 15 * MS), (3_000 * MS, 5_000 * MS), 16),
        ([1 * US, 9_999 * MS], (1 * US, 2 * US), (5_000 * MS, 10_000 * MS), 21),
        ([1 * US, 90_000 * MS], (1 * US, 2 * US), (50_000 * MS, 100_000 * MS), 24),
        ([1 * US, 110_000 * MS], (1 * US, 3 * US), (100_000 * MS, 300_000 * MS), 17),
        ([0, 1], (1 * US, 1_100), (1 * US, 1_100), 1),
        ([1 * US, 10**22], (1 * US, 10 * US), (10**22, 10**23), 20),
    ],
)
def test_bands_have_round_ends(
    values: Sequence[int], first: tuple[int, int], last: tuple[int, int], count: int
) -> None:
    found = bands(min(values), max(values))
    assert (found[0], found[-1], len(found)) == (first, last, count)


def _slice(values: Sequence[int], errors: int = 0) -> Slice:
    return Slice(outcomes={Outcome.OK: len(values)}, unsent=errors, valid=histogram(values))


def test_arrivals_are_counted_by_time_and_band() -> None:
    parts = {0: _slice([10 * MS, 10 * MS, 24 * MS], 2), 1: _slice([]), 2: _slice([30 * MS], 1)}
    heat = HeatMapBuilder([histogram([10 * MS, 10 * MS, 24 * MS, 30 * MS])], seconds=3, step=1)
    for second, part in parts.items():
        heat.add(second, part)
    found = heat.heat_map()
    assert found.columns == ((0, 1), (1, 1), (2, 1))
    seen = {
        (column, found.bands[band][0] // MS): count
        for column, counts in enumerate(found.counts)
        for band, count in enumerate(counts)
        if count
    }
    assert seen == {(0, 10): 2, (0, 22): 1, (2, 28): 1}
    assert found.never == (2, 0, 1)


def test_without_a_valid_response_there_are_no_bands() -> None:
    heat = HeatMapBuilder([histogram()], seconds=2, step=1)
    heat.add(1, _slice([], 4))
    found = heat.heat_map()
    assert (found.bands, found.counts, found.never) == ((), ((), ()), (0, 4))


@pytest.mark.parametrize(
    ("seconds", "step", "columns", "last"),
    [(61, 1, 61, (60, 1)), (121, 1, 61, (120, 1)), (3600, 10, 120, (3570, 30)), (6001, 15, 101, (6000, 1))],
)
def test_columns_are_few_and_made_of_whole_steps(
    seconds: int, step: int, columns: int, last: tuple[int, int]
) -> None:
    found = HeatMapBuilder([], seconds, step).heat_map()
    assert (len(found.columns), found.columns[-1]) == (columns, last)
    assert len(found.columns) <= MOST_COLUMNS


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=40))
def test_each_response_is_in_the_band_of_its_length(values: list[int]) -> None:
    everything = histogram(values)
    heat = HeatMapBuilder([everything], 1, 1)
    heat.add(0, _slice(values))
    found = heat.heat_map()
    assert 0 < len(found.bands) <= MOST_BANDS
    assert all(one[1] == other[0] for one, other in zip(found.bands, found.bands[1:], strict=False))
    assert sum(found.counts[0]) == len(values)
    for (low, high), count in zip(found.bands, found.counts[0], strict=True):
        # To the width of a bucket, and the first band has whatever is shorter.
        least = 0 if low == found.bands[0][0] else low * 1.001
        assert sum(least <= value < high / 1.001 for value in values) <= count
        least = 0 if low == found.bands[0][0] else low / 1.001
        assert count <= sum(least <= value <= high * 1.001 for value in values)

"""The percentile spectrum, level by level."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.report.model.percentile_spectrum import percentile_spectrum


def test_three_values_have_the_levels_worked_out_by_hand() -> None:
    found = percentile_spectrum(histogram([25, 50, 75]))
    assert [(float(level.share), level.value_ns, level.reached) for level in found.levels] == [
        (0.0, 25, 1),
        (0.1, 25, 1),
        (0.2, 25, 1),
        (0.3, 25, 1),
        (0.4, 50, 2),
        (0.5, 50, 2),
        (0.55, 50, 2),
        (0.6, 50, 2),
        (0.65, 50, 2),
        (0.7, 75, 3),
        (1.0, 75, 3),
    ]
    assert [level.nines for level in (found.levels[0], found.levels[5], found.levels[-1])] == [1, 2, None]
    assert found.mean_ns == 50
    assert math.isclose(found.deviation_ns, math.sqrt(1250 / 3))
    assert (found.largest_ns, found.count, found.end) == (75, 3, None)


def test_arrivals_that_never_ended_well_end_the_curve() -> None:
    seen = histogram([25, 50, 75], never=1)
    found = percentile_spectrum(seen)
    assert [(float(level.share), level.value_ns) for level in found.levels][-2:] == [(0.7, 75), (0.75, 75)]
    assert (found.count, found.never, found.end) == (4, 1, 4.0)


def test_nothing_has_no_levels() -> None:
    assert percentile_spectrum(histogram()).levels == ()
    only_never = histogram(never=3)
    assert (percentile_spectrum(only_never).levels, percentile_spectrum(only_never).end) == ((), 1.0)


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=60), st.integers(0, 5))
def test_each_level_is_a_quantile(values: list[int], never: int) -> None:
    seen = histogram(values, never=never)
    found = percentile_spectrum(seen)
    *levels, last = found.levels
    for level in levels:
        assert level.value_ns == seen.quantile(max(level.share, Fraction(1, 10**9)))
    assert (last.value_ns, last.reached) == (max(values), len(values))
    assert last.share == Fraction(len(values), len(values) + never)
    assert [level.share for level in found.levels] == sorted({level.share for level in found.levels})

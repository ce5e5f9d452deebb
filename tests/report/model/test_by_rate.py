"""Latency against the rate that was achieved."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.slices import Slice
from sessionload.report.model.by_rate import MOST_GROUPS, group_width, groups, rate_rows
from sessionload.report.model.quantities import NOTHING

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

MS = 1_000_000


@pytest.mark.parametrize(
    ("most", "width"), [(0, 1), (23, 1), (24, 2), (47, 2), (48, 5), (119, 5), (120, 10), (2_778, 200)]
)
def test_a_group_is_as_narrow_as_may_be(most: int, width: int) -> None:
    assert group_width(most) == width


@given(st.integers(0, 10**7))
def test_there_are_few_groups(most: int) -> None:
    assert most // group_width(most) < MOST_GROUPS


def _slice(*durations_ms: int, never: int = 0) -> Slice:
    return Slice(
        outcomes={Outcome.OK: len(durations_ms)},
        unsent=never,
        valid=histogram(ms * MS for ms in durations_ms),
    )


def test_a_row_is_of_the_seconds_with_its_rate() -> None:
    done = {5: 181, 6: 199, 7: 240, 8: 0}
    sums = {9: _slice(10, 20, 30, never=1), 12: _slice(50), 0: Slice()}
    slow, busy, full = rate_rows(done, sums, 20)
    assert (slow.label, slow.seconds.raw, slow.arrivals.raw, slow.p50.text) == ("0/s to 20/s", 1, 0, NOTHING)
    assert (busy.label, busy.low, busy.high, busy.rate) == ("180/s to 200/s", 180.0, 200.0, 190.0)
    assert (busy.seconds.raw, busy.arrivals.raw) == (2, 4)
    assert [cell.text for cell in (busy.p50, busy.p95, busy.p99)] == ["20 ms", "never", "never"]
    assert (full.label, full.rate, full.p99.text) == ("240/s to 260/s", 240.0, "50 ms")


def test_a_rate_of_its_own_is_named_alone() -> None:
    assert [row.label for row in rate_rows({0: 3, 1: 4}, {3: Slice(), 4: Slice()}, 1)] == ["3/s", "4/s"]


def test_seconds_are_grouped_from_zero() -> None:
    assert groups({0: 0, 1: 19, 2: 20, 3: 41}, 20) == {0: 0, 1: 0, 2: 1, 3: 2}


def test_the_rows_of_a_run_are_of_its_measured_seconds(models: dict[str, ReportModel]) -> None:
    rows = models["met"].by_rate
    assert sum(row.seconds.raw or 0 for row in rows) == 50
    assert sum(row.arrivals.raw or 0 for row in rows) == 2_300
    assert [row.low for row in rows] == sorted({row.low for row in rows})
    assert all(row.low <= row.rate < row.high for row in rows)


def test_a_run_that_ended_early_has_no_rates_for_what_was_left(models: dict[str, ReportModel]) -> None:
    assert sum(row.seconds.raw or 0 for row in models["interrupted"].by_rate) == 15
    assert models["empty"].by_rate == ()
    assert Fraction(models["aborted"].by_rate[-1].seconds.raw or 0) == 12

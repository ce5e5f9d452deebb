"""Axes: scale, ticks and labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.charts.axes import (
    NEVER,
    NEVER_FROM,
    Axis,
    bands_axis,
    clock_axis,
    count_axis,
    milliseconds_axis,
    nines_axis,
    rate_axis,
)
from sessionload.report.model.time_axis import clock

DURATIONS = st.lists(st.integers(0, 10**14).map(lambda ns: ns / 1e6), min_size=1)


def test_durations_that_span_far_are_logarithmic() -> None:
    axis = milliseconds_axis([40.0, 3000.0])
    assert axis.logarithmic
    assert axis.labels == ("50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s", "5 s")
    assert axis.low < 40
    assert axis.high > 3000


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([40.0, 300.0], ("0 ms", "100 ms", "200 ms", "300 ms")),
        ([0.0, 300.0], ("0 ms", "100 ms", "200 ms", "300 ms")),
        ([4000.0], ("0 ms", "1 s", "2 s", "3 s", "4 s")),
        ([0.0], ("0 ms", "0.5 ms", "1 ms")),
        ([], ("0 ms", "0.5 ms", "1 ms")),
        ([0.2], ("0 ms", "50 µs", "0.1 ms", "0.15 ms", "0.2 ms")),
    ],
)
def test_other_durations_start_at_zero(values: list[float], labels: tuple[str, ...]) -> None:
    axis = milliseconds_axis(values)
    assert not axis.logarithmic
    assert axis.low == 0
    assert axis.labels == labels


def test_more_decades_have_fewer_ticks_each() -> None:
    assert milliseconds_axis([10.0, 3000.0]).labels == ("10 ms", "30 ms", "100 ms", "300 ms", "1 s", "3 s")
    assert milliseconds_axis([0.01, 10_000.0]).labels == (
        "10 µs",
        "0.1 ms",
        "1 ms",
        "10 ms",
        "100 ms",
        "1 s",
        "10 s",
    )


@given(DURATIONS, st.booleans())
def test_all_values_are_on_the_axis_and_all_ticks_are_labelled(values: list[float], never: bool) -> None:  # noqa: FBT001 - drawn
    axis = milliseconds_axis(values, never=never)
    assert axis.low <= min(values)
    assert max(values) <= axis.high
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert len(axis.ticks) == len(axis.labels)


@given(DURATIONS)
def test_never_has_a_place_of_its_own_above_all_values_and_ticks(values: list[float]) -> None:
    axis = milliseconds_axis(values, never=True)
    never, *ticks = axis.ticks
    assert axis.labels[0] == "never"
    assert axis.share(never) == pytest.approx(NEVER)
    assert all(axis.share(tick) < NEVER_FROM for tick in ticks)
    assert axis.share(max(values) or axis.low) < NEVER_FROM


def test_where_labels_would_touch_never_stays() -> None:
    axis = milliseconds_axis([50.0, 3000.0], never=True)
    assert "never" in axis.up(60).labels
    assert len(axis.up(60).labels) < len(axis.labels)


@pytest.mark.parametrize(
    "axis", [milliseconds_axis([1.0, 500.0]), milliseconds_axis([90.0]), rate_axis(90, 99)]
)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_value_is_where_its_share_says(axis: Axis, share: float) -> None:
    assert axis.share(axis.value(share)) == pytest.approx(share)
    assert axis.value(0) == pytest.approx(axis.low)
    assert axis.value(1) == pytest.approx(axis.high)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (3.5, ("0:00", "0:01", "0:02", "0:03")),
        (60, ("0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00")),
        (3600, ("0:00", "10:00", "20:00", "30:00", "40:00", "50:00", "1:00:00")),
    ],
)
def test_time_has_the_ticks_of_a_clock(seconds: float, labels: tuple[str, ...]) -> None:
    assert clock_axis(seconds).labels == labels


def test_time_has_fewer_ticks_where_there_is_less_room() -> None:
    assert clock_axis(60, most=4).labels == ("0:00", "0:15", "0:30", "0:45", "1:00")
    assert clock_axis(3600, most=4).labels == ("0:00", "15:00", "30:00", "45:00", "1:00:00")


def test_a_clock_shows_hours_only_when_there_are_some() -> None:
    assert [clock(second) for second in (0, 59, 60, 3599, 3600, 86_399)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:00:00",
        "23:59:59",
    ]


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (0, {"0 %", "50 %", "75 %", "90 %"}),
        (10, {"0 %", "50 %", "75 %", "90 %"}),
        (2300, {"0 %", "50 %", "75 %", "90 %", "99 %", "99.9 %", "99.99 %"}),
    ],
)
def test_each_nine_has_a_tick(count: int, labels: set[str]) -> None:
    assert set(nines_axis(count).labels) == labels


def test_nines_are_kept_before_what_is_between_them() -> None:
    assert nines_axis(2300).across(1000).labels == (
        "0 %",
        "50 %",
        "75 %",
        "90 %",
        "99 %",
        "99.9 %",
        "99.99 %",
    )
    assert nines_axis(2300).across(300).labels == ("0 %", "90 %", "99 %", "99.9 %", "99.99 %")
    assert nines_axis(10_000_000).across(300).labels == (
        "0 %",
        "90 %",
        "99 %",
        "99.9 %",
        "99.999 %",
        "99.99999 %",
    )


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0, ("0", "0.2", "0.4", "0.6", "0.8", "1")),
        (50, ("0", "20", "40")),
        (4_000_000, ("0", "1,000,000", "2,000,000", "3,000,000", "4,000,000")),
    ],
)
def test_numbers_start_at_zero(highest: float, labels: tuple[str, ...]) -> None:
    axis = count_axis(highest)
    assert axis.low == 0
    assert axis.high >= highest
    assert axis.labels == labels


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 50, ("0/s", "10/s", "20/s", "30/s", "40/s", "50/s")),
        (25, 50, ("0/s", "10/s", "20/s", "30/s", "40/s", "50/s")),
        (90, 100, ("90/s", "92/s", "94/s", "96/s", "98/s", "100/s")),
        (4, 4, ("3.6/s", "3.8/s", "4/s", "4.2/s", "4.4/s")),
    ],
)
def test_rates_start_at_zero_unless_they_are_close(low: float, high: float, labels: tuple[str, ...]) -> None:
    axis = rate_axis(low, high)
    assert axis.labels == labels
    assert axis.low <= low <= high <= axis.high


def test_bands_have_a_tick_at_each_border_and_never_above_them() -> None:
    axis = bands_axis([0.0, 10.0, 20.0, 50.0])
    assert dict(zip(axis.labels, axis.ticks, strict=True)) == {
        "0 ms": 0,
        "10 ms": 1,
        "20 ms": 2,
        "50 ms": 3,
        "never": pytest.approx(3.9),
    }
    assert axis.high == pytest.approx(4.4)


def test_of_many_bands_the_round_borders_are_named() -> None:
    borders = [digit * 10.0**power for power in range(4) for digit in (1, 1.5, 2, 3, 5, 7)]
    labels = bands_axis(borders).up(200).labels
    assert {"1 ms", "10 ms", "100 ms", "1 s", "never"} <= set(labels)
    assert "15 ms" not in labels


def test_labels_are_looked_up_by_the_tick_as_d3_writes_it() -> None:
    assert clock_axis(2).label_expression == (
        """{"0.000000e+0": "0:00", "1.000000e+0": "0:01", "2.000000e+0": "0:02"}"""
        """[format(datum.value, '.6e')] || ''"""
    )
    assert '"1.000000e+6": "99.9999 %"' in nines_axis(1_000_000).label_expression


@given(DURATIONS, st.integers(60, 400))
def test_labels_that_stay_do_not_touch(values: list[float], pixels: int) -> None:
    up = milliseconds_axis(values).up(pixels)
    across = nines_axis(len(values) * 1000).across(pixels)
    for axis, sizes in (
        (up, [15.0 for _ in up.labels]),
        (across, [6.8 * (len(label) + 1) for label in across.labels]),
    ):
        places = [axis.share(tick) * pixels for tick in axis.ticks]
        assert places == sorted(places)
        for (left, right), (size, other) in zip(pairwise(places), pairwise(sizes), strict=True):
            assert right - left >= (size + other) / 2 - 1e-9

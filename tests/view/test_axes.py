"""Axes: scale, ticks and labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.view.axes import clock, clock_axis, milliseconds_axis, nines_axis


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


@given(st.lists(st.integers(0, 10**14).map(lambda ns: ns / 1e6), min_size=1))
def test_all_values_are_on_the_axis_and_all_ticks_are_labelled(values: list[float]) -> None:
    axis = milliseconds_axis(values)
    assert axis.low <= min(values)
    assert max(values) <= axis.high
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert len(axis.ticks) == len(axis.labels)


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
        (0, ("0 %", "50 %", "75 %", "90 %")),
        (10, ("0 %", "50 %", "75 %", "90 %")),
        (2300, ("0 %", "50 %", "75 %", "90 %", "99 %", "99.9 %", "99.99 %")),
    ],
)
def test_each_nine_has_a_tick(count: int, labels: tuple[str, ...]) -> None:
    assert nines_axis(count).labels == labels


def test_labels_are_looked_up_by_the_tick() -> None:
    assert clock_axis(2).label_expression == (
        """{"0": "0:00", "1": "0:01", "2": "0:02"}[format(datum.value, '.6~g')] || ''"""
    )

"""Durations over time and over percentiles: each lies where the axes say, read out of the drawings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from recorded import histogram

from sessionload.report.charts.picture import NARROW, WIDE
from sessionload.report.model.percentile_spectrum import percentile_spectrum
from sessionload.report.model.rows import LatenessGap, Quantity, RateRow

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

Draw = Callable[..., Any]


def _color(name: str) -> str:
    return f"var(--chart-{name})"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize(("result", "scale"), [("met", ""), ("missed", ", log scale"), ("queued", "")])
def test_every_percentile_lies_at_its_pixel(
    drawn: Draw, models: dict[str, ReportModel], result: str, scale: str, width: int
) -> None:
    seen = drawn(models[result], "response", width)
    assert f"Response time{scale}" in seen.texts
    for name in ("p50", "p95", "p99"):
        assert seen.lines(stroke=_color(name)) == 1
        corners = {corner for way in seen.ways(stroke=_color(name)) for corner in way}
        checked = 0
        for step in models[result].chart_steps:
            ns = getattr(step, f"{name}_ns")
            x = seen.at(step.start_s + step.length_s / 2)
            here = [y for at, y in corners if abs(at - x) < 0.06]
            if here and ns is not None:
                checked += 1
                assert here[0] == pytest.approx(seen.height(ns / 1e6), abs=1.2)
        assert checked > 9


def test_never_is_a_gap_with_a_bar_at_the_top(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(models["never"], "response")
    assert "never" in seen.scale
    for name in ("p50", "p95", "p99"):
        steps = models["never"].chart_steps
        never = [step for step in steps if step.samples and getattr(step, f"{name}_ns") is None]
        bars = seen.boxes(fill=_color(name))
        on_line = [at for way in seen.ways(stroke=_color(name)) for at, _ in way]
        for step in never:
            left, right = seen.at(step.start_s), seen.at(step.start_s + step.length_s)
            assert any(bar[0] - 0.1 <= left < right <= bar[2] + 0.1 for bar in bars)
            assert not any(abs(at - (left + right) / 2) < 0.06 for at in on_line)
        assert sum(bar[2] - bar[0] for bar in bars) == pytest.approx(seen.at(len(never)), abs=0.5)
        assert all(bar[3] < 21 for bar in bars)
    # p50 is never from 30 s to 32 s: one bar, and a line in two parts
    assert len(seen.boxes(fill=_color("p50"))) == 1
    assert len(seen.ways(stroke=_color("p50"))) == 2
    assert min(y for way in seen.ways(stroke=_color("p99")) for _, y in way) > 21
    assert "never" not in drawn(models["met"], "response").scale


def test_steps_without_arrivals_are_a_gap_without_a_bar(drawn: Draw, models: dict[str, ReportModel]) -> None:
    steps = models["met"].chart_steps
    empty = replace(steps[30], samples=0, p50_ns=None, p95_ns=None, p99_ns=None)
    seen = drawn(replace(models["met"], chart_steps=(*steps[:30], empty, *steps[31:])), "response")
    assert len(seen.ways(stroke=_color("p95"))) == 2
    assert not seen.boxes(fill=_color("p95"))


def test_a_value_between_two_gaps_is_as_long_as_its_step(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(models["missed"], "response")
    steps = models["missed"].chart_steps
    alone = [
        here
        for before, here, after in zip(steps, steps[1:], steps[2:], strict=False)
        if before.p99_ns is None and here.p99_ns is not None and after.p99_ns is None
    ]
    assert alone
    ways = [(left, right) for left, _, right, _ in seen.boxes(stroke=_color("p99"))]
    for step in alone:
        ends = (seen.at(step.start_s), seen.at(step.start_s + 1))
        assert any(way == pytest.approx(ends, abs=0.06) for way in ways)


def test_targets_are_drawn_where_they_are_near(drawn: Draw, models: dict[str, ReportModel]) -> None:
    near = drawn(models["missed"], "response")
    named = [text for text in near.texts if text.startswith("target")]
    assert named == ["target p50 < 400ms", "target p95 < 2s"]
    dashed = [one for one in near.elements("line") if one.get("stroke-dasharray") == "4,4"]
    places = {one.get("stroke"): float(re.findall(r"[\d.]+", one.get("transform"))[1]) for one in dashed}
    assert places == {
        _color("p50"): pytest.approx(near.height(400), abs=1.2),
        _color("p95"): pytest.approx(near.height(2000), abs=1.2),
    }
    far = drawn(models["never"], "response")
    assert not [text for text in far.texts if text.startswith("target")]


def test_lateness_gaps_are_shaded_and_barred_by_cause(drawn: Draw, models: dict[str, ReportModel]) -> None:
    lateness_gaps = (LatenessGap(10, 5, "the server queued"), LatenessGap(30, 10, "the generator was late"))
    seen = drawn(replace(models["queued"], lateness_gaps=lateness_gaps), "service")
    for color, start, end, top in (("server", 10, 15, 2), ("generator", 30, 40, 8)):
        band, bar = sorted(seen.boxes(fill=_color(color)), key=lambda box: -box[3])
        assert band == pytest.approx((seen.at(start), 0, seen.at(end), seen.plot.height), abs=0.1)
        assert bar == pytest.approx((seen.at(start), top, seen.at(end), top + 4), abs=0.1)
    assert {"the server queued", "the generator was late"} <= set(seen.texts)
    assert seen.lines(stroke=_color("answered")) == seen.lines(stroke=_color("service")) == 1
    calm = drawn(models["met"], "service")
    assert not {"the server queued", "the generator was late"} & set(calm.texts)
    assert not calm.boxes(fill=_color("server"))


def test_lag_is_drawn_beside_what_counts_as_late_if_it_is_near(
    drawn: Draw, models: dict[str, ReportModel]
) -> None:
    steps = models["met"].chart_steps
    calm = drawn(models["met"], "lag")
    assert "counted as late" not in calm.texts
    (way,) = calm.ways(stroke=_color("lag"))
    assert way[0][1] == pytest.approx(calm.height((steps[0].lag_p99_ns or 0) / 1e6), abs=1.2)
    late = tuple(replace(step, lag_p99_ns=4_000_000) for step in steps)
    near = drawn(replace(models["met"], chart_steps=late), "lag")
    assert "counted as late" in near.texts
    assert [one for one in near.elements("line") if one.get("stroke-dasharray") == "4,4"]


def test_the_spectrum_ends_where_never_begins(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(models["never"], "spectrum")
    end, last = seen.at(2300 / 290), seen.at(2300)
    ((_, _, response, _),) = seen.boxes(stroke=_color("response"))
    ((_, _, service, _),) = seen.boxes(stroke=_color("service"))
    assert response - 0.1 <= end < service == pytest.approx(last, abs=0.1)
    ((left, _, right, bottom),) = seen.boxes(fill=_color("response"))
    assert (left, right) == pytest.approx((end, last), abs=0.1)
    assert bottom < 21
    assert "response is never for 12.61 %" in seen.texts
    assert {"response, corrected for coordinated omission", "service, uncorrected"} <= set(seen.texts)
    assert "never" not in drawn(models["met"], "spectrum").scale


def test_a_level_of_the_spectrum_lies_at_its_pixel(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(models["missed"], "spectrum")
    (way,) = seen.ways(stroke=_color("service"))
    for level in models["missed"].service.levels:
        place = (seen.at(level.nines or 1), seen.height(level.value_ns / 1e6))
        here = [y for x, y in way if abs(x - place[0]) < 0.06]
        if here and level.nines:
            assert any(y == pytest.approx(place[1], abs=1.2) for y in here)


def test_never_is_named_where_there_is_room(drawn: Draw, models: dict[str, ReportModel]) -> None:
    response = percentile_spectrum(histogram(range(1_000_000, 1_009_999), never=1))
    seen = drawn(replace(models["met"], response=response), "spectrum", NARROW)
    (note,) = [one for one in seen.elements("text") if "is never" in (one.text or "")]
    assert note.get("text-anchor") == "end"


def _group(low: float, high: float, p50: float | None, p99: float | None, arrivals: int = 100) -> RateRow:
    def quantity(raw: float | None) -> Quantity:
        return Quantity("", raw)

    middle = (low + high) / 2
    return RateRow(
        low, high, middle, "", quantity(10), quantity(arrivals), quantity(p50), quantity(p50), quantity(p99)
    )


def test_each_rate_has_a_point_for_each_percentile(drawn: Draw, models: dict[str, ReportModel]) -> None:
    groups = (_group(10, 20, 40, 90), _group(20, 30, 50, None), _group(30, 40, None, None, arrivals=0))
    seen = drawn(replace(models["met"], by_rate=groups), "rate")
    points = {name: [] for name in ("p50", "p95", "p99")}  # type: dict[str, list[tuple[float, float]]]
    for one in seen.elements("path"):
        for name, places in points.items():
            if one.get("fill") == _color(name) and "A" in one.get("d", "") + "A" and one.get("transform"):
                x, y = re.findall(r"-?[\d.]+", one.get("transform"))
                places.append((float(x), float(y)))
    places = [(seen.at(15), seen.height(40)), (seen.at(25), seen.height(50))]
    for name in ("p50", "p95"):
        assert [point for point in points[name] if point[1] > 0] == [
            pytest.approx(place, abs=1.2) for place in places
        ]
    assert [point for point in points["p99"] if point[1] > 0] == [
        pytest.approx((seen.at(15), seen.height(90)), abs=1.2)
    ]
    ((left, _, right, _),) = seen.boxes(fill=_color("p99"))
    assert (left, right) == pytest.approx((seen.at(20), seen.at(30)), abs=0.1)
    assert not seen.boxes(fill=_color("p50"))


def test_a_single_rate_is_shown_from_zero(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(replace(models["met"], by_rate=(_group(180, 200, 40, 90),)), "rate")
    assert seen.plot.x_low == 0
    assert seen.plot.x_high > 200

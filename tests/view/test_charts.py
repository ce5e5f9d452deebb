"""Charts: what they are given, and that Vega can draw it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import vl_convert

from sessionload.view import charts
from sessionload.view.canvas import PAGE
from sessionload.view.figures import MOST_POINTS, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.judge.result import Result
    from sessionload.view.rows import Sheet

CHARTS = (charts.response_over_time, charts.traffic, charts.percentile_spectrum)


def _values(spec: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """All rows that have `key`, of all layers."""
    return [row for rows in spec["datasets"].values() for row in rows if key in row]


def _mark(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("name", ["met", "missed", "never", "queued", "empty"])
def test_vega_draws_every_chart_of_every_result(
    sheets: dict[str, Sheet], chart: Callable[[Sheet], dict[str, Any]], name: str
) -> None:
    spec = chart(sheets[name])
    json.dumps(spec, allow_nan=False)
    assert "$schema" not in spec
    assert spec["width"] == "container"
    assert vl_convert.vegalite_to_svg({**spec, "width": 600}).startswith("<svg")


def test_never_is_a_gap_with_a_mark_at_the_top(sheets: dict[str, Sheet]) -> None:
    spec = charts.response_over_time(sheets["never"])
    steps = sheets["never"].steps_of_run
    gaps = {row["t"] for row in _values(spec, "p95") if row["p95"] is None and row["n"] != "0"}
    assert gaps == {step.second + 0.5 for step in steps if step.samples and step.p95_ns is None}
    marks = [row for row in _values(spec, "row") if row["series"] == "p95"]
    assert {row["t"] for row in marks} == gaps
    assert all("ms" not in row for row in marks)


def test_a_value_between_two_gaps_is_a_point(sheets: dict[str, Sheet]) -> None:
    points = [row for row in _values(charts.response_over_time(sheets["missed"]), "ms") if "t" in row]
    steps = sheets["missed"].steps_of_run
    alone = [
        (here.second + 0.5, here.p99_ns)
        for before, here, after in zip(steps, steps[1:], steps[2:], strict=False)
        if before.p99_ns is None and here.p99_ns is not None and after.p99_ns is None
    ]
    assert alone
    assert [(row["t"], row["ms"] * 1e6) for row in points if row["series"] == "p99"] == alone


def test_a_stall_is_drawn_on_a_logarithmic_scale_and_calm_on_a_linear_one(sheets: dict[str, Sheet]) -> None:
    for name, scale in (("missed", "log"), ("met", "linear")):
        spec = charts.response_over_time(sheets[name])
        (line,) = _mark(spec, "line")
        assert line["encoding"]["y"]["scale"]["type"] == scale


def test_targets_are_drawn_where_they_are_near(sheets: dict[str, Sheet]) -> None:
    near = _values(charts.response_over_time(sheets["missed"]), "label")
    assert [(row["series"], row["ms"]) for row in near] == [("p50", 400.0), ("p95", 2000.0)]
    assert not _values(charts.response_over_time(sheets["never"]), "label")


def test_traffic_is_a_rate(long_run: Result) -> None:
    sheet = prepare(long_run)
    rows = _values(charts.traffic(sheet), "planned")
    assert len(rows) == len(sheet.steps_of_run) + 1 <= MOST_POINTS + 1
    assert {row["planned"] for row in rows[:-2]} == {4.0}
    assert rows[0]["pt"] == "40"


def test_warm_up_is_shaded_and_stages_have_borders(sheets: dict[str, Sheet]) -> None:
    spec = charts.traffic(sheets["met"])
    spans = _values(spec, "warmup")
    assert [row["name"] for row in _values(spec, "name") if row["warmup"]][:1] == ["warm-up"]
    assert {(row["t"], row["end"]) for row in spans} == {(0, 10), (10, 20), (20, 60)}


def test_a_stage_name_is_data_and_never_an_expression(sheets: dict[str, Sheet]) -> None:
    spec = charts.response_over_time(sheets["met"])
    hostile = "=cmd|'<b>peak</b>"
    assert hostile in json.dumps(spec["datasets"])
    assert hostile not in json.dumps(spec["layer"])


def test_the_spectrum_ends_where_never_begins(sheets: dict[str, Sheet]) -> None:
    spec = charts.percentile_spectrum(sheets["never"])
    (end,) = _values(spec, "label")
    assert end == {"nines": 2300 / 290, "series": "response", "label": "never: 12.61 %"}
    assert max(row["nines"] for row in _values(spec, "ms") if row["series"] == "response") < 2300 / 290
    assert max(row["nines"] for row in _values(spec, "ms") if row["series"] == "service") == 2300
    assert not _values(charts.percentile_spectrum(sheets["met"]), "label")


def test_colors_are_names_of_the_page_or_those_asked_for(sheets: dict[str, Sheet]) -> None:
    assert "var(--chart-p95)" in json.dumps(charts.response_over_time(sheets["met"]))
    palette = replace(PAGE, p95="#123456")
    assert "#123456" in json.dumps(charts.response_over_time(sheets["met"], palette))

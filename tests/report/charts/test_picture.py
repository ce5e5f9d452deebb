"""Pictures: what there is of them, and that they are safe, small and alike in every form."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import altair as alt
import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.axes import milliseconds_axis, rate_axis
from sessionload.report.charts.canvas import Canvas, Frame, Series
from sessionload.report.charts.catalogue import CHARTS
from sessionload.report.charts.palette import DARK, LIGHT, PAGE, Palette, rules
from sessionload.report.charts.picture import NARROW, WIDE, Picture, pictures, png_files, svg_files
from sessionload.report.charts.svg import draw, draw_alone
from sessionload.report.model.build import build_report_model

if TYPE_CHECKING:
    from sessionload.report.charts.catalogue import Chart
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

NS = "{http://www.w3.org/2000/svg}"
NAMES = ["traffic", "response", "service", "heat", "spectrum", "outcomes", "statuses", "rate", "lag"]
TAGS = {"svg", "g", "path", "line", "rect", "text", "title", "clipPath"}


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - drawn here


@pytest.fixture(scope="module")
def missed(models: dict[str, ReportModel]) -> dict[str, Picture]:
    return {name: one for name, one in pictures(models["missed"]).items() if one}


@pytest.fixture(scope="module")
def page(missed: dict[str, Picture]) -> list[str]:
    """All drawings of one page."""
    return [svg for one in missed.values() for svg in (one.wide, one.narrow)]


def test_a_run_has_its_pictures_in_the_order_of_the_page(missed: dict[str, Picture]) -> None:
    assert list(missed) == NAMES
    assert {name: one.kind for name, one in missed.items() if one.kind != "time"} == {
        "spectrum": "nines",
        "rate": "rate",
    }
    assert all(one.name == name and one.label.endswith(".") for name, one in missed.items())


def test_a_run_without_a_sample_has_only_its_schedule(models: dict[str, ReportModel]) -> None:
    found = pictures(models["empty"])
    assert list(found) == NAMES
    assert [name for name, one in found.items() if one] == ["traffic"]
    assert list(svg_files(models["empty"])) == ["traffic"]


@pytest.mark.parametrize("subject", CHARTS, ids=lambda one: one.name)
@pytest.mark.parametrize(("result", "width"), [("missed", WIDE), ("never", NARROW), ("queued", WIDE)])
def test_specifications_keep_the_schema(
    models: dict[str, ReportModel], subject: Chart, width: int, result: str
) -> None:
    spec = dict(subject.draw(models[result], PAGE, width).spec)
    data = spec.pop("datasets")
    json.dumps(data, allow_nan=False)
    assert {layer["data"]["name"] for layer in spec["layer"]} == set(data)
    alt.LayerChart.from_dict(spec, validate=True)
    assert "expr" not in json.dumps(spec["layer"]).replace("labelExpr", "")


def test_a_drawing_has_the_size_that_was_asked_for(missed: dict[str, Picture]) -> None:
    for one in missed.values():
        for svg, plot, width in ((one.wide, one.wide_plot, WIDE), (one.narrow, one.narrow_plot, NARROW)):
            root = read(svg)
            height = float(root.get("height", ""))
            assert root.get("viewBox") == f"0 0 {width} {height:g}"
            assert 40 < plot.left < plot.left + plot.width < width
            assert 20 < plot.top < plot.top + plot.height < height
            (data,) = (group for group in root.iter(f"{NS}g") if group.get("class") == "data")
            assert data.get("transform") == f"translate({plot.left:g},{plot.top:g})"
            (clip,) = root.iter(f"{NS}clipPath")
            assert clip[0].attrib == {"width": f"{plot.width:g}", "height": f"{plot.height:g}"}


def test_all_pictures_over_time_have_one_axis(missed: dict[str, Picture]) -> None:
    over_time = [one for one in missed.values() if one.kind == "time"]
    for plots in ([one.wide_plot for one in over_time], [one.narrow_plot for one in over_time]):
        assert len({(one.left, one.width, one.x_low, one.x_high, one.x_log) for one in plots}) == 1
    assert over_time[0].wide_plot.x_low == 0
    assert over_time[0].wide_plot.x_high == 61  # the second after the schedule, in which the last ones ended
    assert missed["spectrum"].wide_plot.x_log


def test_narrow_has_fewer_ticks_and_no_labels_that_touch(missed: dict[str, Picture]) -> None:
    for one in missed.values():
        counts = []
        for svg in (one.wide, one.narrow):
            (axis,) = (group for group in read(svg).iter(f"{NS}g") if group.get("data-zoom") == "axis")
            places = [
                (float(re.findall(r"[\d.]+", tick.get("transform", ""))[0]), len(tick[1].text or ""))
                for tick in axis
            ]
            counts.append(len(places))
            for (left, size), (right, other) in pairwise(places):
                assert right - left > (size + other) / 2 * 6.5
        assert 2 <= counts[1] <= counts[0]


def test_ticks_across_lie_where_the_plot_says(missed: dict[str, Picture]) -> None:
    one = missed["response"]
    (axis,) = (group for group in read(one.wide).iter(f"{NS}g") if group.get("data-zoom") == "axis")
    assert axis.get("transform") == f"translate(0,{one.wide_plot.height:g})"
    for tick in axis:
        assert tick.get("class") == "tick"
        line, text = tick
        assert (line.tag, line.get("transform"), text.get("transform")) == (f"{NS}line", None, None)
        minutes, seconds = (text.text or "").split(":")
        x = one.wide_plot.width * (int(minutes) * 60 + int(seconds)) / one.wide_plot.x_high
        assert float(re.findall(r"[\d.]+", tick.get("transform", ""))[0]) == pytest.approx(x, abs=0.6)


def test_what_stretches_is_inside_of_what_is_clipped(missed: dict[str, Picture]) -> None:
    for one in missed.values():
        root = read(one.wide)
        for group in root.iter(f"{NS}g"):
            inner = [child for child in group if child.get("data-zoom") == "stretch"]
            if inner:
                assert group.get("clip-path") == f"url(#{one.name}-wide)"
                assert len(group) == 1
                assert inner[0].get("transform") is None
        stretched = [group for group in root.iter(f"{NS}g") if group.get("data-zoom") == "stretch"]
        assert sum("clip-path" in group.attrib for group in root.iter(f"{NS}g")) == len(stretched) > 0


def test_a_drawing_holds_nothing_but_shapes_and_text(page: list[str]) -> None:
    for svg in page:
        assert {one.tag.removeprefix(NS) for one in read(svg).iter()} <= TAGS
        assert set(re.findall(r"url\(([^)]*)\)", svg)) <= {
            f"#{one}" for one in re.findall(r' id="([^"]*)"', svg)
        }
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"\bon\w+=|href|style=|javascript|font-family|NaN|undefined|Infinity", svg)


def test_no_two_drawings_of_a_page_share_an_id(page: list[str]) -> None:
    ids = [one for svg in page for one in re.findall(r' id="([^"]*)"', svg)]
    assert len(ids) == len(set(ids)) == len(page)


def test_each_mark_of_a_page_has_its_light_color_and_the_class_that_a_style_sheet_colors(
    page: list[str],
) -> None:
    for svg in page:
        for element in ET.fromstring(svg).iter():  # noqa: S314 - drawn here
            classes = element.get("class", "").split()
            for attribute in ("fill", "stroke"):
                names = [name.partition("-")[2] for name in classes if name.startswith(f"{attribute}-")]
                color = element.get(attribute)
                assert ([color] if color not in (None, "none") else []) == [
                    getattr(LIGHT, name) for name in names
                ]
                assert all(
                    f".{attribute}-{name} {{ {attribute}: {getattr(PAGE, name)}; }}" in rules()
                    for name in names
                )


def test_colors_in_a_file_are_the_light_ones(models: dict[str, ReportModel]) -> None:
    light = {getattr(LIGHT, one.name) for one in fields(Palette)}
    for svg in svg_files(models["missed"]).values():
        assert "var(" not in svg
        assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {*light, "none", "#ffffff"}


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_any_palette_can_be_drawn_with(models: dict[str, ReportModel], palette: Palette) -> None:
    for subject in CHARTS:
        svg = draw(subject.draw(models["met"], palette, WIDE), "a")
        assert set(re.findall(r'(?:fill|stroke)="(#[^"]*)"', svg)) <= {
            getattr(palette, one.name) for one in fields(Palette)
        }


def test_text_of_others_is_text(models: dict[str, ReportModel], hostile: str) -> None:
    first, *rest = models["missed"].spans
    model = replace(
        models["missed"],
        title=f"{hostile} \x00 &amp;",
        spans=(replace(first, name="</text><script>\x00\ufffe", end=60.0), *rest),
    )
    for one in pictures(model).values():
        assert one
        for svg in (one.wide, one.narrow):
            assert {part.tag.removeprefix(NS) for part in read(svg).iter()} <= TAGS
            if one.kind == "time":
                assert "&lt;/text&gt;&lt;script&gt;" in svg
    for svg in svg_files(model).values():
        assert {part.tag.removeprefix(NS) for part in read(svg).iter()} <= TAGS
        assert "\\x00 &amp;amp;" in svg


def test_files_stand_alone_under_a_title(models: dict[str, ReportModel]) -> None:
    files = svg_files(models["missed"])
    assert list(files) == NAMES
    root = read(files["response"])
    title = "Response time over the run · launch | <i>day</i> · run 20260102-030405-ab12"
    assert root.find(f"{NS}title") is not None
    assert [one.text for one in root.iter() if one.tag in {f"{NS}title", f"{NS}text"}][:2] == [title, title]
    ground = root.find(f"{NS}rect")
    assert ground is not None
    assert ground.get("fill") == "#ffffff"
    assert "sans-serif" in root.get("font-family", "")


def test_a_title_without_room_is_cut() -> None:
    frame = Frame(LIGHT, NARROW, rate_axis(0, 1), milliseconds_axis([1.0]), "x", "y", ())
    svg = draw_alone(Canvas(frame).drawing(), "a", "word " * 40, ink="#000000")
    texts = [one.text or "" for one in read(svg).iter(f"{NS}text")]
    assert texts[0].endswith("…")
    assert len(texts[0]) < 50
    assert "word " * 40 in svg


def test_pixels_are_two_for_each_of_the_drawing(models: dict[str, ReportModel]) -> None:
    model = models["empty"]
    svg, png = svg_files(model)["traffic"], png_files(model)["traffic"]
    root = read(svg)
    assert png.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", png[16:24]) == tuple(
        2 * int(root.get(name, "")) for name in ("width", "height")
    )


def _busy(long_run: Result) -> ReportModel:
    """600 steps, none like the one before it, some of all percentiles never."""
    model = build_report_model(long_run)
    steps = []
    for number, step in enumerate(model.chart_steps):
        draws = [(number * prime) % 97 for prime in (13, 29, 31, 37, 41, 43)]
        ns = [None if draw < 5 else 10_000_000 + draw * draw * 90_000 for draw in draws]
        steps.append(
            replace(
                step,
                p50_ns=ns[0],
                p95_ns=ns[1],
                p99_ns=ns[2],
                service_p99_ns=ns[3],
                answered_p99_ns=ns[4],
                lag_p99_ns=ns[5],
                sent=100 + draws[0],
                done=100 + draws[1],
                late=draws[2],
                outcomes={
                    Outcome.OK: 900 + draws[0],
                    Outcome.TIMEOUT: draws[1],
                    Outcome.SERVER_ERROR: draws[2],
                },
                statuses={201: 900 + draws[0], 503: draws[2], 429: draws[3]},
            )
        )
    counts = tuple(
        tuple(
            0 if abs(band - 9) > 6 else (column * 31 + band * 17) % 400
            for band in range(len(model.heat_map.bands))
        )
        for column in range(len(model.heat_map.columns))
    )
    return replace(model, chart_steps=tuple(steps), heat_map=replace(model.heat_map, counts=counts))


def test_600_steps_are_small(long_run: Result) -> None:
    model = _busy(long_run)
    assert len(model.chart_steps) == 600
    found = {name: one for name, one in pictures(model).items() if one}
    assert list(found) == NAMES
    sizes = {name: len(one.wide.encode()) for name, one in found.items()}
    assert sizes.pop("heat") < 90_000
    assert max(sizes.values()) < 60_000
    assert sum(len(one.wide.encode()) + len(one.narrow.encode()) for one in found.values()) < 500_000
    assert all(svg.count("<") < 400 for one in found.values() for svg in (one.wide, one.narrow))


def test_a_canvas_without_data_still_has_axes() -> None:
    drawing: Drawing = Canvas(
        Frame(
            PAGE, WIDE, rate_axis(0, 10), milliseconds_axis([5.0]), "rate", "time", (Series("a", "#123456"),)
        )
    ).drawing()
    plot = drawing.plot
    assert (plot.x_low, plot.x_log) == (0.0, False)
    assert plot.x_high == pytest.approx(10.4)
    texts = [one.text for one in read(draw(drawing, "a")).iter(f"{NS}text")]
    assert {"time", "a"} <= set(texts)


def test_drawing_programs_are_imported_only_for_pictures() -> None:
    program = "import sys, sessionload.report.charts.picture; print({'vl_convert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

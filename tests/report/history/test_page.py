"""The page of a folder's runs: pictures say what tables say, and nothing in it is markup of others."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from sessionload.report.charts.palette import PAGE
from sessionload.report.charts.picture import NARROW, WIDE
from sessionload.report.history import chart, page
from sessionload.report.history.model import RunRow, Unread, build_history_model, run_row
from sessionload.report.model.quantities import NOTHING, timed
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

MS = 1_000_000


@pytest.fixture(scope="module")
def one(known: dict[str, Result]) -> RunRow:
    return run_row(known["met"], "run", "run/report.html")


def trend_of(one: RunRow, *changes: dict[str, Any]) -> tuple[RunRow, ...]:
    """Return a run for each of `changes` of one, rising."""
    return tuple(
        replace(one, **change, place=(one.place[0], f"{number:05d}", ""))
        for number, change in enumerate(changes)
    )


def drawing(rows: tuple[RunRow, ...], width: int = WIDE) -> dict[str, Any]:
    """Return the data of a picture's layers by their names."""
    data: dict[str, Any] = chart._draw(rows, PAGE, width).spec["datasets"]
    return data


# Pictures


def test_a_line_goes_from_run_to_run_and_ends_where_the_load_is_another(one: RunRow) -> None:
    other = one.stages[:2]
    rows = trend_of(one, {}, {}, {"stages": other}, {"stages": other}, {"stages": other}, {})
    layers = drawing(rows)
    for name in ("p50", "p95", "p99"):
        line = [(row["x"], row["y"]) for row in layers[f"stretch_lines_{name}"]]
        ms = getattr(one, name).raw
        assert line == [(1, ms), (2, ms), (2.5, None), (3, ms), (4, ms), (5, ms), (5.5, None), (6, ms)]


def test_what_is_never_is_a_gap_and_a_bar_and_what_has_no_samples_a_gap(one: RunRow) -> None:
    never, nothing = timed(None, 7), timed(None, 0)
    rows = trend_of(one, {}, {"p99": never}, {"p99": nothing, "p95": never}, {})
    layers = drawing(rows)
    bars = [(row["x"], row["x2"], row["fill"]) for row in layers["stretch_lanes"]]
    assert bars == [(1.6, 2.4, PAGE.p99), (2.6, 3.4, PAGE.p95)]
    line = {row["x"]: row["y"] for row in layers["stretch_lines_p99"]}
    assert (line[2], line[3]) == (None, None)
    assert "stretch_lanes" not in drawing(trend_of(one, {}, {"p99": nothing}))


def test_every_run_has_a_mark_for_its_verdict_told_apart_by_shape(one: RunRow) -> None:
    rows = trend_of(one, *({"state": state} for state in (State.MET, State.VOID, State.MISSED, State.MET)))
    marks = [row for row in drawing(rows)["points"] if "label" in row]
    assert [(row["x"], row["label"]) for row in marks] == [(1, "met"), (2, "void"), (3, "missed"), (4, "met")]
    assert len({row["shape"] for row in marks}) == 3
    assert len({row["y"] for row in marks}) == 1
    assert all(row["fill"] == f"var(--chart-{row['label']})" for row in marks)
    legend = [row["text"] for row in drawing(rows)["legend"]]
    assert legend[-3:] == ["met", "missed", "void"]
    assert [row["text"] for row in drawing(trend_of(one, {}, {}))["legend"]][-1] == "met"


@pytest.mark.parametrize("log", [False, True])
def test_the_marks_stand_below_everything_else(one: RunRow, log: bool) -> None:  # noqa: FBT001 - a case
    slow = {"p99": timed(9_000 * MS, 1)} if log else {}
    rows = trend_of(one, {}, {"p50": timed(MS, 1), **slow})
    points = drawing(rows)["points"]
    marks = {row["y"] for row in points if "label" in row}
    assert max(marks) < min(row["y"] for row in points if "label" not in row)


@pytest.mark.parametrize(
    ("runs", "ticks"),
    [
        (2, [1, 2]),
        (12, list(range(1, 13))),
        (40, list(range(1, 41))),
        (43, [1, *range(5, 41, 5), 43]),
        (1000, [1, *range(50, 1001, 50)]),
        (123_456, [1, *range(1000, 123_001, 1000), 123_456]),
    ],
)
def test_every_run_has_a_tick_while_there_is_room(runs: int, ticks: list[int]) -> None:
    axis = chart._across(runs)
    assert sorted(axis.ticks) == ticks
    assert axis.labels == tuple(f"{tick:.0f}" for tick in axis.ticks)
    assert (axis.low, axis.high) == (0.5, runs + 0.5)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("runs", [2, 30, 300])
def test_points_get_smaller_where_runs_stand_close(one: RunRow, width: int, runs: int) -> None:
    spec = chart._draw(trend_of(one, *[{}] * runs), PAGE, width).spec
    (size,) = (layer["mark"]["size"] for layer in spec["layer"] if layer["name"] == "points")
    assert (size / 3.14) ** 0.5 * 2 < max(spec["width"] / runs, 3)


def test_a_run_alone_has_no_picture(one: RunRow) -> None:
    (trend,) = build_history_model("x", [one]).trends
    assert chart.drawn(trend, 0) is None


def test_a_picture_is_drawn_twice_and_holds_no_script_or_address(one: RunRow) -> None:
    (trend,) = build_history_model(
        "x", trend_of(one, {}, {"state": State.VOID, "p99": timed(None, 0)})
    ).trends
    picture = chart.drawn(trend, 3)
    assert picture is not None
    assert (picture.name, picture.kind) == ("trend-3", "none")
    assert "2 runs" in picture.label
    for drawn in (picture.wide, picture.narrow):
        ET.fromstring(drawn)  # noqa: S314 - drawn here
        assert "script" not in drawn
        assert "fill-void" in drawn
    assert (picture.wide_plot.x_low, picture.wide_plot.x_high) == (0.5, 2.5)


def test_runs_without_any_duration_have_a_picture_of_their_verdicts(one: RunRow) -> None:
    empty = dict.fromkeys(("p50", "p95", "p99"), timed(None, 0))
    assert empty["p50"].text == NOTHING
    layers = drawing(trend_of(one, empty, empty))
    assert len(layers["points"]) == 2


# The page


class _Read(HTMLParser):
    """The tags of a page and the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[list[str]] = []
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.cells.append([])
        if tag in {"td", "th"}:
            self.cells[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._open:
            self.cells[-1][-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_run_is_a_row_with_its_verdict_its_sentence_and_its_numbers(known: dict[str, Result]) -> None:
    rows = [run_row(result, name, "") for name, result in known.items()]
    html = page.render(build_history_model("reports", rows))
    cells = [[cell.replace("\u00a0", " ") for cell in row] for row in _Read(html).cells]
    (trend,) = build_history_model("reports", rows).trends
    assert [row for row in cells if row[1] != "Verdict"] == [
        [
            str(number),
            row.verdict,
            f"{row.sentence} {row.name}",
            *(one.text for one in row.percentiles),
            row.errors,
            row.sent,
            row.load,
            row.started,
        ]
        for number, row in enumerate(trend.rows, 1)
    ]


def test_the_page_begins_with_the_answer_of_the_newest_run(known: dict[str, Result]) -> None:
    html = page.render(build_history_model("reports", [run_row(known["missed"], "x")]))
    (heading,) = re.findall(r"<h1>(.*)</h1>", html)
    text = re.sub(r"<[^>]*>", "", heading).replace("\u00a0", " ")
    assert text == f"{build_history_model('reports', [run_row(known['missed'], 'x')]).headline}."
    assert 'class="word missed"' in heading
    assert "<title>MISSED: history of reports</title>" in html


def test_a_page_without_a_run_says_so(known: dict[str, Result]) -> None:
    html = page.render(build_history_model("reports", [], [Unread("broken", "this is not JSON")]))
    assert "<h1>No run here could be read.</h1>" in html
    assert "<title>history of reports</title>" in html
    assert "<b>broken</b>: this is not JSON" in html
    assert "could not be read" not in page.render(build_history_model("x", [run_row(known["met"], "x")]))


def test_a_picture_stands_where_there_are_two_runs_and_has_a_label(one: RunRow) -> None:
    other = replace(one, scenario="another")
    html = page.render(build_history_model("x", [*trend_of(one, {}, {}), other]))
    (figure,) = _Read(html).of("figure")
    assert figure["role"] == "img"
    assert "2 runs" in (figure["aria-label"] or "")
    assert "A line ends where the load is another" not in html
    changed = page.render(build_history_model("x", trend_of(one, {}, {"stages": one.stages[:1]})))
    assert "A line ends where the load is another" in changed


def test_no_script_runs_and_links_are_ours(known: dict[str, Result], hostile: str) -> None:
    result = replace(known["met"], scenario={"name": hostile}, environment={"name": hostile})
    rows = [run_row(result, hostile, "a%3Cb/report.html"), run_row(result, f"{hostile}2", "")]
    html = page.render(build_history_model(hostile, rows, [Unread(hostile, hostile)]))
    read = _Read(html)
    assert [link["href"] for link in read.of("a")] == ["a%3Cb/report.html"]
    assert not [tag for tag, _ in read.tags if tag in {"script", "img", "link", "iframe", "base", "form"}]
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
    (policy,) = (meta["content"] for meta in read.of("meta") if "http-equiv" in meta)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert not [name for _, attributes in read.tags for name in attributes if name in {"src", "action"}]
    assert {tag for tag, attributes in read.tags if "href" in attributes} == {"a"}
    html.encode()  # no half surrogate is left

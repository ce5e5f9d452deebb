"""The page: whole in one file, and deaf to what is in it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sessionload.view import report
from sessionload.view.figures import MOST_POINTS, prepare
from sessionload.view.template import unbroken
from sessionload.words.units import duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from sessionload.judge.result import Result
    from sessionload.view.rows import Sheet

NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty")


class _Elements(HTMLParser):
    """Start tags with their attributes, in order, and the text of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _without_scripts(page: str) -> str:
    """The page without the scripts that are ours: Vega is a megabyte in which anything can be found."""
    return re.sub(r"<script>[^<]{20}.*?</script>", "", page, flags=re.DOTALL)


def _elements(page: str) -> _Elements:
    found = _Elements()
    found.feed(page)
    return found


@pytest.mark.parametrize(
    "value",
    [
        {"a": "</script><script>alert(1)</script>"},
        ["<!--", "]]>", "&amp;", "\u2028\u2029", 'quote " and \\'],
        {"nothing": None, "number": 1.5},
    ],
)
def test_embedded_json_is_whole_and_cannot_end_its_element(value: object) -> None:
    text = report.embedded(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        report.embedded(float("nan"))


@pytest.mark.parametrize("text", ["a </script> b", "a </SCRIPT b", "a <!-- b"])
def test_a_script_that_would_end_its_own_element_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="end its own element"):
        report.script_text(text)


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    shown = unbroken("held 200/s for 10 min: p95 312 ms, 5 % of 3 sessions")
    assert shown == "held\u00a0200/s for\u00a010\u00a0min: p95 312\u00a0ms, 5\u00a0% of\u00a03 sessions"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_in_order(sheets: dict[str, Sheet], name: str) -> None:
    page = report.render(sheets[name])
    found = _elements(page)
    tags = [tag for tag, _ in found.tags]
    assert dict(found.tags)["html"] == {"lang": "en"}
    assert tags.count("title") == tags.count("h1") == tags.count("main") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in found.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_no_other_place(sheets: dict[str, Sheet], name: str) -> None:
    page = report.render(sheets[name])
    found = _elements(page)
    assert not [
        tag for tag, attributes in found.tags if {"src", "href", "srcset", "action"} & set(attributes)
    ]
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in found.tags}
    own = _without_scripts(page)
    assert "url(" not in own
    assert "@import" not in own
    policy = next(
        attributes["content"]
        for tag, attributes in found.tags
        if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_hostile_text_is_text(sheets: dict[str, Sheet]) -> None:
    page = _without_scripts(report.render(sheets["missed"]))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>peak" not in page
    assert "<i>day" not in page
    assert "{{ 7*7 }}" in page


def test_a_run_without_findings_says_so(sheets: dict[str, Sheet]) -> None:
    assert "None: nothing that was answered broke the contract" in report.render(sheets["met"])


def test_the_largest_page_is_small(long_run: Result) -> None:
    sheet = prepare(long_run)
    assert len(sheet.seconds_of_run) == 6000
    assert len(sheet.steps_of_run) == MOST_POINTS
    assert len(sheet.findings) == 200
    assert len(report.render(sheet).encode()) < 1_500_000


@pytest.mark.parametrize(("name", "charts"), [("missed", 3), ("never", 3), ("empty", 1)])
def test_a_browser_draws_the_charts_and_runs_nothing_else(
    chromium: Callable[..., Any], tmp_path: Path, sheets: dict[str, Sheet], name: str, charts: int
) -> None:
    page = tmp_path / "report.html"
    page.write_text(report.render(sheets[name]), encoding="utf-8")
    seen = chromium(page)
    assert seen.console == []
    assert f'data-drawn="{charts}"' in seen.dom
    found = _elements(seen.dom)
    assert [tag for tag, _ in found.tags].count("svg") == charts
    marks = [attributes.get("class") or "" for tag, attributes in found.tags if tag == "g"]
    lines = {"missed": 3 + 3 + 2, "never": 3 + 3 + 2, "empty": 3}  # one for each series
    assert sum(mark.startswith("mark-line") for mark in marks) >= charts
    drawn = [attributes for tag, attributes in found.tags if tag == "path" and attributes.get("d")]
    assert len(drawn) >= lines[name]
    assert re.findall("<title>(.*?)</title>", seen.dom) == [
        f"{sheets[name].word}: launch | &lt;i&gt;day&lt;/i&gt;, 20260102-030405-ab12"
    ]
    assert not [tag for tag, attributes in found.tags if {"src", "xlink:href"} & set(attributes)]
    assert "img" not in {tag for tag, _ in found.tags}


def test_a_browser_shows_the_table_when_a_chart_cannot_be_drawn(
    chromium: Callable[..., Any], tmp_path: Path, sheets: dict[str, Sheet]
) -> None:
    page = tmp_path / "report.html"
    text = report.render(sheets["met"])
    page.write_text(text.replace('id="spec-traffic">{', 'id="spec-traffic">{{'), encoding="utf-8")
    seen = chromium(page)
    assert 'data-drawn="2"' in seen.dom
    assert "This chart could not be drawn. Its numbers are in the table below." in seen.dom
    assert len(seen.console) == 1


def test_a_browser_tells_what_is_under_the_pointer(
    chromium: Callable[..., Any], tmp_path: Path, sheets: dict[str, Sheet]
) -> None:
    page = tmp_path / "report.html"
    text = re.sub("<meta http-equiv[^>]*>", "", report.render(sheets["missed"]))
    point = """<script>setTimeout(() => {
        const bands = document.querySelectorAll("figure[data-chart=spec-response] .mark-rect path");
        for (const kind of ["pointerover", "pointermove", "mousemove"])
            bands[bands.length - 61 + 36].dispatchEvent(new PointerEvent(kind, { bubbles: true }));
    }, 3000)</script>"""
    page.write_text(text + point, encoding="utf-8")
    dom = _without_scripts(chromium(page).dom)
    told = re.findall('<td class="key">(.*?)</td><td class="value">(.*?)</td>', dom)
    step = sheets["missed"].steps_of_run[36]
    assert dict(told) == {
        "When": "0:36 to 0:37",
        "Stage": "=cmd|'&lt;b&gt;peak&lt;/b&gt;",
        "Arrivals": "50",
        "Response p50": duration(step.p50_ns),
        "Response p95": duration(step.p95_ns),
        "Response p99": duration(step.p99_ns),
    }


def test_a_browser_runs_no_script_that_is_not_ours(
    chromium: Callable[..., Any], tmp_path: Path, sheets: dict[str, Sheet]
) -> None:
    page = tmp_path / "report.html"
    text = report.render(sheets["met"])
    hole = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page.write_text(text.replace("<main>", f"<main>{hole}"), encoding="utf-8")
    seen = chromium(page)
    assert "owned</title>" not in seen.dom
    assert all("Content Security Policy" in line for line in seen.console)
    assert 'data-drawn="3"' in seen.dom

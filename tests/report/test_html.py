"""The page as text: whole in one file, in order, and safe with hostile text."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report import html
from sessionload.report.charts.plot import Plot
from sessionload.report.model.build import MOST_POINTS, build_report_model
from sessionload.report.template import place, script_text, unbroken

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel
    from sessionload.report.model.timeline import ChartStep
    from sessionload.verdict.result import Result

NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty", "talks")
ORDER = (
    *(
        "h-void",
        "h-targets",
        "h-stages",
        "h-identity",
        "h-traffic",
        "h-response",
        "h-service",
        "h-heat",
        "h-spectrum",
    ),
    *("h-outcomes", "h-rate", "h-turns", "h-findings", "h-generator", "h-ran"),
)
"""The sections, as they come down the page; the first two only where they apply."""


class _Elements(HTMLParser):
    """Start tags with their attributes, in order, and all text that is not script or style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in {"script", "style"}:
            self.text += data


@pytest.fixture(scope="session")
def pages(models: dict[str, ReportModel]) -> dict[str, str]:
    return {name: html.render(models[name]) for name in NAMES}


def _elements(page: str) -> _Elements:
    found = _Elements()
    found.feed(page)
    return found


@pytest.mark.parametrize("text", ["a </script> b", "a </SCRIPT b", "a <!-- b"])
def test_a_script_that_would_end_its_own_element_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="end its own element"):
        script_text(text)


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    shown = unbroken("held 200/s for 10 min: p95 312 ms, 5 % of 3 sessions")
    assert shown == "held\u00a0200/s for\u00a010\u00a0min: p95 312\u00a0ms, 5\u00a0% of\u00a03 sessions"


def test_a_plot_is_handed_to_the_script_as_seven_numbers() -> None:
    plot = Plot(left=62, top=30.5, width=1000, height=200, x_low=1, x_high=100000, x_log=True)
    assert place(plot) == "62 30.5 1000 200 1 100000 1"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_well_formed(pages: dict[str, str], name: str) -> None:
    found = _elements(pages[name])
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
    named = {
        attributes.get(f"aria-{key}edby") for _, attributes in found.tags for key in ("label", "describ")
    }
    assert named <= {*ids, None}


@pytest.mark.parametrize("name", NAMES)
def test_the_sections_come_in_one_order(
    pages: dict[str, str], models: dict[str, ReportModel], name: str
) -> None:
    found = _elements(pages[name])
    headings = [attributes["id"] for tag, attributes in found.tags if tag == "h2"]
    expected = [
        one
        for one in ORDER
        if (one != "h-void" or models[name].reasons) and (one != "h-turns" or models[name].turns)
    ]
    assert headings == expected
    links = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    assert links == [f"#{one}" for one in expected]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_no_other_place(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    found = _elements(page)
    asked = {"src", "srcset", "action", "xlink:href", "data", "poster", "formaction"}
    assert not [tag for tag, attributes in found.tags if asked & set(attributes)]
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in found.tags)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in found.tags}
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_allows_the_one_script_and_no_other(pages: dict[str, str], name: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", pages[name], flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (
        attributes["content"] for tag, attributes in _elements(pages[name]).tags if "http-equiv" in attributes
    )
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline';"
        " base-uri 'none'; form-action 'none'"
    )
    names = {name for _, attributes in _elements(pages[name]).tags for name in attributes}
    assert not [one for one in names if one.startswith("on")]


@pytest.mark.parametrize("name", NAMES)
def test_each_chart_has_two_drawings_and_its_numbers_behind_it(
    pages: dict[str, str], models: dict[str, ReportModel], name: str
) -> None:
    found = _elements(pages[name]).tags
    figures = [attributes for tag, attributes in found if tag == "figure"]
    shown = [str(attributes["id"]).removeprefix("chart-") for attributes in figures]
    assert set(shown) >= (
        {"traffic"} if name == "empty" else {"traffic", "response", "heat", "spectrum", "lag"}
    )
    assert all(attributes["aria-label"] and attributes["tabindex"] == "0" for attributes in figures)
    assert [tag for tag, _ in found].count("svg") == 2 * len(figures)
    tables = [attributes["id"] for tag, attributes in found if tag == "table" and "data-w" in attributes]
    assert tables == [f"table-{one}" for one in shown]
    rows = [attributes for tag, attributes in found if tag == "tr" and "data-x" in attributes]
    assert len(rows) >= len(models[name].chart_steps)


def test_hostile_text_is_text(pages: dict[str, str]) -> None:
    page = pages["missed"]
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "<b>peak" not in page
    assert "<i>day" not in page
    assert "{{ 7*7 }}" in page
    assert "=cmd|'<b>peak</b>" in _elements(page).text


def test_a_run_without_findings_says_so(pages: dict[str, str]) -> None:
    assert "None: no response broke the contract" in pages["met"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_model_says_is_on_its_page(
    pages: dict[str, str], models: dict[str, ReportModel], name: str
) -> None:
    model = models[name]
    text = _elements(pages[name]).text.replace("\u00a0", " ")
    texts = [
        f"{model.verdict}: {model.sentence}",
        model.identity,
        model.lateness_statement,
        model.generator_statement,
        *model.reasons,
    ]
    for target in model.targets:
        texts += [target.expr, target.measured, target.margin, target.samples.text, target.note]
    for finding in model.findings:
        texts += [finding.cause, finding.message, finding.seen, finding.times, finding.example, finding.curl]
    for fact in (*model.glance, *model.generator, *model.run_facts):
        texts += [fact.label, fact.text]
    for latency in model.latency:
        texts += [latency.meaning, *(cell.text for cell in latency.cells)]
    for row in (*model.outcomes, *model.statuses):
        texts += [row.name, row.meaning, row.all_stages.text, row.share, row.measured.text]
    assert not [one for one in texts if one not in text]


def _noisy(step: ChartStep, draw: random.Random) -> ChartStep:
    """A step in which everything happened, and nothing as in the step before."""
    statuses = (200, 201, 204, 400, 401, 403, 404, 429, 500, 502, 503, 504)
    values: dict[str, Any] = {
        "outcomes": {outcome: draw.randint(1, 20_000) for outcome in Outcome},
        "statuses": {status: draw.randint(1, 20_000) for status in statuses},
        **{name: draw.randint(1, 99_999) for name in ("planned", "sent", "done", "late", "unsent", "queued")},
        **{f"{name}_ns": draw.randint(10**6, 10**10) for name in ("p50", "p95", "p99")},
        **{f"{name}_p99_ns": draw.randint(10**6, 10**10) for name in ("service", "answered", "lag")},
    }
    return replace(step, **values)


def test_the_noisiest_hour_is_still_a_small_page(long_run: Result) -> None:
    draw = random.Random(1)  # noqa: S311 - noise that can be repeated is what is wanted
    model = build_report_model(long_run)
    loud = replace(
        model,
        chart_steps=tuple(_noisy(step, draw) for step in model.chart_steps),
        findings=tuple(
            replace(one, example='{"a": 1}' * 25, curl="'user ID' " * 90) for one in model.findings
        ),
    )
    assert len(html.render(loud).encode()) < 1_500_000


def test_the_largest_page_is_small(long_run: Result) -> None:
    model = build_report_model(long_run)
    assert len(model.timeline) == 6000
    assert len(model.chart_steps) == MOST_POINTS
    assert len(model.findings) == 200
    page = html.render(model)
    assert len(page.encode()) < 1_000_000
    assert "180 further findings" in page
    assert page.count('class="finding"') == 200


@pytest.mark.parametrize("name", NAMES)
def test_each_color_that_a_page_uses_has_a_value_for_light_and_for_dark(
    pages: dict[str, str], name: str
) -> None:
    used = set(re.findall(r"var\((--chart-[\w-]+)", pages[name]))
    assert used
    assert all(len(re.findall(rf"{variable}: #", pages[name])) >= 2 for variable in used)

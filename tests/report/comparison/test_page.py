"""The page of a comparison: whole in one file, safe with hostile text, pictures and tables that agree."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sessionload.comparison.compare import compare
from sessionload.report.comparison import page
from sessionload.report.comparison.forest_plot import forest
from sessionload.report.comparison.model import ComparisonModel, build_comparison_model
from sessionload.report.model.comparison_section import DifferenceRow
from sessionload.units import duration_text

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from sessionload.verdict.result import Result

ROW = DifferenceRow("p95", "", "1 ms", "2 ms", "+1 %", "+0 % to +2 %", "yes", "OPEN", "void", "", None)


def model_of(base: Result, candidate: Result) -> ComparisonModel:
    comparison = compare(base, candidate, tolerance=Fraction(5, 100), replicates=300)
    return build_comparison_model(base, candidate, comparison)


@pytest.fixture(scope="module")
def pages(known: dict[str, Result], hostile: str) -> dict[str, tuple[ComparisonModel, str]]:
    """Of two runs that can be compared, of two that cannot, of two without arrivals, and of a hostile one."""
    met = known["met"]
    wild = replace(
        known["missed"],
        run=replace(met.run, id=hostile, started=hostile, version=hostile),
        scenario={**met.scenario, "name": hostile, hostile: hostile},
        environment={**met.environment, "url": hostile},
        machine={hostile: hostile},
    )
    models = {
        "plain": model_of(met, known["never"]),
        "void": model_of(met, known["void"]),
        "empty": model_of(known["empty"], known["empty"]),
        "hostile": model_of(met, wild),
    }
    return {name: (model, page.render(model)) for name, model in models.items()}


NAMES = ("plain", "void", "empty", "hostile")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    found = _Elements()
    found.feed(text)
    return found.tags


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_in_order_and_asks_no_other_place(
    pages: dict[str, tuple[ComparisonModel, str]], name: str
) -> None:
    _, text = pages[name]
    found = _tags(text)
    tags = [tag for tag, _ in found]
    assert tags.count("title") == tags.count("h1") == tags.count("main") == tags.count("script") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in found if tag == "th")
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not {"src", "href", "srcset", "action"} & {key for _, attributes in found for key in attributes}
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(tags)
    policy = next(attributes["content"] for tag, attributes in found if attributes.get("http-equiv"))
    assert policy is not None
    assert re.match(r"default-src 'none'; script-src 'sha256-[^']+'; style-src 'unsafe-inline';", policy)
    assert len(text) < 400_000


def test_hostile_text_is_text(pages: dict[str, tuple[ComparisonModel, str]]) -> None:
    _, text = pages["hostile"]
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "{{ 7*7 }}" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_model_says_is_on_its_page(pages: dict[str, tuple[ComparisonModel, str]], name: str) -> None:
    model, text = pages[name]
    heading = f'<span class="word {model.tone}">{model.verdict}:</span>'
    assert heading in text
    assert text.index(heading) < text.index("<main>")
    shown = re.sub(r"<[^>]*>", "\n", text).replace("\u00a0", " ")
    for row in model.rows:
        for cell in (row.name, row.base, row.candidate, row.change, row.interval, row.judged, row.note):
            assert f"\n{cell}\n" in shown if cell else True
    assert ("Why there is no answer" in shown) is bool(model.reasons)
    assert ("Notes" in shown) is bool(model.notes)
    assert f"\n{model.why}\n" in shown
    assert f"\n{model.how}\n" in shown


def test_both_spectra_are_on_one_chart_with_their_numbers_behind_it(
    pages: dict[str, tuple[ComparisonModel, str]],
) -> None:
    model, text = pages["plain"]
    assert text.count('id="chart-spectra"') == 1
    assert "candidate is never for 12.61 %" in text
    table = text[text.index('id="table-spectra"') :].split("</table>")[0]
    rows = re.findall(r"<tr data-x=\S+><th scope=row>([^<]*)</th><td>([^<\n]*)<td>([^<\n]*)", table)
    base = {level.share: level.value_ns for level in model.base.response.levels}
    assert ("50 %", duration_text(base[Fraction(1, 2)]), model.rows[0].candidate) in rows
    assert rows[-1] == ("100 %", duration_text(base[Fraction(1)]), "never")
    places = [float(place) for place in re.findall(r"data-x=(\S+)>", table)]
    assert places == sorted(places)


def test_runs_without_arrivals_have_no_pictures(pages: dict[str, tuple[ComparisonModel, str]]) -> None:
    _, text = pages["empty"]
    assert "There were no arrivals." in text
    assert "<figure" not in text


# The picture of intervals


def row(low: float, value: float, high: float) -> DifferenceRow:
    return replace(ROW, spread=(value, low, high))


def test_there_is_no_picture_without_an_interval() -> None:
    assert forest([ROW, ROW], 0.05) is None


def test_equal_factors_are_equally_long() -> None:
    found = forest([row(-0.5, 0.0, 1.0), ROW, row(0.0, 0.05, 0.2)], 0.05)
    assert found is not None
    first, second = found.marks
    assert first.high - found.none == pytest.approx(found.none - first.low)
    assert first.at == second.low == found.none == pytest.approx(50)
    assert second.at == found.limit
    assert second.high - second.low == pytest.approx((first.high - first.low) * math.log(1.2) / math.log(4))
    assert 0 < first.low < first.high < 100
    assert {tick.label for tick in found.ticks} >= {"0 %", "+50 %", "+100 %"}
    places = sorted(tick.at for tick in found.ticks)
    assert all(after - before >= 11 for before, after in pairwise(places))


def test_what_is_far_off_is_cut_there() -> None:
    found = forest([row(-0.999, 0.0, 100.0), row(0.0, 0.0, 0.1)], 0.05)
    assert found is not None
    first, second = found.marks
    assert (first.low, first.high) == pytest.approx((100 - first.high, first.high))
    assert second.high - second.low > 3


def test_what_is_cut_is_marked_and_what_is_not_is_not() -> None:
    found = forest(
        [
            row(-0.999, 0.0, 100.0),
            row(3.1, 9.0, 12.0),
            row(-0.9, -0.8, -0.76),
            row(-0.75, 0.5, 3.0),
            row(2.9, 2.95, 3.01),
        ],
        0.05,
    )
    assert found is not None
    assert [(mark.cut_low, mark.off_axis, mark.cut_high) for mark in found.marks] == [
        (True, False, True),
        (False, True, True),
        (True, True, False),
        (False, False, False),
        (False, False, True),
    ]
    assert found.is_cut
    whole = forest([row(-0.75, 0.5, 3.0)], 0.05)
    assert whole is not None
    assert not whole.is_cut


def test_the_tolerance_is_never_cut() -> None:
    found = forest([row(-0.5, 0.0, 8.0), row(0.0, 0.0, 7.0)], 8.0)
    assert found is not None
    assert not found.is_cut
    assert found.limit == found.marks[0].high > found.marks[1].high


def test_a_page_has_an_arrow_for_each_end_beyond_its_axis(known: dict[str, Result]) -> None:
    model = model_of(known["met"], known["never"])
    beyond, inside = (
        page.render(replace(model, rows=(replace(ROW, spread=spread),)))
        for spread in ((9.0, -0.9, 12.0), (0.0, -0.1, 0.1))
    )
    assert beyond.count('class="beyond') == 2
    assert "An arrow means that it goes on beyond the axis" in beyond
    assert "<circle" not in beyond[beyond.index('class="forest"') :].split("</figure>")[0]
    assert 'class="beyond' not in inside
    assert "An arrow" not in inside


def test_no_difference_at_all_has_a_place() -> None:
    found = forest([row(0.0, 0.0, 0.0)], 0.0)
    assert found is not None
    assert found.marks[0].at == found.none == found.limit == 50


# In a browser


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [400, 1280, pytest.param(2560, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", NAMES)
def test_a_browser_shows_it_whole_and_says_and_asks_nothing(
    browser: Browser, tmp_path: Path, pages: dict[str, tuple[ComparisonModel, str]], name: str, width: int
) -> None:
    model, text = pages[name]
    file = tmp_path / "comparison.html"
    file.write_text(text, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900})
    opened, events = context.new_page(), list[str]()
    opened.on("console", lambda message: events.append(message.text))
    opened.on("pageerror", lambda error: events.append(str(error)))
    opened.on("request", lambda request: events.append(request.url))
    opened.goto(file.as_uri())
    assert events == [file.as_uri()]
    assert opened.title().startswith(f"{model.verdict}: comparison of ")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    heading = opened.locator("h1").inner_text().replace("\u00a0", " ")
    assert heading == f"{model.headline}."
    assert opened.locator("table.differences tbody tr").count() == len(model.rows)
    if name == "plain":
        chart = opened.locator("#chart-spectra")
        chart.scroll_into_view_if_needed()
        drawn = [one for one in chart.locator("svg").all() if one.is_visible()]
        assert len(drawn) == 1
        drawn[0].hover()
        assert opened.locator("#tip dt").all_inner_texts() == ["Base", "Candidate"]
        assert opened.pdf().startswith(b"%PDF")
    context.close()


def test_a_browser_runs_no_script_that_is_not_ours(
    browser: Browser, tmp_path: Path, pages: dict[str, tuple[ComparisonModel, str]]
) -> None:
    """Even with a hole in the escaping, the policy in the head lets nothing run."""
    hole = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    file = tmp_path / "comparison.html"
    file.write_text(pages["plain"][1].replace("<main>", f"<main>{hole}"), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    assert opened.title() != "owned"
    opened.close()

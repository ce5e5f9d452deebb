"""The page as it is seen: at any width, by day and by night, on paper, without scripts, under attack."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sessionload.report import html
from sessionload.report.model.build import build_report_model
from sessionload.report.model.time_axis import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

pytestmark = pytest.mark.needs("chromium")

LONG = partial(pytest.param, marks=pytest.mark.long)
NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty")

TEXT_COLORS = """() => {
  const colors = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    colors.clearRect(0, 0, 1, 1);
    colors.fillStyle = color;
    colors.fillRect(0, 0, 1, 1);
    return [...colors.getImageData(0, 0, 1, 1).data];
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const front = element.closest("svg") ? style.fill : style.color;
    let behind = element;
    while (behind && rgba(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
    const back = getComputedStyle(behind ?? document.body).backgroundColor;
    found[[front, back]] = [rgba(front), rgba(back), walker.currentNode.data.trim().slice(0, 40)];
  }
  return Object.values(found);
}"""


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_nothing_on_the_console_and_asks_for_nothing(
    visit: Callable[..., Any], files: Callable[[str], Path], models: dict[str, ReportModel], name: str
) -> None:
    seen = visit(name)
    seen.page.wait_for_load_state("networkidle")
    assert seen.text("h1") == f"{models[name].verdict}: {models[name].sentence}."
    assert seen.console == []
    assert seen.requests == [files(name).as_uri()]


@pytest.mark.parametrize("width", [400, LONG(900), 1280, LONG(2560)])
@pytest.mark.parametrize("name", ["missed", "void"])
def test_a_page_fits_its_window_and_shows_all_pictures(
    visit: Callable[..., Any], width: int, name: str
) -> None:
    seen = visit(name, width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    figures = seen.page.locator("figure.chart").all()
    assert len(figures) == 9
    for figure in figures:
        box = figure.bounding_box()
        assert box is not None
        assert box["height"] > 150
        assert sum(svg.is_visible() for svg in figure.locator("svg").all()) == 1
        assert figure.locator("svg path, svg line").count() > 10


def test_text_in_charts_is_large_enough_on_a_phone(visit: Callable[..., Any]) -> None:
    sizes = visit("missed", 400).page.evaluate(
        """() => [...document.querySelectorAll("figure svg text")].filter((text) => text.checkVisibility())
        .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )
    assert len(sizes) > 50
    assert min(sizes) >= 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_contrasts_with_its_background(visit: Callable[..., Any], scheme: str) -> None:
    seen = visit("missed", color_scheme=scheme)
    seen.chart("response").focus()
    seen.page.keyboard.press("+")
    seen.page.keyboard.press("ArrowRight")
    found = seen.page.evaluate(TEXT_COLORS)
    assert len(found) > 5
    poor = {text: ratio for front, back, text in found if (ratio := _contrast(front, back)) < 4.5}
    assert not poor


def _contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of WCAG 2.1 between two colors of 0 to 255."""

    def luminance(color: list[int]) -> float:
        parts = [part / 255 for part in color[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_page_without_scripts_has_its_pictures_and_numbers(
    visit: Callable[..., Any], models: dict[str, ReportModel]
) -> None:
    seen = visit("missed", java_script_enabled=False)
    assert seen.text("h1") == f"{models['missed'].verdict}: {models['missed'].sentence}."
    assert all(figure.is_visible() for figure in seen.page.locator("figure.chart").all())
    assert seen.page.locator("#tip, #zoomed, .live-only").first.is_hidden()
    seen.page.locator("details.numbers summary").first.click()
    assert seen.page.locator("#table-traffic").is_visible()


def test_no_script_runs_that_is_not_ours(
    visit: Callable[..., Any], files: Callable[[str], Path], tmp_path: Path
) -> None:
    hole = (
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
        "<svg onload=\"document.title='owned'\"></svg><script src='https://evil.example/x.js'></script>"
    )
    file = tmp_path / "hole.html"
    text = files("missed").read_text(encoding="utf-8")
    file.write_text(text.replace("<main>", f"<main>{hole}"), encoding="utf-8")
    seen = visit(file)
    seen.page.wait_for_load_state("networkidle")
    assert "owned" not in seen.page.title()
    assert len(seen.console) == 5  # the browser suggests a cure for an event handler in a line of its own
    assert all("Content Security Policy" in line for line in seen.console)
    assert seen.page.locator(".live-only").is_visible()
    assert "owned" not in visit("missed").page.title()


@pytest.mark.parametrize("name", ["missed", "interrupted"])
def test_no_table_is_wider_than_a_phone(visit: Callable[..., Any], name: str) -> None:
    """But for the numbers of the charts, which stay closed until they are asked for."""
    seen = visit(name, width=400)
    cut = (
        "[...document.querySelectorAll('.scroll')]"
        ".filter((one) => !one.closest('details') && one.scrollWidth > one.clientWidth + 1)"
        ".map((one) => one.innerText.slice(0, 90))"
    )
    assert seen.page.evaluate("document.querySelectorAll('.scroll').length") > 5
    assert seen.page.evaluate(cut) == []


def test_nothing_is_cut_in_print(visit: Callable[..., Any]) -> None:
    """At the width of the text on A4."""
    seen = visit("missed", width=703)
    seen.page.emulate_media(media="print")
    assert (
        seen.page.evaluate(
            "[...document.querySelectorAll('body *')].filter((one) => one.getClientRects().length"
            " && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"
        )
        == []
    )


def test_a_page_can_be_printed(visit: Callable[..., Any], models: dict[str, ReportModel]) -> None:
    seen = visit("missed", color_scheme="dark")
    seen.chart("response").focus()
    seen.page.keyboard.press("End")
    seen.page.emulate_media(media="print")
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        seen.page.locator("#tip, nav, details.numbers").evaluate_all(
            "all => all.filter((one) => one.checkVisibility()).length"
        )
        == 0
    )
    assert all(figure.is_visible() for figure in seen.page.locator("figure.chart").all())
    pdf = seen.page.pdf(prefer_css_page_size=True, outline=True, tagged=True)
    assert pdf.startswith(b"%PDF-")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 5
    titles = [bytes.fromhex(one.decode()) for one in re.findall(rb"/Title <FEFF([0-9A-F]+)>", pdf)]
    headings = [
        "".join(one.decode("utf-16-be").split()) for one in titles
    ]  # lines are joined without a space
    assert "".join(f"{models['missed'].verdict}: {models['missed'].sentence}.".split()) in headings


def test_an_hour_opens_at_once_and_can_be_looked_into(
    visit: Callable[..., Any], long_run: Result, tmp_path: Path
) -> None:
    model = build_report_model(long_run)
    file = tmp_path / "long.html"
    file.write_text(html.render(model), encoding="utf-8")
    seen = visit(file)
    assert seen.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") < 5000
    seen.chart("response").focus()
    seen.page.keyboard.press("Home")
    heads = []
    for _ in range(3):
        seen.page.keyboard.press("ArrowRight")
        heads.append(seen.tip()["when"])
    width = model.chart_steps[0].length_s
    assert heads == [f"{clock(at)} to {clock(at + width)}" for at in (width, 2 * width, 3 * width)]
    assert all(one != other for one, other in pairwise(heads))

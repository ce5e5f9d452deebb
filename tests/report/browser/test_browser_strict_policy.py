"""A page whose server forbids styles and scripts, as Jenkins does, still shows its charts in color."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from sessionload.report.model.rows import ReportModel

POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
URL = "http://report.invalid/report.html"
PAINTS = """
() => [...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) =>
  [...svg.querySelectorAll("path, line, text")].map((mark) => [
    mark.getAttribute("fill"), mark.getAttribute("stroke"),
    getComputedStyle(mark).fill, getComputedStyle(mark).stroke,
  ]))
"""


@pytest.fixture
def strict(browser: Browser, files: Callable[[str], Path]) -> Iterator[Page]:
    """The page of a run that missed, from a server that forbids styles; a script of the test still runs."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page = context.new_page()
    body = files("missed").read_text(encoding="utf-8")
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
    page.route("**/*", lambda route: route.fulfill(body=body, headers=headers))
    page.goto(URL)
    yield page
    context.close()


def rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))})"


def test_no_style_of_the_page_applies(strict: Page) -> None:
    assert strict.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_each_mark_has_its_light_color(strict: Page) -> None:
    marks = [mark for svg in strict.evaluate(PAINTS) for mark in svg]
    assert len({color for mark in marks for color in mark[:2]}) > 10
    for fill, stroke, shown_fill, shown_stroke in marks:
        assert shown_fill == (rgb(fill) if fill else "none")
        assert shown_stroke == (rgb(stroke) if stroke else "none")


def test_each_chart_is_shown_once_and_no_hint_of_the_script_at_all(
    strict: Page, models: dict[str, ReportModel]
) -> None:
    assert models["missed"].findings
    assert strict.locator("svg:visible").count() == strict.locator("figure.chart").count()
    assert strict.locator(".live-only:visible, #keys:visible, #tip:visible, #zoomed:visible").count() == 0

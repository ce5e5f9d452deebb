"""The known pages in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sessionload.report import html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from sessionload.report.model.rows import ReportModel


class Opened(NamedTuple):
    """A page in a browser, what it said on the console, and what it asked for."""

    page: Page
    console: list[str]
    requests: list[str]

    def chart(self, name: str) -> Locator:
        return self.page.locator(f"#chart-{name}")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text().replace("\u00a0", " ")

    def point(self, name: str, second: float, model: ReportModel) -> tuple[float, float]:
        """Return where a second of the run lies in a chart, on the screen."""
        chart = self.chart(name)
        chart.scroll_into_view_if_needed()
        place = next(plot for plot in chart.locator("[data-plot]").all() if plot.is_visible())
        left, top, width, height, low, high, _ = map(float, (place.get_attribute("data-plot") or "").split())
        box = place.locator("svg").bounding_box()
        assert box is not None
        last = model.chart_steps[-1]
        assert (low, high) == (0, max(last.start_s + last.length_s, model.spans[-1].end))
        scale = box["width"] / float((place.locator("svg").get_attribute("viewBox") or "").split()[2])
        across = left + width * (second - low) / (high - low)
        return box["x"] + across * scale, box["y"] + (top + height / 2) * scale

    def tip(self) -> dict[str, str]:
        """Return what the pointer shows: labels and their texts, the head as `when`, the stage as `of`."""
        tip = self.page.locator("#tip")
        of = tip.locator(".group")
        return {
            "when": tip.locator("b").inner_text(),
            **({"of": of.inner_text()} if of.count() else {}),
            **dict(
                zip(tip.locator("dt").all_inner_texts(), tip.locator("dd").all_inner_texts(), strict=True)
            ),
        }


@pytest.fixture(scope="module")
def files(models: dict[str, ReportModel], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("pages")

    def file(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(html.render(models[name]), encoding="utf-8")
        return path

    return file


@pytest.fixture
def visit(browser: Browser, files: Callable[[str], Path]) -> Iterator[Callable[..., Opened]]:
    """Open a known page, or a file, at a width and in a context of its own."""
    contexts = []

    def visit(page: str | Path, width: int = 1280, **options: object) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        opened = Opened(context.new_page(), [], [])
        opened.page.on("console", lambda message: opened.console.append(message.text))
        opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto((files(page) if isinstance(page, str) else page).as_uri())
        return opened

    yield visit
    for context in contexts:
        context.close()

"""The page of a folder's runs in a browser: it asks for nothing, fits, and leads to the reports."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.report.history import page
from sessionload.report.history.model import Unread, build_history_model, relative_url, run_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from sessionload.verdict.result import Result

pytestmark = pytest.mark.needs("chromium")

LONG = partial(pytest.param, marks=pytest.mark.long)
HOSTILE = 'javascript:alert(1) "><img src=x onerror=alert(1)> %41?#'


@pytest.fixture(scope="module")
def file(known: dict[str, Result], hostile: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of nine runs in a folder; the report of one stands in a folder with a hostile name."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / HOSTILE).mkdir()
    (folder / HOSTILE / "report.html").write_text("<!DOCTYPE html><title>the report</title>")
    rows = [
        run_row(
            replace(result, run=replace(result.run, started=f"2026-01-{day:02d}T09:15:00+00:00")),
            HOSTILE if name == "met" else f"launch-2026010{day}-091500-ab12",
            relative_url((HOSTILE, "report.html")) if name == "met" else "",
        )
        for day, (name, result) in enumerate(known.items(), 1)
    ]
    model = build_history_model(
        hostile, rows, [Unread(hostile, "this is not JSON; it was cut or edited [broken-result]")]
    )
    (folder / "history.html").write_text(page.render(model))
    return folder / "history.html"


@pytest.fixture
def visit(browser: Browser, file: Path) -> Iterator[Callable[..., tuple[Page, list[str]]]]:
    """Open the page at a width; return it, and everything that it said or asked for."""
    contexts = []

    def open_it(width: int, **options: Any) -> tuple[Page, list[str]]:  # noqa: ANN401 - the browser's
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        opened, events = context.new_page(), list[str]()
        opened.on("console", lambda message: events.append(message.text))
        opened.on("pageerror", lambda error: events.append(str(error)))
        opened.on("dialog", lambda dialog: events.append(dialog.message))
        opened.on("request", lambda request: events.append(request.url))
        opened.goto(file.as_uri())
        return opened, events

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280, LONG(2560)])
def test_the_page_fits_says_nothing_and_asks_for_nothing_else(
    visit: Callable[..., tuple[Page, list[str]]], file: Path, width: int, scheme: str
) -> None:
    opened, events = visit(width, color_scheme=scheme)
    assert events == [file.as_uri()]
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    drawings = opened.locator("figure.chart svg")
    assert drawings.count() == 2
    (seen,) = (one for one in drawings.all() if one.is_visible())
    box = seen.bounding_box()
    assert box is not None
    assert width / 4 < box["width"] <= width


def test_the_answer_comes_first_and_every_run_has_its_row(
    visit: Callable[..., tuple[Page, list[str]]], known: dict[str, Result]
) -> None:
    opened, _ = visit(1280)
    newest = run_row(list(known.values())[-1], "x")
    heading = opened.locator("h1").inner_text().replace("\u00a0", " ")
    assert heading == f"{newest.verdict}: {newest.sentence}."
    assert opened.locator("table.runs tbody tr").count() == len(known)


def test_a_link_leads_to_the_report_whatever_its_folder_is_called(
    visit: Callable[..., tuple[Page, list[str]]], file: Path
) -> None:
    opened, events = visit(1280)
    opened.get_by_role("link", name=HOSTILE).click()
    opened.wait_for_url("**/report.html")
    assert opened.title() == "the report"
    assert events == [file.as_uri(), (file.parent / HOSTILE / "report.html").as_uri()]


def test_the_page_can_be_printed(visit: Callable[..., tuple[Page, list[str]]]) -> None:
    opened, _ = visit(1280)
    assert opened.pdf().startswith(b"%PDF")

"""`make docs`: a site of all documents that needs no network, whose links lead somewhere, at any width."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = (DOCS / "index.md").read_text()
FLAGS = ["--no-sandbox", "--disable-gpu"]
pytestmark = [pytest.mark.long, pytest.mark.needs("sphinx")]


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Make the site as `make docs` does."""
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run(
        [*command, str(source), str(site)], check=False, capture_output=True, text=True, timeout=200
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    made = build(DOCS, folder)
    assert (made.returncode, made.stderr) == (0, "")
    return folder


class References(HTMLParser):
    """What a page loads, what it links, and where it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a":
            self.linked += [given["href"]] if "href" in given else []
        else:
            self.loaded += [given[name] for name in ("src", "href", "data") if name in given]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, References]:
    return {path: References(path.read_text()) for path in sorted(site.glob("*.html"))}


def test_every_document_is_a_page_in_the_order_of_the_first(site: Path) -> None:
    names = re.findall(r"\]\(([a-z-]+)\.md\)", INDEX)
    assert {f"{name}.md" for name in names} | {"index.md"} == {path.name for path in DOCS.glob("*.md")}
    navigation = (site / "index.html").read_text().partition("sidebar-tree")[2]
    found = [navigation.index(f'href="{name}.html"') for name in names]
    assert found == sorted(found)


def test_pages_load_nothing_from_anywhere_else(site: Path, pages: dict[Path, References]) -> None:
    for path, page in pages.items():
        assert not [address for address in page.loaded if urlsplit(address).netloc], path.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", sheet.read_text()), sheet.name


def test_every_link_leads_to_a_page_or_a_place_in_one(pages: dict[Path, References]) -> None:
    for path, page in pages.items():
        for link in (*page.loaded, *page.linked):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path.parent / unquote(parts.path) if parts.path else path
            assert target.is_file(), f"{path.name}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].ids, f"{path.name}: {link}"


def test_a_link_that_leads_nowhere_fails_the_site(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    page = tmp_path / "docs" / "index.md"
    page.write_text(f"{INDEX}\n[nothing](scenarios.md#nothing-like-this)\n")
    made = build(tmp_path / "docs", tmp_path / "site")
    assert made.returncode != 0
    assert "nothing-like-this" in made.stderr


def test_nothing_for_tests_is_left_in_a_page(pages: dict[Path, References]) -> None:
    assert not [path.name for path in pages if re.search(r"<!-- (exit|file|serves)", path.read_text())]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = browser.new_context(offline=True)
        yield context.new_page()
        browser.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [400, 1280])
def test_no_page_is_wider_than_the_window_and_scripts_have_no_errors(
    site: Path, page: Page, width: int
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    for path in sorted(site.glob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    assert not errors


@pytest.mark.needs("chromium")
def test_a_word_is_found_and_the_example_opens_without_a_network(site: Path, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.fill("input[name=q]", "lognormal")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("#search-results li a[href*='stub.html']")
    page.goto((site / "index.html").as_uri())
    page.click("text=the report of a run")
    page.wait_for_load_state()
    assert page.url.endswith("example/report.html")
    assert "MET" in page.inner_text("body")

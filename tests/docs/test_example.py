"""The example reports and their pictures are those of this version, of real runs, and hold no secret."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sessionload import Result

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("report", "missed")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script behind `make example`."""
    spec = importlib.util.spec_from_file_location("make_example", DOCS / "make_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_what_report_makes_of_its_result(maker: ModuleType, name: str) -> None:
    same = (DOCS / "example" / f"{name}.html").read_text() == maker.page_of(name)
    assert same, "the report has changed: make example, and look at the pictures"


def test_the_pictures_are_of_these_pages(maker: ModuleType) -> None:
    same = json.loads(maker.MADE_OF.read_text()) == maker.digests()
    assert same, "the pages have changed: make example, and look at the pictures"


def test_the_guide_speaks_of_sections_that_there_are() -> None:
    """It names them in italics."""
    headings = set(re.findall(r"<h2 id=[^>]*>([^<]+)", (DOCS / "example" / "report.html").read_text()))
    named = set(re.findall(r"\*([A-Z][^*]+)\*", (DOCS / "reading.md").read_text()))
    columns = {"Measured", "Samples", "Unsent", "Within 400 ms"}
    assert named - columns <= headings
    assert {"Response time over the run", "Can these numbers be trusted?"} <= named


def test_the_runs_are_one_that_was_met_and_one_that_was_missed() -> None:
    met, missed = (Result.read(DOCS / "example" / f"{name}.json") for name in NAMES)
    assert (met.verdict, missed.verdict) == ("met", "missed")
    assert {met.scenario, missed.scenario} == {"demo"}
    assert met.planned == met.sent == met.outcomes["ok"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_machine_that_made_it_is_in_an_example(name: str) -> None:
    for suffix in ("json", "html"):
        text = (DOCS / "example" / f"{name}.{suffix}").read_text()
        assert not re.search(r"[\s\"](?:/tmp|/root|/home|/work)/|VF\.", text)

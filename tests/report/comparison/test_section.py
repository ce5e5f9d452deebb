"""How a run compares with its baseline, in every view of the run."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from junit_schema import check_junit
from tests.report.comparison.test_views import candidates

from sessionload.comparison.compare import Comparison, compare
from sessionload.report import html, junit, markdown, terminal
from sessionload.report.comparison.model import build_comparison_model, section_of
from sessionload.report.model.build import build_report_model
from sessionload.report.model.run_facts import run_facts
from sessionload.report.model.text_layout import width
from sessionload.verdict.run_header import AskedComparison

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

TAGS = {"same": None, "slower": "failure", "open": "error", "load": "error"}


def model_of(base: Result, candidate: Result) -> tuple[ReportModel, Comparison]:
    base = replace(base, run=replace(base.run, labels={"release": "1.4.1"}))
    comparison = compare(base, candidate, tolerance=Fraction(1, 20))
    section = section_of(build_comparison_model(base, candidate, comparison))
    return replace(build_report_model(candidate), comparison=section), comparison


@pytest.mark.parametrize("name", TAGS)
def test_every_view_has_the_answer_after_the_verdict(known: dict[str, Result], name: str) -> None:
    model, comparison = model_of(*candidates(known)[name])
    word = comparison.conclusion.value.upper()
    assert model.comparison is not None
    assert model.comparison.verdict == word
    text = terminal.render(model, 80)
    assert f"{word} (against the baseline): " in " ".join(text.split())
    assert " ".join(text.split()).index(model.verdict) == 0
    assert max(map(width, text.splitlines())) <= 80
    document = markdown.render(model)
    assert f"**{word}** against the baseline: " in document
    assert "labels release=1.4.1, tolerance 5 %:" in document
    page = html.render(model)
    assert f">{word}</b> against the baseline: " in page
    assert '<a href="#h-baseline">Against the baseline</a>' in page
    suite = check_junit(junit.render(model))
    (case,) = (case for case in suite.iter("testcase") if case.get("classname") == "sessionload.comparison")
    assert [child.tag for child in case] == [TAGS[name] or "system-out"]
    for row in model.comparison.rows:
        assert f">{row.name}<" in page
        assert row.change in document


def test_a_report_without_a_baseline_says_nothing_of_one(known: dict[str, Result]) -> None:
    model = build_report_model(known["met"])
    assert model.comparison is None
    for text in (terminal.render(model), markdown.render(model), junit.render(model), html.render(model)):
        assert not re.search("against the baseline", text, re.IGNORECASE)
    assert ET.fromstring(junit.render(model)).get("failures") is not None  # noqa: S314 - our own


def test_a_result_names_its_baseline_among_its_facts(known: dict[str, Result]) -> None:
    met = known["met"]
    asked = replace(met, run=replace(met.run, baseline=AskedComparison("20260101-1", Fraction(1, 8))))
    facts = {fact.label: fact.text for fact in run_facts(asked)}
    assert (facts["baseline.run"], facts["baseline.tolerance"]) == ("20260101-1", "12.5 %")
    assert "baseline.run" not in {fact.label for fact in run_facts(met)}

"""Nouns agree with their counts: a run of a single arrival, in every view."""

from __future__ import annotations

import html as html_text
import re
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.report import hgrm, html, junit, markdown, terminal
from sessionload.report.history import terminal as history_terminal
from sessionload.report.history.model import build_history_model, run_row
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

    MakeResult = Callable[..., Result]

_NOUN = re.compile(r"(?<![\d.,])1 (?!ms\b)[a-z]*[a-rt-z]s\b")
RENDERED: dict[str, Callable[[ReportModel], str]] = {
    "html": html.render,
    "md": markdown.render,
    "terminal": terminal.render,
    "junit": junit.render,
    "hgrm": hgrm.render,
}


@pytest.fixture(scope="module", params=["met", "lost", "never"])
def single(request: pytest.FixtureRequest, result_with: MakeResult) -> Result:
    """A run of one arrival: it had a session, the generator lost it, or the server refused it."""
    recorder = MeasurementRecorder()
    recorder.generator = GeneratorHealth(workers=1, gc_collections=1, users_started=1)
    if request.param != "lost":
        outcome, status = (Outcome.OK, 201) if request.param == "met" else (Outcome.SERVER_ERROR, 503)
        recorder.record_sent(0)
        recorder.record_done(0, Exchange(0, 0, 1000, NS // 10, outcome, 0, status))
    stages = (Stage("single", Fraction(1), Fraction(1), NS),)
    return result_with(recorder.raw().packed(), stages=stages, lost=int(request.param == "lost"), seconds=1.0)


@pytest.mark.parametrize("view", RENDERED)
def test_one_has_a_singular_noun_in_a_view(single: Result, view: str) -> None:
    text = html_text.unescape(RENDERED[view](build_report_model(single))).replace("\u00a0", " ")
    assert not _NOUN.findall(re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL))


def test_one_has_a_singular_noun_in_a_history(single: Result) -> None:
    assert not _NOUN.findall(history_terminal.render(build_history_model("one", [run_row(single, "only")])))

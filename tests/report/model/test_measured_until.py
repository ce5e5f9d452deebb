"""Every view of a run that ended early shows what was measured until then, and says until when."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from tests.report.conftest import STAGES, measured, result_of, steady

from sessionload.report import csv as timeline
from sessionload.report import hgrm, html, junit, markdown, terminal
from sessionload.report.history.model import run_row
from sessionload.report.model.build import build_report_model
from sessionload.report.model.busy_clients import busy_clients_sentence

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

UNTIL = "measured until 25.3 s"


@pytest.fixture(scope="module")
def stopped() -> Result:
    """At 25.3 s of 60 s, in the stage of 50/s: 665 of 2,400 arrivals were due by then."""
    slices = measured(STAGES, steady, until_ns=25_300_000_000, stopped=True)
    return result_of(slices, interrupted="SIGINT", seconds=25.5, until_s=25.3)


@pytest.fixture(scope="module")
def model(stopped: Result) -> ReportModel:
    return build_report_model(stopped)


def test_figures_are_over_what_was_due_until_then(model: ReportModel) -> None:
    assert [row.arrivals.raw for row in model.stages] == [100, 300, 265]
    assert all(row.p99.text != "never" for row in model.stages)
    assert [cell.text for cell in model.latency[0].cells if cell.text == "never"] == []
    (unsent,) = (row for row in model.outcomes if row.name == "unsent")
    assert (unsent.all_stages.raw, unsent.measured.raw) == (1735, 0)
    assert (model.closes, model.response.never) == (True, 0)


def test_charts_end_with_the_run(model: ReportModel) -> None:
    assert len(model.chart_steps) == 26
    assert (model.spans[-1].end, sum(step.unsent for step in model.chart_steps)) == (26, 0)
    assert sum(model.heat_map.never) == 0


def test_a_run_that_never_began_has_charts_of_nothing() -> None:
    nothing = measured(STAGES, steady, until_ns=0, stopped=True)
    model = build_report_model(result_of(nothing, interrupted="SIGINT", seconds=0.0, until_s=0.0))
    assert model.measured_until == "nothing was measured"
    assert html.render(model).count("nothing was measured") > 1
    assert "never" not in {cell.text for row in model.latency for cell in row.cells}


def test_every_view_says_until_when(model: ReportModel) -> None:
    page = html.render(model)
    assert page.count("easured until 25.3 s") >= 8
    for text in (terminal.render(model), markdown.render(model), junit.render(model), hgrm.render(model)):
        assert UNTIL in " ".join(text.split())
    assert terminal.render(model).count(UNTIL) >= 4


def test_the_table_of_seconds_holds_the_whole_plan(model: ReportModel) -> None:
    rows = list(csv.DictReader(StringIO(timeline.render(model))))
    assert sum(int(row["unsent"]) for row in rows) == 1735
    assert [row["p50_ms"] != "" for row in rows] == [True] * 26 + [False] * 34


def test_the_row_of_a_history_is_over_what_was_measured(stopped: Result) -> None:
    row = run_row(stopped, "folder")
    assert UNTIL in row.sentence
    assert row.p99.text != "never"


def test_clients_that_were_busy_when_the_run_was_stopped_are_not_counted_for_a_piece_of_a_second() -> None:
    slices = measured(STAGES, steady, until_ns=25_300_000_000, stopped=True, in_flight=2)
    result = result_of(slices, interrupted="SIGINT", seconds=25.5, until_s=25.3)
    assert busy_clients_sentence(result) == ""
    assert result.run.measured_until_s == 25.3

"""What a report has of turns: known answers, and nothing of it in a run without any."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.report.talking_run import talking

from sessionload.report import csv as csv_view
from sessionload.report import html, junit, markdown, terminal
from sessionload.report.charts.catalogue import CHARTS, charts_of
from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.model.build import build_report_model
from sessionload.report.model.quantities import NOTHING
from sessionload.report.model.rows import TURN_COLUMNS
from sessionload.report.model.turns import turn_glance
from sessionload.verdict.targets import parse_target

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel, TurnReport
    from sessionload.verdict.result import Result


@pytest.fixture
def model(models: dict[str, ReportModel]) -> ReportModel:
    return models["talks"]


@pytest.fixture
def turns(model: ReportModel) -> TurnReport:
    assert model.turns is not None
    return model.turns


def test_each_turn_of_the_script_has_its_row(turns: TurnReport) -> None:
    """The third takes 2 s, and a first event comes after 300 to 360 ms."""
    rows = {row.number: dict(zip(TURN_COLUMNS, row.cells, strict=True)) for row in turns.rows}
    assert [row.says for row in turns.rows] == ["launch", "hello | <b>you</b>", "what are your hours?"]
    assert {number: row["p50"].raw for number, row in rows.items()} == {"1": 400, "2": 500, "3": 2000}
    assert {number: row["due"].raw for number, row in rows.items()} == {"1": 229, "2": 229, "3": 220}
    assert {number: row["failed"].raw for number, row in rows.items()} == {"1": 1, "2": 10, "3": 1}
    assert [row["skipped"].raw for row in rows.values()] == [0, 0, 9]
    assert rows["2"]["p99"].text == "never"
    for row in rows.values():
        assert row["first event p50"].raw == pytest.approx(330, rel=0.001)
        assert row["first event p95"].raw == pytest.approx(360, rel=0.001)
    assert rows["3"]["end event p95"].raw == pytest.approx(2000, rel=0.001)
    assert [row.note for row in turns.rows] == [
        "1 unsent",
        "8 ended_early, 1 dead_key, 1 unsent",
        "1 unsent",
    ]


def test_the_counts_of_turns_add_up(turns: TurnReport) -> None:
    counts = {row.name: row.all_stages.raw or 0 for row in turns.outcomes}
    assert (counts["ended_early"], counts["dead_key"], counts["unsent"], counts["skipped"]) == (8, 1, 3, 9)
    assert sum(counts.values()) == 3 * 239
    assert turns.closes
    assert turns.identity.startswith(
        "conversations 239 x turns 3 = sent 705 + unsent 3 + skipped 9 + lost 0;"
    )
    facts = {fact.label: fact.text for fact in turns.facts}
    assert facts["Planned"] == "720 turns"
    assert facts["Without a key to converse with"] == "1 arrival"
    assert facts["Earlier keys of returning users"] == "12 keys tried, 0 accepted"
    assert facts["Most open at once"] == f"{max(step.open for step in turns.steps)}"


def test_steps_and_seconds_say_when_turns_were_due_and_conversations_open(
    model: ReportModel, turns: TurnReport
) -> None:
    assert len(turns.steps) == len(model.chart_steps)
    assert sum(step.due for step in turns.steps) == 708
    assert sum(step.ok for step in turns.steps) == sum(step.events for step in turns.steps) == 696
    assert turns.steps[0].open == 1
    assert turns.steps[-1].open == 0
    assert {second.p50_ns is None for second in turns.by_second.values() if second.ok} == {False}
    lines = list(csv.DictReader(csv_view.render(model).splitlines()))
    assert sum(int(line["turns_due"]) for line in lines) == 708
    assert sum(int(line["turns_ok"]) for line in lines) == 696
    assert [int(line["conversations_open"]) for line in lines] == [step.open for step in turns.steps]
    assert all((line["first_event_p95_ms"] == "") == (line["turns_ok"] == "0") for line in lines)


def test_the_charts_of_turns_have_their_tables(model: ReportModel, turns: TurnReport) -> None:
    assert [chart.name for chart in charts_of(model)[-2:]] == ["first-event", "conversations"]
    tables = chart_tables(model)
    rows = [row for _, rows in tables["conversations"].groups for row in rows]
    assert [row.cells[0] for row in rows] == [f"{step.open}" for step in turns.steps]
    rows = [row for _, rows in tables["first-event"].groups for row in rows]
    assert [row.cells[0] for row in rows] == [f"{step.events}" for step in turns.steps]
    for chart in charts_of(model)[-2:]:
        assert chart.has_data(model)


def test_targets_and_findings_of_turns_are_cases(model: ReportModel) -> None:
    suite = ET.fromstring(junit.render(model).encode())  # noqa: S314 - our own text
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert cases["turn.p95 < 1s"].find("failure") is not None
    assert cases["turn.first_event.p95 < 400ms"].find("failure") is None
    assert cases["turn/ended_early"].attrib["classname"] == "sessionload.findings"
    seen = next(row.seen for row in model.findings if row.cause == "turn/dead_key")
    assert "(turn 2 of arrival 1,200)" in seen
    assert "Turns: conversations 239 x turns 3" in "".join(suite.itertext())


def test_whole_answers_have_no_events(known: dict[str, Result]) -> None:
    whole = build_report_model(talking(known["met"], mode="whole"))
    assert whole.turns is not None
    assert not whole.turns.streams
    assert "First event over the run" not in html.render(whole)


def test_a_run_whose_turns_never_came_says_so(known: dict[str, Result]) -> None:
    planned = talking(known["met"])
    planned.measurement.turns = None
    model = build_report_model(planned)
    assert model.turns is not None
    assert [row.cells[0].raw for row in model.turns.rows] == [0, 0, 0]
    assert [row.cells[1].text for row in model.turns.rows] == [NOTHING] * 3
    assert [fact.label for fact in turn_glance(planned)] == ["Turn p95"]
    assert "No turn had an event." in html.render(model)
    assert "No conversation was open" in html.render(model)


def test_what_a_scenario_does_not_say_of_its_turns_is_left_out(known: dict[str, Result]) -> None:
    result = talking(known["met"])
    said = {"say": result.scenario["turns"]["say"]}
    model = build_report_model(replace(result, scenario={**result.scenario, "turns": said}))
    assert model.turns is not None
    assert model.turns.facts[0].label == "Planned"


def test_lost_turns_and_sums_that_do_not_match_are_shown(known: dict[str, Result]) -> None:
    broken = talking(known["met"])
    assert broken.measurement.turns is not None
    broken.measurement.turns.counts.conversations += 1
    broken.measurement.turns.counts.sent += 1
    model = build_report_model(broken)
    assert model.turns is not None
    assert (model.turns.outcomes[-1].name, model.turns.outcomes[-1].all_stages.raw) == ("lost", 3)
    assert "The sums do not match" in html.render(model)


def test_turns_that_did_not_end_well_are_named_in_the_headline(known: dict[str, Result]) -> None:
    target = parse_target("turn.p99 < 3s")
    model = build_report_model(talking(known["met"], target))
    assert model.sentence == "turn.p99 was never (bound 3 s): too many turns did not end well"


def test_a_run_without_turns_has_nothing_of_them(models: dict[str, ReportModel]) -> None:
    quiet = models["met"]
    assert quiet.turns is None
    assert charts_of(quiet) == CHARTS
    for render in (terminal.render, markdown.render, junit.render, csv_view.render):
        assert "turn" not in render(quiet).lower().replace("returning", "")
    assert 'id="h-turns"' not in html.render(quiet)
    assert "onversation" not in html.render(quiet)

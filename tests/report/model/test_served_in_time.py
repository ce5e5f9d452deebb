"""The share of users served in time, the error budget, and who waited or gave up."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.report import junit, markdown, terminal
from sessionload.report.html import render as html
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.verdict.targets import parse_target
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

MS = 1_000_000
STAGES = (Stage("peak", Fraction(10), Fraction(10), 10 * NS),)


def recorded(*, late: int = 0, gave_up: int = 0, unsent: int = 0) -> MeasurementRecorder:
    """100 arrivals in 10 s, of which some take 900 ms, some give up and some are left at the end."""
    recorder = MeasurementRecorder()
    for index, due_ns, stage in Schedule(STAGES).stripe():
        if index < gave_up:
            recorder.record_gave_up(stage, due_ns, MS)
        elif index >= 100 - unsent:
            recorder.record_unsent(stage, due_ns)
        else:
            took_ns = 900 * MS if index < gave_up + late else 30 * MS
            recorder.record_sent(due_ns)
            recorder.record_done(stage, Exchange(index, due_ns, due_ns, due_ns + took_ns, Outcome.OK, 0, 201))
    return recorder


def with_scenario(result: Result, **keys: Any) -> ReportModel:  # noqa: ANN401 - as a scenario has them
    return build_report_model(replace(result, scenario={**result.scenario, **keys}))


@pytest.fixture
def slow(result_with: Callable[..., Result]) -> Result:
    targets = (parse_target("within(400ms) >= 90%"), parse_target("within(2s) >= 99%"))
    return result_with(recorded(late=2).raw().packed(), stages=STAGES, targets=targets, seconds=10.0)


def test_each_time_of_a_target_or_the_objective_has_its_share(slow: Result) -> None:
    model = with_scenario(slow, slo={"within": "100ms", "share": "99%"})
    assert [tuple(fact) for fact in model.glance[-3:]] == [
        ("Within 100 ms", "98 %"),
        ("Within 400 ms", "98 %"),
        ("Within 2 s", "100 %"),
    ]
    assert model.headline == (
        "MET: 100 measured arrivals at 10/s over 10 s: within(400ms) 98 % of 90%,"
        " 0 % without a session, none broke the contract"
    )


def test_the_budget_is_worked_out_by_hand(slow: Result) -> None:
    """10/s for a day is 864,000, of which 1 % may be late: 8,640; 2 are late, twice the pace."""
    model = with_scenario(slow, slo={"within": "400ms", "share": "99%", "period": "1d"})
    assert model.budget == (
        "98 % of 100 measured arrivals had a session within 400 ms, of 99 % promised."
        " At this rate (10/s) the error budget of 1 day is 8,640 later arrivals, and this run used 0.02 % of"
        " it: 2 times the pace that keeps the promise, which leaves nothing after 12 h"
    )
    for render in (terminal.render, markdown.render, junit.render, html):
        text = " ".join(render(model).replace("\u00a0", " ").split())
        assert "8,640 later arrivals" in text


@pytest.mark.parametrize(
    ("slo", "end"),
    [
        (
            {"within": "1s", "share": "99%", "period": "2d"},
            "17,280 later arrivals, and this run used 0 % of it",
        ),
        (
            {"within": "400ms", "share": "90%", "period": "1d"},
            "and this run used 0.002 % of it: 0.2 times the pace that keeps the promise",
        ),
        (
            {"within": "400ms", "share": "99.9999999%", "period": "1d"},
            "20,000,000 times the pace that keeps the promise, which leaves nothing after 4.32 ms",
        ),
    ],
)
def test_a_budget_that_is_kept_or_tiny_is_said_too(slow: Result, slo: dict[str, str], end: str) -> None:
    assert with_scenario(slow, slo=slo).budget.endswith(end)


def test_without_an_objective_or_arrivals_there_is_no_budget(slow: Result, known: dict[str, Result]) -> None:
    assert build_report_model(slow).budget == ""
    assert with_scenario(known["empty"], slo={"within": "1s", "share": "99%"}).budget == ""
    assert with_scenario(slow, slo={"within": "1s"}).budget == ""


def waiting(result_with: Callable[..., Result], recorder: MeasurementRecorder, **ended: str) -> Result:
    recorder.record_backlog({2: 12, 3: 31, 4: 31})
    return result_with(recorder.raw().packed(), stages=STAGES, seconds=10.0, **ended)


def test_who_waited_says_whether_they_ever_leave(result_with: Callable[..., Result]) -> None:
    said = (
        "Up to 31 arrivals waited to be sent at once, at 0:03, because the server held as many as may be in"
        " flight."
    )
    model = build_report_model(waiting(result_with, recorded(unsent=31)))
    assert model.lateness_statement.endswith(
        f"{said} None of them gives up: without load.patience they wait until the schedule ends"
    )
    result = waiting(result_with, recorded(gave_up=20, unsent=11))
    model = with_scenario(result, load={**result.scenario["load"], "patience": "2s"})
    assert model.lateness_statement.endswith(f"{said} 20 arrivals gave up after 2 s, as people do")
    assert model.identity.endswith("sent 69 = ok 69; of the unsent 20 gave up")


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        ({}, "not sent before the schedule ended"),
        ({"interrupted": "SIGINT"}, "not sent before the run was interrupted"),
        ({"aborted_by": "p95 < 2s"}, "not sent before a target ended the run"),
    ],
)
def test_the_unsent_are_told_apart_by_cause(
    result_with: Callable[..., Result], ended: dict[str, str], why: str
) -> None:
    result = waiting(result_with, recorded(gave_up=20, unsent=11), **ended)
    model = with_scenario(result, load={**result.scenario["load"], "patience": "2s"})
    rows = [(row.name, row.meaning, row.all_stages.text, row.share) for row in model.outcomes[-2:]]
    assert rows == [
        ("gave up", "waited 2 s to be sent, and left", "20", "20 %"),
        ("unsent", why, "11", "11 %"),
    ]

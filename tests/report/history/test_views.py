"""The runs of a folder: their rows say what their reports say, and every view shows them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.history import markdown, terminal
from sessionload.report.history.model import HistoryModel, Unread, build_history_model, relative_url, run_row
from sessionload.report.model.build import build_report_model
from sessionload.report.model.text_layout import COLUMNS, width
from sessionload.units import NS
from sessionload.verdict.verdict import State
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.result import Result

GOLD = Path(__file__).with_name("gold")
VIEWS: dict[str, Callable[[HistoryModel], str]] = {"txt": terminal.render, "md": markdown.render}
NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty")


def like(
    result: Result,
    *,
    run_id: str = "r",
    started: str = "2026-01-02T03:04:05+00:00",
    **fields: Any,  # noqa: ANN401 - any field of a result
) -> Result:
    """Return a result under another id, from another time, of another scenario or environment."""
    scenario = {**result.scenario, "name": fields.pop("scenario", "launch")}
    environment = {**result.environment, "name": fields.pop("environment", "staging")}
    run = replace(result.run, id=run_id, started=started)
    return replace(result, run=run, scenario=scenario, environment=environment, **fields)


@pytest.fixture(scope="module")
def history(known: dict[str, Result]) -> HistoryModel:
    """Eight runs of one scenario, four of which are in another environment, and two that are broken."""
    rows = [
        run_row(
            like(
                known[name],
                run_id=f"2026010{day}-030405-ab12",
                started=f"2026-01-0{day}T03:04:05+00:00",
                environment="production" if day % 2 else "staging",
            ),
            f"launch-2026010{day}-030405-ab12",
            f"launch-2026010{day}-030405-ab12/report.html" if day != 3 else "",
        )
        for day, name in enumerate(NAMES, 1)
    ]
    unread = [
        Unread("launch-20260109-030405-ab12", "this is not JSON; it was cut or edited [broken-result]"),
        Unread("a<b>|`c` www.evil.example", "a result is larger than 1,073,741,824 bytes [file-too-large]"),
    ]
    return build_history_model("reports", reversed(rows), unread)


# Rows


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_what_the_report_of_its_run_says(known: dict[str, Result], name: str) -> None:
    row, model = run_row(known[name], "here", "here/report.html"), build_report_model(known[name])
    response = next(one for one in model.latency if one.name == "response")
    assert (row.verdict, row.state, row.sentence) == (model.verdict, model.state, model.sentence)
    assert row.percentiles == (response.cells[1], response.cells[3], response.cells[4])
    glance = dict(model.glance)
    assert [glance[f"Response {one}"] for one in ("p50", "p95", "p99")] == [
        one.text for one in row.percentiles
    ]
    assert row.errors == glance["Without a session"]
    sent, planned = row.sent.split(" of ")
    assert model.identity.startswith(f"planned {planned} ")
    assert f" sent {sent} " in model.identity
    assert row.scenario == model.title
    assert (row.name, row.link) == ("here", "here/report.html")


@pytest.mark.parametrize("name", ["met", "missed", "never", "empty"])
def test_response_times_are_all_the_durations_that_a_row_needs(known: dict[str, Result], name: str) -> None:
    whole = known[name]
    data = whole.to_json()
    for part in data["slices"]:
        for other in ("refused", "served", "unqueued_lag", "queued_lag", "queued_lateness"):
            part.pop(other, None)
    light = type(whole).from_json({**data, "planned_by_second": data["planned_by_second"]})
    assert run_row(light, "x") == run_row(whole, "x")


@pytest.mark.parametrize(
    ("stages", "load"),
    [
        ([(200, 200, 60)], "200/s for 60 s"),
        ([(0, 200, 60), (200, 200, 600)], "200/s for 10 min"),
    ],
)
def test_the_load_is_that_of_the_measured_stages(
    known: dict[str, Result], stages: list[tuple[int, int, int]], load: str
) -> None:
    """As the sentence of a run that was met has it; the warm-up is none of it."""
    measured = tuple(
        Stage(f"s{number}", Fraction(low), Fraction(high), seconds * NS)
        for number, (low, high, seconds) in enumerate(stages)
    )
    warmup = Stage("warm", Fraction(900), Fraction(900), 60 * NS, warmup=True)
    result = replace(known["missed"], stages=(warmup, *measured))
    slices = {key: part for key, part in known["missed"].measurement.slices.items() if key[0] == 0}
    result = replace(result, measurement=replace(result.measurement, slices=slices))
    assert run_row(result, "x").load == load


def test_the_load_is_what_was_asked_for_longest(known: dict[str, Result]) -> None:
    assert run_row(known["met"], "x").load == run_row(known["queued"], "x").load == "50/s for 40 s"


@pytest.mark.parametrize(
    ("started", "shown"),
    [
        ("2026-03-14T09:15:59+00:00", "2026-03-14 09:15"),
        ("2026-03-14T09:15:00Z", "2026-03-14 09:15"),
        ("2026-03-14T09:15:00", "2026-03-14 09:15"),
        ("2026-03-14T00:15:00+02:00", "2026-03-13 22:15"),
        ("yesterday", "yesterday"),
        ("\x1b[31m", "\\x1b[31m"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
        ("9999-12-31T23:59:00-23:59", "9999-12-31T23:59:00-23:59"),
    ],
)
def test_when_a_run_started_is_in_utc_and_any_text_will_do(
    known: dict[str, Result], started: str, shown: str
) -> None:
    assert run_row(like(known["empty"], started=started), "x").started == shown


def test_names_are_safe_to_show(known: dict[str, Result], hostile: str) -> None:
    result = like(known["empty"], scenario=hostile, environment="\u202e" * 300, started=hostile)
    row = run_row(result, f"{hostile}\udcff\n")
    text = f"{row.name}{row.scenario}{row.environment}{row.started}"
    assert text.isprintable()
    assert len(row.scenario) < 1000
    nameless = replace(result, scenario={"name": ""}, environment={})
    assert run_row(nameless, "x").scenario == "unnamed scenario"
    assert run_row(nameless, "x").environment == "unnamed environment"


def test_an_entry_without_an_alias_stands_apart(known: dict[str, Result]) -> None:
    named = like(known["met"])
    split = replace(named, environment={**named.environment, "environment": "(traffic split)"})
    assert run_row(named, "x").environment == "staging"
    assert run_row(split, "x").environment == "staging (traffic split)"
    model = build_history_model("reports", [run_row(named, "x"), run_row(split, "y")], [])
    titles = {trend.title for trend in model.trends}
    assert titles == {"launch on staging", "launch on staging (traffic split)"}


# Order and groups


def test_the_newest_is_last_and_times_go_before_names(known: dict[str, Result]) -> None:
    """What has no time is before everything; equal times are ordered by run id, then by name."""
    result = known["empty"]
    cases = [
        ("no time", "z", "z"),
        ("2026-01-02T00:00:00+02:00", "c", "c"),
        ("2026-01-01T23:00:00+00:00", "b", "b"),
        ("2026-01-02T00:00:00+00:00", "a", "b"),
        ("2026-01-02T00:00:00+00:00", "b", "a"),
        ("2026-01-02T00:00:00+00:00", "b", "b"),
    ]
    rows = [run_row(like(result, started=started, run_id=run), name) for started, run, name in cases]
    for order in (rows, rows[::-1], rows[3:] + rows[:3]):
        model = build_history_model("x", order)
        assert [*model.trends[0].rows] == rows
        assert model.newest == rows[-1]


def test_unlike_runs_stand_apart_those_of_the_newest_first(known: dict[str, Result]) -> None:
    pairs = [("launch", "staging"), ("smoke", "staging"), ("launch", "production"), ("launch", "staging")]
    rows = [
        run_row(like(known["empty"], scenario=scenario, environment=environment, run_id=str(number)), "x")
        for number, (scenario, environment) in enumerate(pairs)
    ]
    trends = build_history_model("x", rows).trends
    assert [(trend.title, len(trend.rows)) for trend in trends] == [
        ("launch on staging", 2),
        ("launch on production", 1),
        ("smoke on staging", 1),
    ]
    assert not any(trend.changes for trend in trends)


def test_another_load_is_shown(known: dict[str, Result]) -> None:
    one = known["empty"]
    faster = tuple(replace(stage, end_rate=stage.end_rate * 2) for stage in one.stages)
    rows = [
        run_row(like(one, run_id=name, stages=stages), "x")
        for name, stages in (("a", one.stages), ("b", faster))
    ]
    (trend,) = build_history_model("x", rows).trends
    assert trend.changes


@pytest.mark.parametrize(
    ("states", "broken", "account"),
    [
        ((), 2, "0 runs; 2 could not be read"),
        (("met",), 0, "1 run: 1 met"),
        (("met", "met", "void"), 1, "3 runs: 2 met, 1 void; 1 could not be read"),
        (("void", "missed", "met"), 0, "3 runs: 1 met, 1 missed, 1 void"),
    ],
)
def test_the_account_counts_every_run_once(
    known: dict[str, Result], states: tuple[str, ...], broken: int, account: str
) -> None:
    rows = [run_row(like(known[name], run_id=str(number)), "x") for number, name in enumerate(states)]
    model = build_history_model("x", rows, [Unread("b", "why")] * broken)
    assert model.account == account
    glance = dict(model.glance)
    assert glance["Runs"] == str(len(states))
    assert glance["Not read"] == str(broken)
    assert sum(int(glance[state.name.capitalize()]) for state in State) == len(states)


def test_the_headline_is_that_of_the_newest_run(known: dict[str, Result]) -> None:
    model = build_history_model("x", [run_row(like(known["met"]), "x")])
    assert model.headline == build_report_model(known["met"]).headline
    assert model.about == "launch on staging, started 2026-01-02 03:04"
    nothing = build_history_model("x", [], [Unread("b", "why")])
    assert (nothing.verdict, nothing.headline, nothing.about) == ("", "No run here could be read", "")


# Links


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        (("launch-1", "report.html"), "launch-1/report.html"),
        (("..", "a b", "report.html"), "../a%20b/report.html"),
        (("javascript:alert(1)", "report.html"), "javascript%3Aalert%281%29/report.html"),
        (("a?b#c%41&d", "report.html"), "a%3Fb%23c%2541%26d/report.html"),
        (("ä\udcff\n", "report.html"), "%C3%A4%FF%0A/report.html"),
        (('"><script>', "report.html"), "%22%3E%3Cscript%3E/report.html"),
    ],
)
def test_a_link_is_a_relative_url_whatever_the_folder_is_called(parts: tuple[str, ...], url: str) -> None:
    assert relative_url(parts) == url


@given(st.lists(st.binary(min_size=1).map(os.fsdecode), min_size=1))
def test_a_link_has_no_character_that_means_anything(parts: list[str]) -> None:
    assert re.fullmatch(r"[\w.~%/-]+", relative_url(parts), re.ASCII)


# Text views


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_known_runs_is_known(history: HistoryModel, view: str) -> None:
    text = VIEWS[view](history)
    file = GOLD / f"history.{view}"
    if os.environ.get("GOLD") == "write":
        GOLD.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()


@pytest.mark.parametrize("view", VIEWS)
def test_every_run_is_one_row_with_all_that_its_row_says(history: HistoryModel, view: str) -> None:
    text = re.sub(r"\\|\u2060", "", " ".join(VIEWS[view](history).split())).replace("&#124;", "|")
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    for trend in history.trends:
        for row in trend.rows:
            cells = (row.verdict, row.started, row.errors, row.sent, *(one.text for one in row.percentiles))
            assert all(one in text for one in (*cells, row.sentence, row.name))


@pytest.mark.parametrize("view", VIEWS)
def test_a_folder_in_which_nothing_could_be_read_has_its_views(view: str) -> None:
    text = VIEWS[view](build_history_model("x", [], [Unread("b", "why")]))
    assert "No run here could be read." in text
    assert "why" in text


@pytest.mark.parametrize("view", VIEWS)
def test_where_everything_could_be_read_nothing_else_is_said(known: dict[str, Result], view: str) -> None:
    assert "ould be read" not in VIEWS[view](build_history_model("x", [run_row(known["met"], "x")]))


def test_lines_fit_a_terminal_and_hold_no_control_character(known: dict[str, Result], hostile: str) -> None:
    huge = replace(known["empty"], planned=100_000_000)
    rows = [
        run_row(like(huge, scenario=hostile, environment="漢" * 200, started="漢" * 40), hostile * 3),
        run_row(like(known["missed"], scenario=hostile), "漢" * 90),
    ]
    text = terminal.render(build_history_model(hostile, rows, [Unread(hostile, hostile)]))
    assert all(width(line) <= COLUMNS for line in text.splitlines())
    assert text.replace("\n", "").isprintable()


def test_nothing_in_markdown_is_markup_of_others(known: dict[str, Result], hostile: str) -> None:
    name = f"]({hostile}) 1. www.evil.example http://evil.example"
    rows = [
        run_row(like(known["empty"], scenario=name, environment=name, started=name), name, "a%5D/report.html")
    ]
    text = markdown.render(build_history_model(name, rows, [Unread(name, name)]))
    assert re.findall(r"(?<!\\)\]\(([^)]*)\)", text) == ["a%5D/report.html"]
    assert "<" not in text.replace("&lt;", "")
    assert not re.search(r"www\.|://|@\w|(?<!\\)`", text)
    rows_of_tables = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows_of_tables} == {11}

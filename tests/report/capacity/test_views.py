"""What a search found: the file, and every view of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junit_schema import check_junit
from msgspec import structs

import sessionload.capacity
from sessionload.capacity.capacity_report import CapacityReport, HoldRow, written_labels
from sessionload.report.capacity import junit, markdown, page, terminal
from sessionload.report.capacity.model import build_capacity_model, hold_text
from sessionload.report.model.text_layout import width

SCHEMA = json.loads(Path(sessionload.capacity.__file__).with_name("capacity.schema.json").read_text())


def hold(rate: float, shown: str = "met", **fields: Any) -> HoldRow:  # noqa: ANN401 - any field of a hold
    known = HoldRow(
        rate=rate,
        purpose="bisect",
        shown=shown,
        sure=True,
        because="" if shown == "met" else "p95 < 400ms",
        pieces=1,
        seconds=20,
        arrivals=round(rate * 20),
        failed=0,
        sent_per_s=rate,
        p50_ms=40.0,
        p95_ms=120.0 if shown == "met" else 900.0,
        p99_ms=200.0 if shown == "met" else None,
        run="holds/01-50",
    )
    return structs.replace(known, **fields)


FOUND = CapacityReport(
    id="20261126-120000-abcd",
    started="2026-11-26T12:00:00+00:00",
    seconds=301.5,
    version="0.1.0",
    interrupted=None,
    scenario="launch",
    description="",
    environment={"name": "staging", "url": "https://example.com", "project": "p", "environment": "main"},
    contract={"file": "contracts/openapi.yaml", "operation": "startSession", "sha256": "0" * 64},
    targets=["p95 < 400ms", "error_rate < 0.1%"],
    lowest=50.0,
    highest=5000.0,
    precision=0.05,
    ending="found",
    low=412.0,
    high=425.0,
    because="p95 < 400ms",
    notes=[],
    holds=[
        hold(50, purpose="bracket"),
        hold(800, "missed", purpose="bracket", failed=1),
        hold(412),
        hold(425, "missed", sure=False),
        hold(412, purpose="confirm", seconds=60),
        hold(425, "missed", purpose="refute", seconds=60),
    ],
)
QUOTA = "12 % of the answers were 429"


def ended(ending: str, low: float | None, high: float | None, because: str = "") -> CapacityReport:
    return structs.replace(FOUND, ending=ending, low=low, high=high, because=because)


ENDINGS = {
    "found": (
        FOUND,
        "FOUND: the targets are met up to between 412/s and 425/s: at 425/s 'p95 < 400ms' gave way",
    ),
    "open": (
        ended("open", 5000, None),
        "FOUND: at least 5,000/s, the highest rate that was tried, meets the targets",
    ),
    "too high": (
        ended("too high", None, 50, "p95 < 400ms"),
        "TOO HIGH: not even 50/s, the lowest rate, meets the targets: 'p95 < 400ms' gave way",
    ),
    "throttled": (
        ended("throttled", 200, 400, QUOTA),
        (
            f"CANNOT SAY: 200/s was seen to meet the targets; at 400/s the server throttles ({QUOTA}), "
            "so what it could take without its quota cannot be said"
        ),
    ),
    "throttled at once": (
        ended("throttled", None, 50, QUOTA),
        (
            f"CANNOT SAY: no rate was seen to meet the targets; at 50/s the server throttles ({QUOTA}), "
            "so what it could take without its quota cannot be said"
        ),
    ),
    "void": (
        ended("void", 200, 400, "lag p99 was 30 ms"),
        (
            "CANNOT SAY: 200/s was seen to meet the targets; at 400/s the generator was the limit and not "
            "the server (lag p99 was 30 ms). More generators reach further: --workers"
        ),
    ),
    "unsteady": (
        ended("unsteady", 130, 132, "what was met once was missed the next time, again and again"),
        (
            "CANNOT SAY: the limit moves about 130/s to 132/s: "
            "what was met once was missed the next time, again and again"
        ),
    ),
    "unsteady from the start": (
        ended("unsteady", None, 50, "what was met once was missed the next time, again and again"),
        (
            "CANNOT SAY: no rate was seen to meet the targets; "
            "what was met once was missed the next time, again and again"
        ),
    ),
    "interrupted": (
        structs.replace(ended("interrupted", 200, None), interrupted="SIGINT"),
        "INTERRUPTED: 200/s was seen to meet the targets; SIGINT ended the search before there was an answer",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_has_its_sentence_in_every_view(name: str) -> None:
    report, headline = ENDINGS[name]
    model = build_capacity_model(report)
    assert model.headline == headline
    text = " ".join(terminal.render(model).split())
    assert f"{headline}." in text
    assert model.verdict in markdown.render(model)
    shown = re.sub(r"<[^>]*>", "", page.render(model)).replace("\u00a0", " ")
    assert model.sentence.replace("<", "&lt;").replace("'", "&#39;") in shown
    suite = check_junit(junit.render(model))
    tag = {"FOUND": None, "TOO HIGH": "failure"}.get(model.verdict, "error")
    assert {told.tag for told in suite.iter() if told.tag in {"failure", "error"}} == ({tag} - {None})


@pytest.mark.parametrize("name", ENDINGS)
def test_the_file_keeps_its_schema(name: str) -> None:
    data = json.loads(ENDINGS[name][0].text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(data, SCHEMA)
    assert set(data) == set(SCHEMA["required"]) == set(SCHEMA["properties"]) - {"labels"}
    hold_schema = SCHEMA["properties"]["holds"]["items"]
    assert set(data["holds"][0]) == set(hold_schema["required"]) == set(hold_schema["properties"])


def test_a_terminal_of_80_columns_is_wide_enough() -> None:
    text = terminal.render(build_capacity_model(structs.replace(FOUND, notes=["no rate above it"])), 80)
    assert max(map(width, text.splitlines())) <= 80
    assert "412/s" in text
    assert "no rate above it" in text


def test_a_hold_is_told_in_a_line() -> None:
    assert hold_text(hold(412)) == "held 412/s for 20 s: met, p95 120 ms"
    unsure = hold(412, sure=False, because="p95 < 400ms")
    assert hold_text(unsure) == "held 412/s for 20 s: met, which may be noise (p95 < 400ms), p95 120 ms"
    assert hold_text(hold(425, "missed")) == "held 425/s for 20 s: missed (p95 < 400ms), p95 900 ms"


def test_rows_say_what_is_sure_and_why_each_was_held() -> None:
    rows = build_capacity_model(FOUND).rows
    assert [row.shown for row in rows] == ["met", "missed", "met", "missed, as it stands", "met", "missed"]
    assert rows[1].failed == "0.01 % of 16,000"
    assert rows[1].p99 == "never"
    assert [row.tone for row in rows[:2]] == ["met", "missed"]
    assert rows[4].why == "the answer again, for longer"


def test_the_page_shows_the_knee_and_every_hold() -> None:
    text = page.render(build_capacity_model(FOUND))
    assert text.count("<svg") == 2
    assert text.count('<th scope="row"') == 6
    few = page.render(build_capacity_model(structs.replace(FOUND, holds=[hold(50, "throttled")])))
    assert "Fewer than two rates were held" in few
    noted = page.render(build_capacity_model(structs.replace(FOUND, notes=["no rate above 300/s is tried"])))
    assert "no rate above 300/s is tried" in noted


def test_a_void_hold_and_a_quota_are_drawn_too() -> None:
    holds = [hold(50), hold(100, "void"), hold(200, "throttled", arrivals=0, p50_ms=None, p95_ms=None)]
    report = structs.replace(ended("throttled", 50, 200, QUOTA), holds=holds)
    model = build_capacity_model(report)
    assert page.render(model).count("<svg") == 2
    assert [row.tone for row in model.rows] == ["met", "void", "void"]


def test_names_of_others_are_text() -> None:
    report = structs.replace(
        FOUND, scenario="<b>x</b>", environment={**FOUND.environment, "name": "a|b", "url": "a|b"}
    )
    model = build_capacity_model(report)
    assert model.title == "<b>x</b> on a|b"
    assert "<b>x</b> on" not in page.render(model)
    assert "a&#124;b" in markdown.render(model)
    assert replace(model).headline == model.headline
    noted = build_capacity_model(structs.replace(FOUND, notes=["*bold*"]))
    assert "\\*bold\\*" in markdown.render(noted)


def test_labels_are_in_the_file_and_in_every_view_where_there_are_some() -> None:
    labelled = structs.replace(FOUND, labels=written_labels({"release": "1.4.2", "by": "<i>"}))
    jsonschema.validate(json.loads(labelled.text()), SCHEMA)
    assert json.loads(labelled.text())["labels"] == {"release": "1.4.2", "by": "<i>"}
    assert structs.replace(FOUND, labels=written_labels({})).text() == FOUND.text()
    model = build_capacity_model(labelled)
    for render, shown in (
        (terminal.render, "labels: release=1.4.2, by=<i>"),
        (markdown.render, "Labels: release=1.4.2, by=&lt;i&gt;"),
        (page.render, "Labels: release=1.4.2, by=&lt;i&gt;."),
        (junit.render, '<property name="label.release" value="1.4.2" />'),
    ):
        assert shown in render(model)
        assert "abel" not in render(build_capacity_model(FOUND)) or render is page.render
    check_junit(junit.render(model))

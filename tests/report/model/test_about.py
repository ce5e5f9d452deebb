"""What was tested, on the first screen of every view; the embedded stub is named as such."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.report import html, junit, markdown, terminal
from sessionload.report.history.model import run_row
from sessionload.report.model.about import about, description
from sessionload.report.model.build import build_report_model

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

STUB = {"name": "demo", "url": "embedded stub", "project": "stub", "environment": "main"}
USERS = {"id": "u-{n}", "unique": True, "returning": {"share": "20%", "pool": 5000}}


def test_the_facts_say_where_against_what_and_by_whom(known: dict[str, Result]) -> None:
    met = known["met"]
    result = replace(
        met,
        scenario={**met.scenario, "users": USERS},
        environment={
            "name": "staging",
            "url": "https://host.example",
            "project": "65f1…0a1b2c",
            "environment": "(traffic split)",
            "chosen": "main",
            "key_variable": "VF_API_KEY",
        },
    )
    assert [tuple(fact) for fact in about(result)] == [
        ("Environment", "staging"),
        (
            "URL",
            "https://host.example, project 65f1…0a1b2c, environment (traffic split), the server chose main",
        ),
        ("Contract", "startSession of openapi.yaml, SHA-256 abababababab"),
        ("Users", "u-{n}, 20% returning from a pool of 5000"),
        ("Arrivals", "2,400 session starts planned, even, peak 50/s"),
    ]
    assert description(result) == "A minute with a stall in it."


@pytest.mark.parametrize(
    ("arrivals", "kind", "text"),
    [
        ({"gamma": 0.3}, "rate", "2,400 session starts planned, gamma 0.3, peak 50/s"),
        (
            {"file": "came.csv", "speed": "2x"},
            "file",
            "2,400 session starts planned, from came.csv at 2x, peak 50/s",
        ),
        ({}, "file", "2,400 session starts planned, peak 50/s"),
    ],
)
def test_how_people_arrived_is_said(known: dict[str, Result], arrivals: object, kind: str, text: str) -> None:
    met = known["met"]
    scenario = {**met.scenario, "load": {**met.scenario["load"], "arrivals": arrivals}}
    stages = tuple(replace(stage, kind=kind) for stage in met.stages)
    facts = dict(about(replace(met, scenario=scenario, stages=stages)))
    assert facts["Arrivals"] == text


@pytest.mark.parametrize(
    ("users", "text"),
    [
        ({"id": {"file": "users.csv", "column": "id"}}, "IDs from users.csv"),
        ({"id": {}}, "IDs from a file"),
        ({"id": "u", "returning": {}}, "u, some returning from a pool of them"),
        ({"returning": "20%"}, None),
        ("everybody", None),
        (None, None),
    ],
)
def test_the_users_are_as_the_scenario_has_them(
    known: dict[str, Result], users: object, text: str | None
) -> None:
    facts = dict(about(replace(known["met"], scenario={"users": users})))
    assert facts.get("Users") == text
    assert facts["Arrivals"] == "2,400 session starts planned, peak 50/s"


def test_what_a_result_does_not_say_is_left_out(known: dict[str, Result]) -> None:
    bare = replace(
        known["met"], scenario={"load": {}}, environment={}, contract={"operation": "o", "file": "f"}
    )
    assert dict(about(bare)) == {
        "Contract": "o of f",
        "Arrivals": "2,400 session starts planned, peak 50/s",
    }
    assert description(bare) == ""
    page = html.render(build_report_model(bare))
    assert '<p class="lead">' not in page


def test_the_embedded_stub_is_named_in_every_view_and_no_other_server_is(known: dict[str, Result]) -> None:
    """A MET of the stub must not look like a MET of a real environment."""
    there = build_report_model(known["met"])
    stub = build_report_model(replace(known["met"], environment=STUB))
    for view in (terminal, markdown, junit):
        assert "EMBEDDED STUB" in view.render(stub)
        assert "EMBEDDED STUB" not in view.render(there)
    assert terminal.render(stub).splitlines()[2].startswith("EMBEDDED STUB. ")
    page = html.render(stub)
    assert "<title>MET (embedded stub): " in page
    assert page.index('<p class="stub"><b>Embedded stub</b>') < page.index("<h1>")
    assert 'class="stub"' not in html.render(there)
    assert run_row(replace(known["met"], environment=STUB), "x").environment == "demo (EMBEDDED STUB)"


def test_hostile_facts_are_made_plain(known: dict[str, Result], hostile: str) -> None:
    result = replace(
        known["met"],
        environment={"name": hostile, "url": hostile},
        scenario={"description": hostile, "users": {"id": hostile}},
    )
    texts = [*(fact.text for fact in about(result)), description(result)]
    assert len(texts) == 6
    assert all("\x1b" not in text and "\u202e" not in text for text in texts)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://runtime.shop.svc:8080", True),
        ("http://10.0.0.7", True),
        ("http://[fd12::1]:80", True),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]", False),
        ("https://10.0.0.7", False),
        ("embedded stub", False),
    ],
)
def test_a_run_without_tls_says_so(known: dict[str, Result], url: str, said: bool) -> None:  # noqa: FBT001
    facts = dict(about(replace(known["met"], environment={"name": "pods", "url": url})))
    assert ("Without TLS" in facts) == said
    assert not said or "could read the key" in facts["Without TLS"]


def test_a_scaled_scenario_is_said_to_be_one(known: dict[str, Result]) -> None:
    met = known["met"]
    scaled = replace(met, scenario={**met.scenario, "scale": {"rate": "10%", "time": "1m"}})
    assert dict(about(scaled))["Arrivals"].endswith("peak 50/s, scaled: rate 10%, time 1m")
    assert "; the scenario was scaled: rate 10%, time 1m" in build_report_model(scaled).headline
    assert "scaled" not in build_report_model(met).headline

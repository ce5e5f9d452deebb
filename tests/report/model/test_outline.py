"""The plan of a run, shown before anything is sent: what is shown is what would run."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sessionload.config.contract_files import read_contract
from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.report.model.outline import outline

KEY = "VF.DM.canary.5a0e8be17c"
CONTRACT, SHA256 = read_contract(Path(__file__).parents[3] / "contracts" / "openapi.yaml")
REMOTE = {
    "url": "https://runtime.example",
    "project": "0123456789abcdef",
    "environment": "main",
    "api_key": "${OUTLINE_KEY}",
}


def planned(
    *,
    users: dict[str, Any] | None = None,
    load: dict[str, Any] | None = None,
    targets: list[Any] | None = None,
    slo: dict[str, str] | None = None,
    environment: str = "staging",
    contract: object = CONTRACT,
    turns: dict[str, Any] | None = None,
    **fields: object,
) -> RunSpec:
    stages = [
        {"name": "warm-up", "rate": "10/s", "duration": "30s", "warmup": True},
        {"name": "ramp", "rate": "10/s", "ramp_to": "250/s", "duration": "2m"},
        {"name": "long", "rate": "1500/min", "duration": "1h"},
    ]
    inputs = RunInputs(
        run_id="r1",
        started="2026-01-01T00:00:00+00:00",
        scenario={
            "name": "launch",
            "environment": environment,
            "users": users or {"id": "user-{run}-{n:06d}"},
            "load": {
                key: value for key, value in ({"stages": stages} | (load or {})).items() if value is not None
            },
            "targets": targets or ["p95 < 400ms"],
            **({"slo": slo} if slo else {}),
            **({"turns": turns} if turns else {}),
        },
        scenario_file="scenario.yaml",
        environments={"staging": {**REMOTE, **fields}, "stub": {"embedded": True}},
        environments_file="environments.yaml",
        environment=environment,
        contract=contract,
        contract_file="openapi.yaml",
        contract_sha256=SHA256,
        machine={"processors": "2"},
    )
    return run_spec_of(inputs, {"OUTLINE_KEY": KEY})


def test_what_the_contract_says_and_nobody_checks_is_listed() -> None:
    contract = deepcopy(CONTRACT)
    schema = contract["components"]["schemas"]["SessionStart"]
    for number in range(12):
        schema["properties"][f"p{number}"] = {"type": "string", "format": f"house-{number}"}
    lines = part(outline(planned(contract=contract)), "in the contract, but not checked")
    assert lines[0] == "format 'house-0' of '#/components/schemas/SessionStart/properties/p0'"
    assert (len(lines), lines[-1]) == (11, "2 more")
    assert "not checked" not in outline(planned())


def part(text: str, title: str) -> list[str]:
    """Return the lines below a title, without their indentation."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return [line.strip() for line in lines[start:end]]


def test_totals_are_those_of_the_schedule() -> None:
    """30 s at 10/s, 2 min at 130/s on average, an hour at 25/s: 300, 15,600 and 90,000."""
    text = outline(planned())
    assert text.splitlines()[0] == "launch: 105,900 sessions in 62.5 min, even, at most 250/s"
    assert [" ".join(line.split()) for line in part(text, "stages")] == [
        "warm-up 10/s 30 s 300 warm-up",
        "ramp 10/s to 250/s 2 min 15,600",
        "long 25/s 60 min 90,000",
        "(warm-up is shown, not judged)",
    ]


def test_bursts_and_recorded_arrivals_are_planned_as_such() -> None:
    load = {"arrivals": {"gamma": 0.3}, "stages": [{"name": "doors", "arrivals": 200, "within": "200ms"}]}
    text = outline(planned(load=load))
    assert text.splitlines()[0] == "launch: 200 sessions in 200 ms, gamma 0.3, at most 200/s"
    assert [" ".join(line.split()) for line in part(text, "stages")] == ["doors burst 200 ms 200"]
    text = outline(planned(load={"arrivals": {"file": "came.csv"}, "stages": None}))
    assert text.splitlines()[0] == "launch: 1 session in 1 ms, from came.csv, at most 1/s"
    assert [" ".join(line.split()) for line in part(text, "stages")] == ["came.csv as recorded 1 ms 1"]


def test_where_it_goes_is_named_without_the_key_or_the_whole_project() -> None:
    text = outline(planned())
    where = " ".join(line.strip() for line in text.splitlines()[1:3])
    assert where.startswith("to https://runtime.example project 0123…")
    assert "environment main (staging)" in where
    assert KEY[:8] not in text
    assert REMOTE["project"] not in text
    assert "to embedded stub" in outline(planned(environment="stub"))


def test_the_first_user_ids_and_the_last_are_shown() -> None:
    lines = [line.split() for line in part(outline(planned()), "user IDs")]
    assert lines == [
        *([str(number), f"user-r1-{number:06d}"] for number in range(5)),
        ["105,899", "user-r1-105899"],
        ["the", "preflight", "is", "sessionload-preflight-r1"],
    ]


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 59), (61, "x" * 60 + "…"), (256, "x" * 60 + "…")])
def test_a_long_user_id_is_shortened(length: int, shown: str) -> None:
    users = {"id": "x" * (length - 1) + "{n}", "returning": {"share": "99%", "pool": 1}, "unique": False}
    load = {"stages": [{"name": "peak", "rate": "1/s", "duration": "9s"}]}
    lines = part(outline(planned(users=users, load=load)), "user IDs")
    assert lines[0].split()[1].removesuffix("0") == shown


def test_limits_are_those_of_the_scenario_and_of_the_environment() -> None:
    load = {"timeout": "2500ms", "max_in_flight": 1234, "connections": "per_session"}
    limits = "\n".join(
        part(outline(planned(load={**load, "max_lag": "20ms", "max_cpu": "75%"}, max_rate="300/s")), "limits")
    )
    lost = part(outline(planned(load={"max_lost": "2%"})), "limits")
    assert "void if more than 2 % of the arrivals are lost" in lost
    assert "patience: who is not sent within 5 s of being due gives up" in "\n".join(
        part(outline(planned(load={"patience": "5s"})), "limits")
    )
    assert "no patience: while the server holds them all" in limits
    slo = {"within": "400ms", "share": "99.5%", "period": "7d"}
    assert "slo: 99.5% within 400ms over 7d  (its budget is reported)" in outline(planned(slo=slo))
    for expected in ("2.5 s, at most 1,234 in flight, connections: per_session", "20 ms", "300/s"):
        assert expected in limits
    assert "the environment allows any rate\n" in outline(planned()) + "\n"
    assert "the environment allows any rate and 9,000 session starts" in outline(planned(max_sessions=9000))


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ({}, "addresses of the host: all; each TLS session may take up an earlier one"),
        (
            {"addresses": "first", "tls_resumption": False},
            "addresses of the host: first; each TLS session makes a full handshake",
        ),
    ],
)
def test_how_connections_are_made_is_shown(load: dict[str, Any], expected: str) -> None:
    assert expected in part(outline(planned(load=load)), "limits")


def test_targets_are_shown_with_what_they_do() -> None:
    targets = [
        "p95 < 400ms",
        {"expr": "error_rate < 5%", "window": "30s", "abort": True},
        {"expr": "p99 < 1s", "stages": ["ramp"]},
    ]
    lines = part(outline(planned(targets=targets)), "targets")
    assert lines[0] == "p95 < 400ms"
    assert lines[1].startswith("error_rate < 5%")
    assert "30 s" in lines[1]
    assert "stops" in lines[1]
    assert lines[2] == "p99 < 1s in stage ramp"
    assert lines[3] == "contract_violations == 0  (always judged)"
    own = part(outline(planned(targets=["contract_violations == 0"])), "targets")
    assert own == ["contract_violations == 0"]


def test_it_ends_by_saying_that_nothing_was_sent() -> None:
    text = outline(planned())
    assert text.endswith("Each arrival starts a session. Nothing was sent.")
    assert outline(planned()) == text


def test_the_first_body_is_shown_without_a_user() -> None:
    title = "the body of the first request"
    assert part(outline(planned()), title) == ['{"userID":"<user ID>"}']
    also = {f"property-{number}": [number, "x"] for number in range(47)}
    shown = part(outline(planned(users={"id": "u{n}", "also": {"name": "é" * 500, **also}})), title)
    assert shown[:2] == ["{", '"userID": "<user ID>",']
    assert shown[2].startswith('"name": "ééé')
    assert shown[2].endswith("…")
    assert shown[3] == '"property-0": 0,'
    assert len(shown) == 41
    assert shown[-1] == "… and 11 more lines"
    shown = part(outline(planned(users={"id": "u{n}", "also": {"name": "é" * 80}})), title)
    assert shown == ["{", '"userID": "<user ID>",', f'"name": "{"é" * 80}"'[:75] + "…", "}"]


def test_80_columns_are_enough_whatever_things_are_called() -> None:
    stages = [
        {"name": "n" * 64, "rate": "1/s", "ramp_to": "123456.78/s", "duration": "1m", "warmup": True},
        {"people": 50, "every": "3s", "duration": "30s"},
    ]
    targets = [{"expr": "connection_errors < 0.000000000000000000000000001%", "window": "20s", "abort": True}]
    spec = planned(load={"stages": stages}, targets=targets, max_rate="1000000/s", max_sessions=100_000_000)
    text = outline(spec)
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= 80
    rows = part(text, "stages")
    assert rows[0].startswith("n" * 25 + "…")
    assert rows[1].split()[-4:] == ["16.67/s", "30", "s", "500"]


def test_what_is_not_set_is_named_and_the_run_is_told_to_be_scaled() -> None:
    spec = planned(project="https://p.not-set.invalid")
    text = outline(spec, {"https://p.not-set.invalid": "PROJECT", "https://k.not-set.invalid": "KEY"})
    assert "project ${PROJECT}, environment main" in text
    assert part(text, "not set here, and needed by a run") == ["PROJECT", "KEY"]
    assert "not-set" not in text
    assert "scaled" not in text
    scaled = replace(
        spec,
        scenario=replace(
            spec.scenario, resolved={**spec.scenario.resolved, "scale": {"rate": "10%", "time": "1m"}}
        ),
    )
    assert outline(scaled).splitlines()[1] == "scaled: rate 10%, time 1m"


@pytest.mark.parametrize(("duration", "said"), [("59s", "59 s"), ("90s", "1.5 min"), ("2h", "120 min")])
def test_the_length_is_said_in_minutes(duration: str, said: str) -> None:
    load = {"stages": [{"rate": "1/s", "duration": duration}]}
    assert f"sessions in {said}, even" in outline(planned(load=load))


def test_a_run_without_tls_is_told_so_before_it() -> None:
    text = outline(planned(url="http://runtime.shop.svc:8080", plain_http="allowed"))
    assert "without TLS: plain_http is allowed there" in text
    assert "without TLS" not in outline(planned())
    assert "without TLS" not in outline(planned(environment="stub"))
    assert "without TLS" not in outline(planned(url="http://127.0.0.1:8080"))


def test_labels_are_in_the_plan() -> None:
    spec = planned()
    labelled = replace(
        spec, header=replace(spec.header, run=replace(spec.header.run, labels={"release": "1"}))
    )
    assert "\nlabels: release=1\nto https://" in outline(labelled)
    assert "labels" not in outline(spec)


TURNS = {"share": "10%", "say": ["launch", "hello", "x" * 50], "think": "2s..8s"}


def test_turns_are_planned_with_what_they_may_cost() -> None:
    """At 250/s 25 conversations begin in a second: 75 turns, and 25 x 2 x 5 s of thinking."""
    spec = planned(turns=TURNS, max_turns=100_000)
    text = " ".join(outline(spec).split())
    assert "10 % of the arrivals take 3 turns each, answered as streams" in text
    assert spec.header.planned_turns == 3 * spec.scenario.turns.takers(spec.header.planned, 1)  # type: ignore[union-attr]
    assert f"{spec.header.planned_turns:,} turns, at the peak 75/s; they may be paid for" in text
    assert "at the peak about 250 users think at once, and about 75 users more wait for each" in text
    assert "timeout 30 s, thinking 2 s to 8 s between turns" in text
    assert f"{'x' * 40}…" in text
    assert "the environment allows 100,000 turns" in text
    assert "turn.contract_violations == 0 (always judged)" in text
    assert text.endswith("Each arrival starts a session, and some take turns with it. Nothing was sent.")


def test_one_turn_needs_no_thinking() -> None:
    one = {"share": "1%", "say": ["launch"], "think": "1s", "mode": "whole"}
    text = " ".join(outline(planned(turns=one, targets=["turn.contract_violations == 0"])).split())
    assert "take 1 turn each, answered as a whole" in text
    assert "at the peak no users think at once, and about 2 users more wait" in text
    assert "thinking 1 s between turns" in text
    assert "any number of turns" in text
    assert "turn.contract_violations == 0 (always" not in text


def test_who_returns_may_cost_a_turn_more() -> None:
    users = {"id": "user-{n}", "returning": {"share": "20%", "pool": 50}}
    spec = planned(turns=TURNS, users=users)
    assert f"and up to {spec.header.planned_turns // 3:,} turns with a key that a later start" in outline(
        spec
    )
    assert "turns" not in outline(planned())

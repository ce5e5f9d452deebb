"""Runs whose every number can be worked out beforehand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from world import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def test_a_stall_of_three_seconds_is_charged_to_everyone_who_was_due_in_it(
    world: World, agrees: Agrees
) -> None:
    """100/s for 30 s, frozen from 10 s to 13 s: 300 of 3,000 arrivals (10 %) wait between 3 s and nothing.

    The waits are spread evenly over 0 to 3 s, so half of the tenth, 5 % of all, wait longer than 1.5 s: the
    p95 is 1.5 s. The longest wait is that of the arrival due when the stall began: 3 s. Nine in ten
    arrivals never met the stall, so half of all were answered within the stub's 2 ms and a
    little more. The bounds allow for a machine that is busy: 50 ms at the top, where one arrival counts,
    and 10 % at the p95, where one arrival in 3,000 is 10 ms.
    """
    stub = world.stub("stall from 10s for 3s")
    ended = world.run("run", world.scenario("100/s", "30s", target="p95 < 1s"), within=90)
    result = ended.result
    assert ended.code == 1
    assert ended.out.startswith("MISSED")
    assert result["arrivals"] == {"planned": 3000, "sent": 3000, "unsent": 0, "lost": 0}
    response, service = result["latency_ms"]["response"], result["latency_ms"]["service"]
    assert response["count"] == 3000
    assert abs(response["max"] - 3000) < 50
    assert 1350 < response["p95"] < 1650
    assert service["p50"] < 50
    assert result["outcomes"]["ok"] == 3000
    agrees(stub, result)


def test_a_thousand_a_second_are_all_sent_over_few_connections(world: World, agrees: Agrees) -> None:
    """With answers after 5 ms about 5 arrivals are in flight at once, and that many connections are enough.

    A busy machine bunches arrivals up, so the bound is what was in flight at most, not 5.
    """
    stub = world.stub(latency="5ms")
    ended = world.run("run", world.scenario("1000/s", "10s"))
    result = ended.result
    assert ended.code == 0
    assert result["arrivals"] == {"planned": 10_000, "sent": 10_000, "unsent": 0, "lost": 0}
    generator = result["generator"]
    assert generator["connections_opened"] <= generator["peak_in_flight"] + 5
    assert stub.ledger()["connections"] == generator["connections_opened"]
    agrees(stub, result)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("missing_key", "body/required/sessionKey"), ("empty_key", "key/empty"), ("not_json", "json/not_json")],
)
def test_every_hundredth_broken_response_is_one_finding(
    world: World, agrees: Agrees, fault: str, cause: str
) -> None:
    """1,000 arrivals, each hundredth answered wrongly: ten violations, told once, and the run is missed."""
    stub = world.stub(f"{fault} every 100")
    ended = world.run("run", world.scenario("500/s", "2s"))
    result = ended.result
    assert ended.code == 1
    assert result["outcomes"]["contract_violation"] == 10
    assert result["outcomes"]["ok"] == 990
    assert [(finding["cause"], finding["count"]) for finding in result["findings"]] == [(cause, 10)]
    agrees(stub, result)


def test_one_key_for_everybody_is_found_at_the_second_user(world: World, agrees: Agrees) -> None:
    stub = world.stub("same_key from 0s for 1h")
    ended = world.run("run", world.scenario("100/s", "1s"))
    assert ended.code == 1
    assert ended.result["outcomes"]["contract_violation"] == 99
    assert [finding["cause"] for finding in ended.result["findings"]] == ["key/repeated"]
    agrees(stub, ended.result)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("status 503 every 5", "server_error"),
        ("throttle retry-after 1 every 5", "throttled"),
        ("status 401 every 5", "rejected"),
        ("status 302 every 5", "contract_violation"),
        ("close every 5", "connection_error"),
        ("reset every 5", "connection_error"),
        ("banner every 5", "protocol_error"),
        ("big_header every 5", "protocol_error"),
        ("hang every 5", "timeout"),
        ("slow_drip every 5", "timeout"),
    ],
)
def test_whatever_the_server_does_is_one_outcome(
    world: World, agrees: Agrees, fault: str, outcome: str
) -> None:
    """Of 100 arrivals each fifth meets the fault; none is sent again and none is lost."""
    stub = world.stub(fault)
    ended = world.run("run", world.scenario("100/s", "1s", timeout="1s", target="p50 < 900ms"))
    result = ended.result
    assert result["outcomes"][outcome] == 20
    assert result["outcomes"]["ok"] == 80
    assert result["latency_ms"]["response"]["p50"] is not None
    assert result["latency_ms"]["response"]["p90"] is None
    agrees(stub, result)


def test_answers_in_flight_when_the_schedule_ends_are_waited_for(world: World, agrees: Agrees) -> None:
    """Each answer takes 3 s and the schedule 1 s: all are in flight at its end, and all are counted."""
    stub = world.stub(latency="3s")
    ended = world.run("run", world.scenario("50/s", "1s"))
    assert ended.code == 0
    assert ended.result["outcomes"]["ok"] == 50
    assert ended.result["latency_ms"]["service"]["min"] >= 2990
    agrees(stub, ended.result)


def test_a_server_that_is_too_slow_leaves_arrivals_unsent_and_the_generator_innocent(
    world: World, agrees: Agrees
) -> None:
    """Two in flight, half a second each: 4/s of the 50/s wanted. The rest is queueing, not lag."""
    stub = world.stub(latency="500ms")
    scenario = world.scenario("50/s", "3s", target="achieved_rate >= 99%")
    ended = world.run("run", scenario, "--set", "load.max_in_flight=2")
    result = ended.result
    assert ended.code == 1
    assert result["verdict"]["state"] == "missed"
    assert result["verdict"]["reasons"] == []
    assert result["arrivals"]["planned"] == 150
    assert result["arrivals"]["unsent"] > 130
    assert result["generator"]["peak_in_flight"] == 2
    assert result["latency_ms"]["lag"]["p99"] < result["latency_ms"]["lateness"]["p99"] / 2
    agrees(stub, result)


def test_poisson_arrivals_are_all_sent_and_counted(world: World, agrees: Agrees) -> None:
    stub = world.stub()
    ended = world.run("run", world.scenario("200/s", "2s"), "--set", "load.arrivals=poisson")
    assert ended.code == 0
    assert ended.result["arrivals"]["sent"] == ended.result["arrivals"]["planned"]
    agrees(stub, ended.result)


def test_a_target_that_aborts_stops_the_run(world: World, agrees: Agrees) -> None:
    """The first violation is one too many: the run ends within a few seconds of a minute, and is missed."""
    stub = world.stub("missing_key on 50")
    target = "{expr: contract_violations == 0, abort: true}"
    ended = world.run("run", world.scenario("50/s", "1m", target=target))
    result = ended.result
    assert ended.code == 1
    assert result["run"]["aborted_by"] == "contract_violations == 0"
    assert result["run"]["seconds"] < 20
    assert result["arrivals"]["unsent"] > 1500
    agrees(stub, result)


def test_a_warm_up_is_shown_and_not_judged(world: World, agrees: Agrees) -> None:
    """All hundred violations are in the warm-up: they are counted and found, and the run is met."""
    stub = world.stub("missing_key on 1..100")
    scenario = world.scenario("100/s", "1s")
    stage = "rate: 100/s, duration: 1s"
    warm = f"[{{name: warm, {stage}, warmup: true}}, {{name: on, {stage}}}]"
    text = (world.folder / scenario).read_text()
    start, end = text.index("  stages:"), text.index("  timeout:")
    (world.folder / scenario).write_text(f"{text[:start]}  stages: {warm}\n{text[end:]}")
    ended = world.run("run", scenario)
    assert ended.code == 0
    assert ended.result["outcomes"]["contract_violation"] == 100
    assert ended.result["latency_ms"]["response"]["count"] == 100
    agrees(stub, ended.result)


def test_the_result_keeps_its_schema_and_can_be_reported_again(world: World) -> None:
    world.stub()
    ended = world.run("run", world.scenario("100/s", "1s"))
    schema = json.loads((ROOT / "src/sessionload/verdict/result.schema.json").read_text())
    jsonschema.validate(ended.result, schema)
    folder = ended.folder
    names = {"summary.md", "junit.xml", "timeline.csv", "spectrum.hgrm", "report.html"}
    before = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / name).unlink()
    again = world.run("report", str(folder), "--format", "html,md,junit,csv,hgrm")
    assert again.code == 0
    assert {name: (folder / name).read_bytes() for name in names} == before

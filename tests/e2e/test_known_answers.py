"""Runs whose every number can be worked out beforehand."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from world import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def test_a_stall_of_a_second_is_charged_to_everyone_who_was_due_in_it(world: World, agrees: Agrees) -> None:
    """100/s for 10 s, frozen from 3 s to 4 s: 100 of 1,000 arrivals (10 %) wait between 1 s and nothing.

    The waits are spread evenly over 0 to 1 s, so half of the tenth, 5 % of all, wait longer than 0.5 s: the
    p95 is 0.5 s. The longest wait is that of the arrival due when the stall began: 1 s. Nine in ten arrivals
    never met the stall, so half of all were answered within the stub's 2 ms and a little more. The bounds
    allow for a machine that is busy: 100 ms at the top, where one arrival counts, and as much at the p95,
    where one arrival in 1,000 is 10 ms.
    """
    stub = world.stub("stall from 3s for 1s")
    ended = world.run("run", world.scenario("100/s", "10s", target="p95 < 300ms"))
    result = ended.result
    assert ended.code == 1
    assert ended.out.startswith("MISSED")
    assert result["arrivals"] == {"planned": 1000, "sent": 1000, "unsent": 0, "lost": 0}
    response, service = result["latency_ms"]["response"], result["latency_ms"]["service"]
    assert response["count"] == 1000
    assert abs(response["max"] - 1000) < 100
    assert 400 < response["p95"] < 600
    assert service["p50"] < 50
    assert result["outcomes"]["ok"] == 1000
    agrees(stub, result)


@pytest.mark.long
def test_a_thousand_a_second_are_all_sent_over_few_connections(world: World, agrees: Agrees) -> None:
    """With answers after 5 ms about 5 arrivals are in flight at once, and that many connections are enough.

    A busy machine bunches arrivals up, so the bound is what was in flight at most, not 5.
    """
    stub = world.stub(latency="5ms")
    ended = world.run("run", world.scenario("1000/s", "3s"))
    result = ended.result
    assert ended.code == 0
    assert result["arrivals"] == {"planned": 3000, "sent": 3000, "unsent": 0, "lost": 0}
    generator = result["generator"]
    assert generator["connections_opened"] <= generator["peak_in_flight"] + 5
    assert stub.ledger()["connections"] == generator["connections_opened"]
    agrees(stub, result)


def test_each_kind_of_broken_response_is_a_finding_with_its_count(world: World, agrees: Agrees) -> None:
    """Of 1,000 answers each hundredth has no key, the first ten an empty one; the next ten are no JSON."""
    stub = world.stub("missing_key every 100", "empty_key on 1..10", "not_json on 11..20")
    ended = world.run("run", world.scenario("500/s", "2s"))
    result = ended.result
    assert ended.code == 1
    assert result["outcomes"]["contract_violation"] == 30
    assert result["outcomes"]["ok"] == 970
    assert {finding["cause"]: finding["count"] for finding in result["findings"]} == {
        "body/required/sessionKey": 10,
        "key/empty": 10,
        "json/not_json": 10,
    }
    agrees(stub, result)


@pytest.mark.variation
def test_one_key_for_everybody_is_found_at_the_second_user(world: World, agrees: Agrees) -> None:
    stub = world.stub("same_key from 0s for 1h")
    ended = world.run("run", world.scenario("100/s", "1s"))
    assert ended.code == 1
    assert ended.result["outcomes"]["contract_violation"] == 99
    assert [finding["cause"] for finding in ended.result["findings"]] == ["key/repeated"]
    agrees(stub, ended.result)


FAULTS = {
    "status 503": ("server_error", "server_error/503"),
    "throttle retry-after 1": ("throttled", "throttled/429"),
    "status 401": ("rejected", "rejected/401"),
    "status 302": ("contract_violation", "status/302"),
    "close": ("connection_error", None),
    "reset": ("connection_error", None),
    "banner": ("protocol_error", "protocol/malformed"),
    "big_header": ("protocol_error", "protocol/head_too_large"),
    "hang": ("timeout", "timeout/answer"),
    "slow_drip": ("timeout", "timeout/body"),
}
"""What a run makes of a fault: an outcome, and a cause unless that depends on how old a connection is."""


def test_whatever_the_server_does_is_one_outcome(world: World, agrees: Agrees) -> None:
    """Each fault meets ten arrivals in a row, and 150 more meet none; none is sent again and none is lost."""
    faults = [f"{fault} on {place * 10 + 1}..{place * 10 + 10}" for place, fault in enumerate(FAULTS)]
    stub = world.stub(*faults)
    ended = world.run("run", world.scenario("100/s", "2500ms", timeout="1s", target="p50 < 900ms"))
    result = ended.result
    expected = Counter(outcome for outcome, _ in FAULTS.values() for _ in range(10))
    assert {name: count for name, count in result["outcomes"].items() if count} == {"ok": 150, **expected}
    counts = Counter({finding["cause"]: finding["count"] for finding in result["findings"]})
    assert all(counts[cause] == 10 for _, cause in FAULTS.values() if cause)
    assert result["latency_ms"]["response"]["p50"] is not None
    assert result["latency_ms"]["response"]["p75"] is None
    agrees(stub, result)


@pytest.mark.variation
def test_answers_in_flight_when_the_schedule_ends_are_waited_for(world: World, agrees: Agrees) -> None:
    """Each answer takes 1.5 s and the schedule 1 s: all are in flight at its end, and all are counted."""
    stub = world.stub(latency="1500ms")
    ended = world.run("run", world.scenario("50/s", "1s"))
    assert ended.code == 0
    assert ended.result["outcomes"]["ok"] == 50
    assert ended.result["latency_ms"]["service"]["min"] >= 1490
    agrees(stub, ended.result)


@pytest.mark.long
def test_a_server_that_is_too_slow_leaves_arrivals_unsent_and_the_generator_without_lag(
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


@pytest.mark.long
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


@pytest.mark.long
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

"""The search for the highest rate, on the real command and the stub. A whole search takes minutes."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sessionload.cli.cli import cli

if TYPE_CHECKING:
    from world import Ended, World

ENVIRONMENTS = """\
pool: {{embedded: true, latency: "exponential(mean=40ms)", concurrency: 2}}
slow: {{embedded: true, latency: 900ms}}
quota: {{embedded: true, latency: 1ms, faults: [throttle every 5]}}
small: {{extends: remote, max_sessions: 1000}}
calm: {{extends: remote, max_rate: 30/s}}
remote: {{url: "{url}", project: p, environment: main, api_key: "${{SESSIONLOAD_STUB_KEY}}"}}
"""
SCENARIO = """\
name: limit
users: {{id: "limit-{{run}}-{{n}}"}}
load:
  stages: [{{rate: {rate}, duration: {duration}}}]
  timeout: {timeout}
  max_lag: 10s
targets: ["{target}"]
"""


@pytest.fixture
def asked(world: World) -> list[str]:
    """What all searches here have in common."""
    world.environments("http://127.0.0.1:9", ENVIRONMENTS)
    scenario = world.scenario(timeout="2s", target="p95 < 300ms", text=SCENARIO)
    return ["capacity", scenario, "--environments", "environments.yaml"]


def report_of(ended: Ended) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((ended.folder / "capacity.json").read_text())
    return data


def test_a_plan_sends_nothing_and_says_the_worst(world: World, asked: list[str]) -> None:
    ended = world.run(*asked, "--environment", "calm", "--from", "10/s", "--to", "80/s", "--plan")
    assert ended.code == 0
    assert "no rate above 30/s is tried: that is the max_rate of 'calm'" in ended.out
    assert "at most " in ended.out
    assert ended.out.endswith("Nothing was sent.\n")


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--from", "80/s", "--to", "10/s"], "bad-range", "--to: 10/s is below 80/s"),
        (["--from", "10/s", "--to", "80/s", "--scale", "rate=10%"], "option-without-meaning", "--scale: "),
        (["--from", "10", "--to", "80/s"], "bad-rate", "did you mean 10/s?"),
        (["--from", "10/s", "--to", "80/s", "--precision", "0%"], "bad-precision", "write it like 5%"),
        (["--from", "10/s", "--to", "80/s", "--precision", "5"], "bad-precision", "did you mean 5%?"),
        (
            ["--from", "10/s", "--to", "80/s", "--environment", "small"],
            "too-many-sessions",
            "over the max_sessions 1,000",
        ),
        (["--from", "40/s", "--to", "80/s", "--environment", "calm"], "rate-over-limit", "40/s is over"),
    ],
)
def test_what_is_refused(
    world: World,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    code: str,
    sentence: str,
) -> None:
    monkeypatch.chdir(world.folder)
    ended = CliRunner().invoke(cli, [*asked, *options], env=world.variables)
    assert ended.exit_code == 2
    assert f"[{code}]" in ended.stderr
    assert sentence in ended.stderr
    assert not (world.folder / "reports").exists()


def test_a_failed_preflight_leaves_nothing(world: World, asked: list[str]) -> None:
    ended = world.run(*asked, "--environment", "remote", "--from", "10/s", "--to", "80/s")
    assert ended.code == 4
    assert not list(world.folder.glob("reports/*"))


@pytest.mark.long
def test_a_signal_ends_a_search_with_what_there_is(world: World, asked: list[str]) -> None:
    process = world.start(
        *asked, "--environment", "pool", "--from", "10/s", "--to", "80/s", "--out", "found", "--quiet"
    )
    slices = world.folder / "found" / "holds" / "01-10" / "slices.jsonl"
    end = time.monotonic() + 30
    while not (slices.exists() and slices.read_text().count("\n") > 2):
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    ended = world.end(process)
    assert ended.code == 130
    assert ended.out.startswith("INTERRUPTED: no rate was seen to meet the targets; SIGINT ended the search")
    report = report_of(ended)
    assert (report["ending"], report["interrupted"], report["holds"]) == ("interrupted", "SIGINT", [])


@pytest.mark.long
@pytest.mark.parametrize(
    ("environment", "code", "ending", "sentence"),
    [
        ("slow", 1, "too high", "TOO HIGH: not even 10/s, the lowest rate, meets the targets"),
        (
            "quota",
            3,
            "throttled",
            "CANNOT SAY: no rate was seen to meet the targets; at 10/s the server throttles",
        ),
    ],
)
def test_a_search_that_ends_with_its_first_hold(
    world: World, asked: list[str], environment: str, code: int, ending: str, sentence: str
) -> None:
    options = ["--environment", environment, "--from", "10/s", "--to", "20/s", "--quiet"]
    ended = world.run(*asked, *options, within=120)
    assert ended.code == code
    assert " ".join(ended.out.split()).startswith(sentence)
    report = report_of(ended)
    assert (report["ending"], len(report["holds"])) == (ending, 1)
    assert {path.name for path in ended.folder.iterdir()} == {
        "capacity.json",
        "capacity.html",
        "capacity.md",
        "junit.xml",
        "holds",
    }
    assert (ended.folder / report["holds"][0]["run"] / "result.json").exists()


@pytest.mark.minutes
@pytest.mark.long
def test_the_limit_of_a_pool_is_its_channels_by_its_mean_service_time(world: World, asked: list[str]) -> None:
    """Two channels of 40 ms: no more than 50/s, whatever the targets; p95 gives way some way below."""
    options = ["--environment", "pool", "--from", "10/s", "--to", "80/s", "--precision", "25%", "--quiet"]
    ended = world.run(*asked, *options, within=1500)
    report = report_of(ended)
    assert ended.code == 0, ended.out
    assert report["ending"] == "found"
    assert 25 <= report["low"] <= 50
    assert report["low"] < report["high"] <= report["low"] * 1.25
    assert report["because"] == "p95 < 300ms"


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        (
            "{expr: p95 < 300ms, stage: peak}",
            "a search has stages of its own; leave out stage",
            "unknown-stage",
        ),
        ("recovery.p95 < 1s within 5s after peak", "a search has stages of its own", "unknown-stage"),
        ("drift.p95 < 5%/h", "needs a longer time at one rate than a search holds it", "drift-in-search"),
    ],
)
def test_a_target_that_a_hold_cannot_show_is_refused(
    world: World, asked: list[str], monkeypatch: pytest.MonkeyPatch, target: str, said: str, code: str
) -> None:
    command, scenario, *options = asked
    text = (world.folder / scenario).read_text()
    (world.folder / scenario).write_text(text.replace('["p95 < 300ms"]', f"[{target}]"))
    monkeypatch.chdir(world.folder)
    bounds = ["--from", "10/s", "--to", "80/s", "--environment", "pool"]
    ended = CliRunner().invoke(cli, [command, scenario, *options, *bounds], env=world.variables)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert f"[{code}]" in ended.stderr

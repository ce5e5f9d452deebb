"""What is refused, and how: one sentence, its exit code, and not one request under load."""

from __future__ import annotations

import csv
import os
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from world import ROOT, free_port

from sessionload.cli.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

BROKEN = ROOT / "tests" / "broken"
CASES = list(csv.DictReader((BROKEN / "expected.csv").read_text().splitlines()))
VARIABLES = {
    "VF_PROJECT_ID": "0123456789abcdef01234567",
    "VF_API_KEY": "VF.DM.0123456789abcdef.canary",
    "VF_EMPTY": "",
    "VF_SPACED": "VF.DM.0123456789abcdef canary",
}


def files_of(name: str) -> tuple[Path, Path]:
    """Return the scenario and the environments file of a case; what is not broken is good."""
    scenario, environments = BROKEN / f"{name}.scenario.yaml", BROKEN / f"{name}.environments.yaml"
    return (
        scenario if scenario.exists() else BROKEN / "good.scenario.yaml",
        environments if environments.exists() else BROKEN / "good.environments.yaml",
    )


def arguments_of(command: str, name: str) -> list[str]:
    scenario, environments = files_of(name)
    contract = ROOT / "contracts" / "openapi.yaml"
    return [command, str(scenario), "--environments", str(environments), "--contract", str(contract)]


def check(case: dict[str, str], message: str) -> None:
    scenario, environments = files_of(case["name"])
    broken = environments if environments.parent == BROKEN and "good" not in environments.name else scenario
    assert "Traceback" not in message
    assert "canary" not in message
    assert "canary" not in message
    message, *excerpt = message.strip().splitlines()
    assert len(excerpt) in {0, 2}, excerpt
    assert all(re.match(r"  [ \d]+ \| ", line) for line in excerpt)
    place = ":".join(filter(None, (str(broken), case["line"], case["column"])))
    assert message.startswith(f"error: {place}"), message
    assert message.rstrip().endswith(f"[{case['code']}]"), message
    assert case["hint"] in message


def test_there_are_enough_broken_files() -> None:
    assert len(CASES) >= 40


OF_RUNS = [case for case in CASES if case["code"] in {"missing-variable", "not-confirmed"}]
"""What a run needs and a plan does not."""


@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in OF_RUNS], ids=lambda case: str(case["name"])
)
def test_a_broken_file_is_refused_with_place_and_cure(case: dict[str, str]) -> None:
    """The command line in this process, for all: the same path that `run` takes before any traffic."""
    ended = CliRunner().invoke(cli, arguments_of("plan", case["name"]), env=VARIABLES)
    assert ended.exit_code == 2, ended.output
    assert ended.stdout == ""
    check(case, ended.stderr)


@pytest.mark.sample(4)
@pytest.mark.parametrize("case", [*OF_RUNS, *CASES[:: len(CASES) // 5]], ids=lambda case: str(case["name"]))
def test_the_real_command_refuses_the_same(world: World, case: dict[str, str]) -> None:
    ended = world.run(*arguments_of("run", case["name"]), env={**os.environ, **VARIABLES})
    assert ended.code == 2
    assert ended.out == ""
    check(case, ended.err)
    assert not (world.folder / "reports").exists()


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status 401 always", "preflight-key-rejected"),
        ("status 404 always", "preflight-unknown-project"),
        ("throttle retry-after 5 always", "preflight-throttled"),
        ("status 503 always", "preflight-server-error"),
        ("status 302 always", "preflight-contract"),
        ("missing_key always", "preflight-contract"),
        ("not_json always", "preflight-contract"),
        ("hang always", "preflight-timeout"),
    ],
)
def test_a_preflight_that_fails_stops_the_run_before_any_load(world: World, fault: str, code: str) -> None:
    stub = world.stub(fault)
    ended = world.run("run", world.scenario(timeout="2s"))
    assert ended.code == 4
    assert f"[{code}]" in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert stub.ledger()["arrivals"] == 0
    assert list((world.folder / "reports").iterdir()) == []


def test_a_dead_host_stops_the_run(world: World) -> None:
    world.environments(f"http://127.0.0.1:{free_port()}")
    ended = world.run("run", world.scenario())
    assert ended.code == 4
    assert "[preflight-refused]" in ended.err


def test_a_wrong_key_stops_the_run(world: World) -> None:
    stub = world.stub()
    world.key = f"{world.key}.other"
    ended = world.run("run", world.scenario())
    assert ended.code == 4
    assert "[preflight-key-rejected]" in ended.err
    assert "E2E_API_KEY" in ended.err
    assert stub.ledger()["arrivals"] == 0


@pytest.mark.long
def test_a_protected_environment_needs_its_name_typed_again(world: World) -> None:
    stub = world.stub()
    scenario = world.scenario("5/s", "1s")
    planned = world.run("plan", scenario, "--environment", "guarded")
    assert planned.code == 0
    assert planned.out.endswith("A run needs --confirm guarded: the environment is protected.\n")
    refused = world.run("run", scenario, "--environment", "guarded")
    assert refused.code == 2
    assert "[not-confirmed]" in refused.err
    assert stub.ledger()["arrivals"] == stub.ledger()["preflights"] == 0
    confirmed = world.run("run", scenario, "--environment", "guarded", "--confirm", "guarded")
    assert confirmed.code == 0
    faster = world.run("run", world.scenario("6/s", "1s"), "--environment", "guarded", "--confirm", "guarded")
    assert faster.code == 2
    assert "[rate-over-limit]" in faster.err


def test_a_folder_with_a_run_is_not_written_over(world: World) -> None:
    world.stub()
    scenario = world.scenario("20/s", "1s")
    assert world.run("run", scenario, "--out", "mine").code == 0
    before = {path: path.read_bytes() for path in (world.folder / "mine").iterdir()}
    for arguments in (("run", scenario), ("check",)):
        again = world.run(*arguments, "--out", "mine")
        assert again.code == 2
        assert "[output-taken]" in again.err
    assert {path: path.read_bytes() for path in (world.folder / "mine").iterdir()} == before


def test_check_and_run_never_write_into_each_others_folder(world: World) -> None:
    """Not even where nothing would be written over, as in the folder of a run that was killed."""
    world.stub()
    scenario = world.scenario("20/s", "1s")
    for name, file, arguments in (
        ("killed", "slices.jsonl", ("check",)),
        ("kept", "result.json", ("check",)),
        ("checked", "examination.json", ("run", scenario)),
    ):
        folder = world.folder / name
        folder.mkdir()
        (folder / file).write_text("{}")
        ended = world.run(*arguments, "--out", name)
        assert ended.code == 2
        assert "[output-taken]" in ended.err
        assert [path.name for path in folder.iterdir()] == [file]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run"], 2),
        (["run", "missing.yaml"], 2),
        (["report", "missing"], 2),
        (["fly"], 2),
        (["stub", "--latency", "slow"], 2),
        (["stub", "--fault", "sulk always"], 2),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_a_wrong_command_line_is_answered_without_a_traceback(
    world: World, arguments: list[str], code: int
) -> None:
    assert world.run(*arguments).code == code


@pytest.mark.long
def test_an_override_reaches_the_run_and_a_wrong_one_is_refused(world: World) -> None:
    stub = world.stub()
    scenario = world.scenario("100/s", "2s")
    ended = world.run(
        "run", scenario, "--set", "load.stages.0.rate=50/s", "--set", "load.stages.0.duration=1s"
    )
    assert ended.result["arrivals"]["planned"] == 50
    assert stub.ledger()["arrivals"] == 50
    for override, code in (
        ("load.stages.0.rate=50", "bad-rate"),
        ("load.pace=1", "unknown-key"),
        ("x", "bad-override"),
    ):
        refused = world.run("run", scenario, "--set", override)
        assert refused.code == 2
        assert f"[{code}]" in refused.err


def test_a_plan_needs_no_key_and_says_what_is_not_set(world: World) -> None:
    ended = CliRunner().invoke(
        cli,
        [
            *("plan", str(ROOT / "scenarios/launch.yaml"), "--scale", "rate=10%,time=1m"),
            *("--environments", str(ROOT / "environments.yaml")),
            *("--contract", str(ROOT / "contracts/openapi.yaml")),
        ],
        env={"VF_API_KEY": None, "VF_PROJECT_ID": ""},
    )
    assert ended.exit_code == 0, ended.output
    assert "launch: 1,0" in ended.stdout
    assert "sessions in 1 min, poisson, at most 20/s\nscaled: rate 10%, time 1m\n" in ended.stdout
    assert "project ${VF_PROJECT_ID}" in ended.stdout
    assert "not set here, and needed by a run\n  VF_PROJECT_ID\n  VF_API_KEY\n" in ended.stdout
    assert "not-set" not in ended.stdout
    assert not list(world.folder.glob("reports/*"))

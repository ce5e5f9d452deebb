"""Documents handed over as they are, through all commands: plan, check, run, pytest and Locust."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from own_documents import GATEWAY, LOGIN, ORGANISATIONS, PUBLISHED, WITH_ERRORS
from stub_thread import StubThread
from world import ROOT

from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World

GATE = "gate-0123456789"


@dataclass(frozen=True)
class Row:
    """A document, the environment that calls it, and what is to be seen of that."""

    document: dict[str, Any]
    entry: str
    call: str
    """What the plan says of the call, after the address."""
    operation: str
    environment: str = "main"
    stub: Binding | None = None
    """What a stub beside the commands serves; an embedded one needs no word."""


REMOTE = 'mine: {{url: "{url}", project: stub, environment: main, api_key: "${{E2E_API_KEY}}"}}\n'
START = "/v4/project/{projectID}/environment/{environmentID}/session"
USUAL = Binding(None, "stub", "main")
ROWS = {
    "published": Row(PUBLISHED, REMOTE, START, "V4InteractController_sessionStart", stub=USUAL),
    "published, traffic split": Row(
        PUBLISHED,
        REMOTE.replace(" environment: main,", ""),
        "/v4/project/{projectID}/session",
        "V4InteractController_trafficSplit",
        "(traffic split)",
        stub=USUAL,
    ),
    "3.1 with errors": Row(WITH_ERRORS, REMOTE, START, "V4InteractController_sessionStart", stub=USUAL),
    "base path in url": Row(
        WITH_ERRORS,
        REMOTE.replace("{url}", "{url}/edge/v2"),
        f"/edge/v2{START}",
        "V4InteractController_sessionStart",
        stub=Binding(None, "stub", "main", base_path="/edge/v2"),
    ),
    "base path in servers": Row(
        GATEWAY,
        "mine:\n  embedded: true\n  latency: 1ms\n  parameters: {{X-Tenant: acme, ring: 3}}\n"
        '  headers: {{x-gate: "${{GATE}}"}}\n',
        f"/runtime/v1{START}?region=eu%2F1",
        f"POST {START.replace('projectID', 'projectId').replace('environmentID', 'alias')}",
    ),
    "key under data.token": Row(
        LOGIN,
        "mine: {{embedded: true, latency: 1ms, operation: 'PUT /login/{{tenant}}', user: user_id,"
        " session_key: data.token}}\n",
        "PUT /login/{tenant}",
        "PUT /login/{tenant}",
    ),
    "places with names of their own": Row(
        ORGANISATIONS,
        'mine:\n  url: "{url}/"\n  api_key: "${{E2E_API_KEY}}"\n  operation: begin\n'
        "  path: {{org: acme, region-name: eu/west 1}}\n  user: user.id\n  session_key: /data/token\n",
        "/orgs/{org}/regions/{region-name}/sessions",
        "begin",
        "(traffic split)",
        stub=Binding(
            "begin",
            path={"org": "acme", "region-name": "eu/west 1"},
            base_path="/",
            user=("user", "id"),
            session_key=("data", "token"),
        ),
    ),
}
HOW = ("--environment", "mine", "--contract", "mine.json")


@pytest.fixture
def row(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Row:
    """Start what is called, and write the files."""
    row: Row = ROWS[request.param]
    url = ""
    if row.stub is not None:
        key = Secret(world.key, name="X")
        stub = StubThread(latency="1ms", key=key, document=row.document, binding=row.stub)
        world.stubs.append(stub)
        url = stub.url
    world.environments(url, row.entry)
    (world.folder / "mine.json").write_text(json.dumps(row.document))
    monkeypatch.setenv("GATE", GATE)
    return row


def rows(*quick: str) -> pytest.MarkDecorator:
    """Run a test for each row; those that are not `quick` are left to the long tests."""
    params = [pytest.param(name, marks=[] if name in quick else pytest.mark.long) for name in ROWS]
    return pytest.mark.parametrize("row", params, indirect=True)


def held(world: World, result: dict[str, Any], row: Row) -> None:
    assert result["arrivals"] == {"planned": 20, "sent": 20, "unsent": 0, "lost": 0}
    assert result["outcomes"]["ok"] == 20
    assert result["environment"]["environment"] == row.environment
    assert result["contract"]["operation"] == row.operation
    for stub in world.stubs:
        ledger = stub.ledger()
        assert ledger["numbers"] == ledger["arrivals"] == 20
        assert ledger["unauthorized"] == 0
    assert not [text for text in world.printed if GATE in text]


@rows(*ROWS)
def test_the_plan_says_what_is_called(world: World, call: Callable[..., Ended], row: Row) -> None:
    plan = call("plan", world.scenario(), *HOW)
    assert plan.code == 0, plan.err
    assert row.call in plan.out
    assert f"environment {row.environment} (mine)" in plan.out


@rows(*ROWS)
def test_a_check_finds_nothing(call: Callable[..., Ended], row: Row) -> None:
    checked = call("check", *HOW, "--pace", "500/s")
    report = json.loads((checked.folder / "examination.json").read_text())
    broken = {each["name"]: each["observed"] for each in report["results"] if each["state"] == "violated"}
    assert not broken
    assert checked.code == 0, checked.out + checked.err
    assert report["environment"]["environment"] == row.environment
    assert report["contract"]["operation"] == row.operation


@pytest.mark.sample(1)
@rows("published", "key under data.token")
def test_a_run_meets_its_targets(world: World, row: Row) -> None:
    ended = world.run("run", world.scenario("40/s", "500ms"), *HOW)
    assert ended.code == 0, ended.out + ended.err
    held(world, ended.result, row)


@pytest.mark.sample(1)
@rows("published")
@pytest.mark.usefixtures("row")
def test_pytest_passes(contracts_by_pytest: Callable[..., Ended]) -> None:
    ended = contracts_by_pytest("-q", *HOW)
    assert ended.code == 0, ended.out
    assert "passed" in ended.out


@pytest.mark.sample(1)
@rows("published")
def test_locust_meets_the_targets(world: World, row: Row) -> None:
    options = ("--headless", "--scenario", world.scenario("40/s", "500ms"), "--out", "out", *HOW)
    ended = world.run(program=[sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), *options])
    assert ended.code == 0, ended.out + ended.err
    held(world, json.loads((world.folder / "out" / "result.json").read_text()), row)

"""The vendor's form of the document, handed over as it is, and a session start by traffic split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World


def operation(name: str, places: list[str]) -> dict[str, Any]:
    """Return a session start as the vendor writes it: an operationId of its own, and no reference."""
    return {
        "operationId": f"V4InteractController_{name}",
        "parameters": [
            {"name": place, "required": True, "in": "path", "schema": {"type": "string"}} for place in places
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {
            "type": "object", "required": ["userID"],
            "properties": {"userID": {"type": "string", "minLength": 1, "maxLength": 256}},
        }}}},
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
            "type": "object", "required": ["sessionKey"], "properties": {"sessionKey": {"type": "string"}},
        }}}}},
        "security": [{"auth": []}],
    }  # fmt: skip


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "General-runtime", "version": "1.0.0", "contact": {}},
    "servers": [{"url": "https://runtime.example"}],
    "security": [],
    "paths": {
        "/v4/project/{projectID}/environment/{environmentID}/session": {
            "post": operation("sessionStart", ["projectID", "environmentID"])
        },
        "/v4/project/{projectID}/session": {"post": operation("trafficSplit", ["projectID"])},
    },
    "components": {"securitySchemes": {"auth": {"type": "apiKey", "in": "header", "name": "authorization"}}},
}
ENTRIES = """\
named: {{url: "{url}", project: stub, environment: main, api_key: "${{E2E_API_KEY}}"}}
split: {{url: "{url}", project: stub, api_key: "${{E2E_API_KEY}}"}}
"""
CONTRACT = ("--contract", "published.json")


@pytest.fixture
def served(world: World) -> None:
    stub = StubProcess.start(StubSettings(latency="1ms"), Secret(world.key, name="X"), document=DOCUMENT)
    world.stubs.append(stub)
    world.environments(stub.url, ENTRIES)
    (world.folder / "published.json").write_text(json.dumps(DOCUMENT))


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("entry", "name", "environment"),
    [("named", "sessionStart", "main"), ("split", "trafficSplit", "(traffic split)")],
)
def test_it_is_planned_checked_and_run(
    world: World, call: Callable[..., Ended], entry: str, name: str, environment: str
) -> None:
    scenario = world.scenario("20/s", "1s")
    plan = call("plan", scenario, "--environment", entry, *CONTRACT)
    assert plan.code == 0, plan.err
    assert f"environment {environment} ({entry})" in plan.out
    checked = call("check", "--environment", entry, *CONTRACT, "--pace", "500/s")
    assert checked.code == 0, checked.out + checked.err
    report = json.loads((checked.folder / "examination.json").read_text())
    assert report["environment"]["environment"] == environment
    assert report["contract"]["operation"] == f"V4InteractController_{name}"
    ended = world.run("run", scenario, "--environment", entry, *CONTRACT)
    assert ended.code == 0, ended.out + ended.err
    assert ended.result["environment"]["environment"] == environment
    assert ended.result["outcomes"]["ok"] == 20

"""A person's own document, handed over as it is: plan, check and run against a stub that speaks it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World

TEXT = {"type": "string"}


def json_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def closed(**properties: object) -> dict[str, Any]:
    """Return the schema of an object with just these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


PROBLEM = json_of(closed(error=closed(code={"type": "integer"}, message=TEXT)))
LOGIN = {
    "openapi": "3.1.0",
    "info": {"title": "Login", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/login/{tenant}": {
            "parameters": [{"name": "tenant", "in": "path", "required": True, "schema": TEXT}],
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": closed(
                                user_id={"type": "string", "minLength": 1, "maxLength": 64},
                                plan={"type": "string", "enum": ["free", "paid"]},
                                device=closed(kind={"const": "web"}),
                            )
                        }
                    },
                },
                "responses": {
                    "201": {
                        **json_of(closed(data=closed(token=TEXT, ttl={"type": ["integer", "null"]}))),
                        "headers": {
                            "X-Request-Id": {"required": True, "schema": {"type": "string", "minLength": 1}},
                            "X-Left": {"schema": {"type": "integer"}},
                        },
                    },
                    "400": PROBLEM,
                    "401": PROBLEM,
                    "404": PROBLEM,
                    "429": PROBLEM,
                    "default": {"description": ""},
                },
            },
        }
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
"""No operationId, another method, a key and a user ID elsewhere, and errors of a documented form."""

ENTRY = """\
mine:
  embedded: true
  operation: PUT /login/{tenant}
  user: user_id
  session_key: data.token
"""
HOW = ("--environment", "mine", "--contract", "mine.json")


@pytest.fixture
def own(world: World) -> World:
    (world.folder / "mine.json").write_text(json.dumps(LOGIN))
    (world.folder / "environments.yaml").write_text(ENTRY)
    return world


def test_the_plan_says_what_is_called(own: World, call: Callable[..., Ended]) -> None:
    ended = call("plan", own.scenario(), *HOW)
    assert ended.code == 0, ended.err
    assert "PUT /login/{tenant}" in ended.out


def test_a_run_meets_its_targets(own: World) -> None:
    ended = own.run("run", own.scenario("40/s", "1s"), *HOW)
    assert ended.code == 0, ended.out + ended.err
    assert ended.result["outcomes"]["ok"] == 40
    assert ended.result["contract"]["operation"] == "PUT /login/{tenant}"


@pytest.mark.usefixtures("own")
def test_a_check_finds_nothing(call: Callable[..., Ended]) -> None:
    ended = call("check", *HOW, "--pace", "500/s")
    report = json.loads((ended.folder / "examination.json").read_text())
    broken = {row["name"]: row["observed"] for row in report["results"] if row["state"] == "violated"}
    assert not broken
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ("same_key always", 1, "key/repeated"),
        ("empty_key every 1", 1, "key/empty"),
        ("empty_key always", 4, "[preflight-contract]"),
    ],
)
def test_a_server_without_keys_of_their_own_for_everybody_is_not_met(
    own: World, fault: str, code: int, text: str
) -> None:
    """The preflight sees one answer: an empty key, if it is given one, and not that keys repeat."""
    (own.folder / "environments.yaml").write_text(ENTRY + f"  faults: [{fault}]\n")
    ended = own.run("run", own.scenario("20/s", "1s"), *HOW)
    assert ended.code == code, ended.out + ended.err
    causes = {finding["cause"] for finding in ended.result["findings"]} if code == 1 else set()
    assert text in (causes or ended.err)


def test_a_place_where_no_key_can_be_is_refused_before_any_traffic(
    own: World, call: Callable[..., Ended]
) -> None:
    text = ENTRY.replace("  session_key: data.token\n", "")
    (own.folder / "environments.yaml").write_text(text)
    ended = call("plan", own.scenario(), *HOW)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "can hold a session key at sessionKey" in ended.err
    assert "session_key: data.token" in ended.err
    assert "[no-session-key]" in ended.err


def test_without_the_operation_the_choice_is_listed(own: World, call: Callable[..., Ended]) -> None:
    (own.folder / "environments.yaml").write_text("mine: {embedded: true}\n")
    ended = call("check", *HOW)
    assert ended.code == 2
    assert "PUT /login/{tenant}" in ended.err
    assert "[unknown-operation]" in ended.err


def test_a_server_without_a_required_header_is_named_for_it(world: World, call: Callable[..., Ended]) -> None:
    """The stub speaks the published document; it is held against one that asks for a header more."""
    world.stub_thread()
    document = yaml.safe_load((world.folder / "contracts" / "openapi.yaml").read_text())
    header = {"X-Request-Id": {"required": True, "schema": TEXT}}
    document["components"]["responses"]["SessionStarted"]["headers"] = header
    (world.folder / "mine.json").write_text(json.dumps(document))
    here = ("--environment", "here", "--contract", "mine.json")
    ended = call("check", *here, "--pace", "500/s")
    assert ended.code == 1, ended.out + ended.err
    report = json.loads((ended.folder / "examination.json").read_text())
    broken = {row["name"]: row["observed"] for row in report["results"] if row["state"] == "violated"}
    assert list(broken) == ["valid/ordinary"]
    assert broken["valid/ordinary"].startswith("200, the answer lacks the header X-Request-Id: ")
    ended = call("run", world.scenario(), *here)
    assert ended.code == 4
    assert "the answer lacks the header X-Request-Id" in ended.err
    assert "[preflight-contract]" in ended.err

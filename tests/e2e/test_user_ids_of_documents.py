"""What a document asks of a user ID: the cure works, and the preflight keeps to it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World


def document(user: dict[str, Any]) -> str:
    body = {"type": "object", "required": ["userID"], "properties": {"userID": user}}
    key = {"type": "object", "required": ["sessionKey"], "properties": {"sessionKey": {"type": "string"}}}
    start = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": key}}}},
    }
    paths = {"/v4/project/{projectID}/environment/{environmentID}/session": {"post": start}}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths})


SCENARIO = """\
name: ids
environment: mine
users: {{id: "a user id that is long and has spaces {{n}}"}}
load: {{stages: [{{name: steady, rate: {rate}, duration: {duration}}}], timeout: {timeout}, max_lag: 5s}}
targets: [{target}]
"""


@pytest.fixture
def plan(world: World, call: Callable[..., Ended]) -> Callable[..., Ended]:
    """Return a function that plans a scenario against a document about its user IDs."""

    (world.folder / "environments.yaml").write_text("mine: {embedded: true}\n")

    def planned(user: dict[str, Any], users: str = "") -> Ended:
        (world.folder / "mine.json").write_text(document({"type": "string", **user}))
        text = re.sub("users: .*", f"users: {users}", SCENARIO) if users else SCENARIO
        name = world.scenario("20/s", "1s", text=text)
        return call("plan", name, "--contract", "mine.json")

    return planned


@pytest.mark.parametrize(
    "user",
    [
        {"maxLength": 10},
        {"maxLength": 3},
        {"pattern": "^cus_[0-9a-f]{24}$"},
        {"pattern": "^[0-9]{6}$"},
        {"pattern": "^[A-Z]{3}-[0-9]{6}$", "example": "ABC-000001"},
        {"format": "uuid"},
        {"format": "email"},
        {"enum": ["anna {x}", "bela"]},
        {"const": "anna"},
    ],
)
def test_the_cure_of_a_user_id_works(plan: Callable[..., Ended], user: dict[str, Any]) -> None:
    refused = plan(user)
    assert refused.code == 2
    assert "[bad-user-id]" in refused.err
    line = re.search(r'write .*?id: ("(?:[^"\\]|\\.)*")(, with unique: false)?', refused.err)
    assert line is not None, refused.err
    escaped = line[1].replace("{", "{{").replace("}", "}}")
    ended = plan(user, f"{{{{id: {escaped}{', unique: false' if line[2] else ''}}}}}")
    assert ended.code == 0, ended.err


def test_where_no_cure_is_found_none_is_made_up(plan: Callable[..., Ended]) -> None:
    refused = plan({"pattern": "^(?=.*q)(?=.*z)[a-z]{7}$"})
    assert "change users.id, so that every ID is one that the contract allows" in refused.err


def test_a_number_as_user_id_is_refused_in_one_sentence(plan: Callable[..., Ended]) -> None:
    refused = plan({"type": "integer"})
    assert refused.code == 2
    assert "at userID: its type is integer, and user IDs are sent as text" in refused.err
    assert "numbers as user IDs are not supported" in refused.err
    assert refused.err.count("\n") in {1, 3}  # with the line of the file, underlined


LISTED = '{{id: "bela", unique: false}}'


def test_where_ids_are_listed_the_plan_says_who_the_preflight_is(plan: Callable[..., Ended]) -> None:
    ended = plan({"enum": ["anna", "bela"]}, LISTED)
    assert "  the preflight is bela, because the contract allows no ID that names it\n" in ended.out
    assert "  the preflight is sessionload-preflight-" in plan({}, LISTED).out


@pytest.mark.long
def test_where_ids_are_listed_the_preflight_is_the_first_of_the_run(
    plan: Callable[..., Ended], world: World
) -> None:
    plan({"enum": ["anna", "bela"]}, LISTED)
    name = world.scenario("4/s", "1s", text=re.sub("users: .*", f"users: {LISTED}", SCENARIO))
    ended = world.run("run", name, "--contract", "mine.json")
    assert ended.code == 0, ended.out + ended.err

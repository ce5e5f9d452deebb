"""A person's own document, and what is wrong with it, with its environment or with the keys of its server."""

from __future__ import annotations

import copy
import json
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
import yaml
from own_documents import LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import Ended, World

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


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        pytest.param("same_key always", 1, "key/repeated", marks=pytest.mark.long),
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
    assert ended.err.count("\n") in {1, 3}  # with the line of the file, underlined
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
    header = {"X-Request-Id": {"required": True, "schema": {"type": "string"}}}
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


def test_an_embedded_stub_is_no_excuse_for_a_parameter_without_a_value(
    own: World, call: Callable[..., Ended]
) -> None:
    document = deepcopy(LOGIN)
    asked = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
    document["paths"]["/login/{tenant}"]["parameters"].append(asked)
    (own.folder / "mine.json").write_text(json.dumps(document))
    refused = call("check", *HOW)
    assert refused.code == 2
    assert "requires the header 'x-tenant'" in refused.err
    assert "[unfilled-parameter]" in refused.err
    (own.folder / "environments.yaml").write_text(ENTRY + "  parameters: {X-Tenant: acme}\n  latency: 1ms\n")
    ended = call("check", *HOW, "--pace", "500/s")
    assert ended.code == 0, ended.out + ended.err


def test_a_document_without_an_answer_for_the_stub_is_named(own: World, call: Callable[..., Ended]) -> None:
    document = deepcopy(LOGIN)
    token = document["paths"]["/login/{tenant}"]["put"]["responses"]["201"]["content"]["application/json"]
    token["schema"]["properties"]["data"]["properties"]["token"] = {"type": "string", "pattern": "^t-[0-9]+$"}
    (own.folder / "mine.json").write_text(json.dumps(document))
    refused = call("check", *HOW)
    assert refused.code == 2
    assert refused.err.startswith("error: mine.json:1:")
    assert "no answer 201 to 'PUT /login/{tenant}' could be made for the stub" in refused.err
    assert "[no-sample-answer]" in refused.err


STUB = (
    *("stub", "--contract", "mine.json", "--operation", "PUT /login/{tenant}", "--latency", "1ms"),
    *("--user", "user_id", "--session-key", "data.token", "--path", "tenant=acme"),
)
BESIDE = """\
mine:
  url: {url}
  operation: PUT /login/{{tenant}}
  path: {{tenant: acme}}
  user: user_id
  session_key: data.token
  api_key: ${{E2E_API_KEY}}
"""


def test_a_stub_by_itself_serves_the_document_as_an_environment_calls_it(
    own: World, call: Callable[..., Ended]
) -> None:
    process = own.start(*STUB, env={**own.variables, "SESSIONLOAD_STUB_KEY": own.key})
    assert process.stdout
    url = process.stdout.readline().split()[0]
    own.environments(url, BESIDE)
    ended = call("check", *HOW, "--pace", "500/s")
    assert ended.code == 0, ended.out + ended.err
    process.terminate()
    assert own.end(process).code == 0


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--path", "acme", "bad-path-value"),
        ("--path", "=acme", "bad-path-value"),
        ("--path", "tenant=", "bad-path-value"),
        ("--user", "", "bad-pointer"),
        ("--session-key", "data..token", "bad-pointer"),
        ("--path", "nowhere=x", "unused-path-value"),
    ],
)
@pytest.mark.usefixtures("own")
def test_a_stub_that_cannot_serve_what_is_asked_for_says_so(
    call: Callable[..., Ended], option: str, value: str, code: str
) -> None:
    ended = call(*STUB, option, value)
    assert ended.code == 2
    assert f"[{code}]" in ended.err
    assert len(ended.err.strip().splitlines()) in {1, 3}


@pytest.mark.parametrize(
    "arguments", [("--list",), pytest.param(("--pace", "500/s"), marks=pytest.mark.long)]
)
def test_a_check_says_what_of_the_document_is_not_checked(
    world: World, call: Callable[..., Ended], arguments: tuple[str, ...]
) -> None:
    document = yaml.safe_load((world.folder / "contracts" / "openapi.yaml").read_text())
    document["components"]["schemas"]["SessionStarted"]["properties"]["region"] = {"format": "house-code"}
    (world.folder / "mine.json").write_text(json.dumps(document))
    ended = call("check", "--contract", "mine.json", *arguments)
    assert ended.code == 0, ended.out + ended.err
    note = "note: not checked: format 'house-code' of '#/components/schemas/SessionStarted/properties/region'"
    assert note in ended.out + ended.err


def in_files(folder: Path, schema: str) -> None:
    """Write the document in two files, the second of which has the schema of the answer."""
    document = copy.deepcopy(LOGIN)
    media = document["paths"]["/login/{tenant}"]["put"]["responses"]["201"]["content"]["application/json"]
    media["schema"] = {"$ref": "schemas/answer.yaml#/Answer"}
    (folder / "mine.json").write_text(json.dumps(document))
    (folder / "schemas").mkdir(exist_ok=True)
    (folder / "schemas" / "answer.yaml").write_text(schema)


ANSWER = """\
Answer: {type: object, required: [data], properties: {data: {$ref: '#/Data'}}}
Data:
  type: object
  required: [token]
  properties:
    token: {type: string, minLength: 1}
"""


def test_whatever_reads_a_document_names_the_line_in_the_file_beside_it(
    own: World, call: Callable[..., Ended]
) -> None:
    in_files(own.folder, ANSWER)
    assert call("plan", own.scenario(), *HOW).code == 0
    in_files(own.folder, ANSWER.replace("minLength", "minLenght"))
    place = "schemas/answer.yaml:6:27: the schema of 'schemas/answer.yaml#/Data/properties/token'"
    for command in (
        ("plan", own.scenario(), *HOW),
        ("check", *HOW),
        (
            "stub",
            *HOW[2:],
            "--operation",
            "PUT /login/{tenant}",
            "--user",
            "user_id",
            "--session-key",
            "data.token",
        ),
    ):
        ended = call(*command)
        assert ended.code == 2
        assert place in ended.err
        assert "did you mean 'minLength'?" in ended.err


@pytest.mark.long
def test_a_document_in_several_files_is_run_and_checked(own: World, call: Callable[..., Ended]) -> None:
    in_files(own.folder, ANSWER)
    ended = own.run("run", own.scenario("20/s", "1s"), *HOW)
    assert ended.code == 0, ended.out + ended.err
    assert call("check", *HOW).code == 0

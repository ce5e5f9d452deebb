"""Servers as people write them, each with the document that it would have.

A sound one breaks nothing, and a fault that is typical for the framework breaks exactly its own rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import Ended, World

HERE = Path(__file__).parent
PLAIN = "project: demo\n  environment: main\n  api_key: ${E2E_API_KEY}\n"
OF_ITS_OWN = """\
operation: POST /projects/{project}/environments/{environment}/sessions
  user: user.id
  path: {project: demo, environment: main}
  session_key: data.token
  api_key: ${E2E_API_KEY}
"""


class Framework(NamedTuple):
    """A program, its document, and what an environment says of it; without a document it writes one."""

    program: str
    document: str
    entry: str = PLAIN


FRAMEWORKS = {
    "fastapi": Framework("fastapi_app.py", ""),
    "flask": Framework("flask_app.py", "flask_app.yaml", OF_ITS_OWN),
    "http.server": Framework("plain_server.py", "plain_server.yaml"),
    "express": Framework("express_app.js", "express_app.json"),
}
EXPRESS = pytest.mark.needs("express")
NOT_SEEN = {
    "law/start-ends-earlier-session",
    "law/parallel-starts-leave-one",
    "law/similar-users-stay-apart",
    "law/tls-is-verified",
}
"""Rules about turns, and about TLS, which these servers do not speak."""
PARSED_BY_FASTAPI = {"body/not-utf-8", "body/deeply-nested"}
"""FastAPI answers 400 where its reader of JSON fails, and its document does not list that."""
INVALID_FOR_FASTAPI = {
    *(f"user-id/{what}" for what in ("missing", "length-0", "length-65", "null")),
    *(f"user-id/{kind}" for kind in ("boolean", "number", "array", "object")),
    *(f"channel/{kind}" for kind in ("null", "boolean", "number", "array", "object")),
    *(f"body/{what}" for what in ("missing", "truncated", "not-json", "array", "one-mebibyte", "media-type")),
}


@pytest.fixture
def serve(world: World) -> Iterator[Callable[..., tuple[str, ...]]]:
    """Start a server, with a fault if there is one; return the options that name it and its document."""
    with ExitStack() as started:

        def start(name: str, fault: str = "") -> tuple[str, ...]:
            framework = FRAMEWORKS[name]
            program = str(HERE / framework.program)
            command = ["node" if program.endswith(".js") else sys.executable, program]
            document = HERE / framework.document
            if not framework.document:
                document = world.folder / "exported.json"
                subprocess.run([*command, "--document", str(document)], env=world.variables, check=True)
            process = started.enter_context(
                subprocess.Popen(
                    [*command, fault],
                    env=world.variables,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            started.callback(process.kill)
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            (world.folder / "environments.yaml").write_text(f"it:\n  url: {url}\n  {framework.entry}")
            return ("--environment", "it", "--contract", str(document))

        yield start


def rows(ended: Ended) -> dict[str, set[str]]:
    """Return the names of a check's rows by how they ended."""
    report = json.loads((ended.folder / "examination.json").read_text())
    found: dict[str, set[str]] = {}
    for row in report["results"]:
        found.setdefault(row["state"], set()).add(row["name"])
    return found


@pytest.mark.parametrize(
    "name",
    ["fastapi", "flask", "http.server", pytest.param("express", marks=[EXPRESS, pytest.mark.long])],
)
def test_a_sound_server_keeps_everything(
    serve: Callable[..., tuple[str, ...]], call: Callable[..., Ended], name: str
) -> None:
    ended = call("check", *serve(name), "--pace", "500/s", "--quiet")
    found = rows(ended)
    assert ended.code == 0, ended.out + ended.err
    assert set(found) <= {"kept", "skipped", "undocumented"}
    assert found["skipped"] == NOT_SEEN
    assert found.get("undocumented", set()) == (PARSED_BY_FASTAPI if name == "fastapi" else set())


@pytest.mark.long
@pytest.mark.parametrize("name", ["fastapi", "flask", "http.server", pytest.param("express", marks=EXPRESS)])
def test_a_sound_server_meets_the_targets_of_a_short_run(
    world: World, serve: Callable[..., tuple[str, ...]], name: str
) -> None:
    ended = world.run("run", world.scenario("20/s", "1s"), *serve(name))
    assert ended.code == 0, ended.out + ended.err
    assert ended.result["verdict"]["state"] == "met"
    assert ended.result["outcomes"]["ok"] == 20


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "fault", "broken"),
    [
        ("fastapi", "validation_as_500", INVALID_FOR_FASTAPI),
        ("fastapi", "no_key_is_good", {"authorization/missing", "authorization/empty"}),
        ("flask", "missing_user_as_500", {"user/missing"}),
        ("flask", "deep_body_as_500", {"body/deeply-nested"}),
        ("flask", "one_key_for_all", {"law/keys-differ-between-users"}),
        ("http.server", "key_is_empty", {"valid/ordinary"}),
        ("http.server", "user_is_trimmed", {"law/similar-users-other-keys"}),
        pytest.param("express", "json_as_html", {"valid/ordinary"}, marks=EXPRESS),
        pytest.param("express", "stack_trace", {"body/truncated", "body/not-json"}, marks=EXPRESS),
    ],
)
def test_a_fault_breaks_its_own_rows_and_no_others(
    serve: Callable[..., tuple[str, ...]],
    call: Callable[..., Ended],
    name: str,
    fault: str,
    broken: set[str],
) -> None:
    ended = call("check", *serve(name, fault), "--pace", "500/s", "--quiet")
    assert ended.code == 1, ended.out + ended.err
    assert rows(ended)["violated"] == broken

"""`users.also` on its way: from a scenario and a file of users to what a server reads, and to the reports."""

from __future__ import annotations

import json
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import Ended, World

TEXT = {"type": "string"}
BODY = {
    "type": "object",
    "required": ["userID", "plan", "profile"],
    "additionalProperties": False,
    "properties": {
        "userID": {"type": "string", "minLength": 1, "maxLength": 256},
        "plan": {"type": "string", "enum": ["free", "paid"]},
        "channel": TEXT,
        "level": {"type": "integer"},
        "profile": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[^ ]+ [^ ]+"}},
        },
    },
}
KEY = {"type": "object", "required": ["sessionKey"], "properties": {"sessionKey": TEXT}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Sessions", "version": "1"},
    "paths": {
        "/v4/project/{projectID}/environment/{environmentID}/session": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": KEY}}},
                    "400": {"description": ""},
                },
            }
        }
    },
}
USERS = """\
id,plan,full name,level
anna,free,Anna Ášt,1
bela,paid,"Béla ""B"" 2",2
cleo,paid,Cleo %b,3
"""
SCENARIO = """\
name: also
environment: here
users:
  id: {{file: users.csv, column: id}}
  unique: false
  also:
    profile.name: column full name
    plan: column plan
    level: column level
    channel: [web, app]
load:
  stages: [{{name: steady, rate: {rate}, duration: {duration}}}]
  timeout: {timeout}
  max_lag: 5s
targets: [{target}]
"""


class Recorder(ThreadingHTTPServer):
    """A server that gives each request a key of its own, or 400 by an odd level, and keeps the bodies."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = count()
        self.bodies: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        refused = body.get("level") == 3
        answer = b"{}" if refused else json.dumps({"sessionKey": f"key-{next(self.server.keys)}"}).encode()
        self.send_response(400 if refused else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder(world: World) -> Iterator[Recorder]:
    (world.folder / "mine.json").write_text(json.dumps(DOCUMENT))
    (world.folder / "users.csv").write_text(USERS)
    server = Recorder()
    Thread(target=server.serve_forever, daemon=True).start()
    world.environments(server.url)
    yield server
    server.shutdown()
    server.server_close()


def test_each_user_comes_with_what_is_in_the_users_own_line(world: World, recorder: Recorder) -> None:
    ended = world.run("run", world.scenario("12/s", "1s", text=SCENARIO), "--contract", "mine.json")
    assert ended.code == 1, ended.out + ended.err
    preflight, *bodies = recorder.bodies
    assert (preflight["profile"], preflight["channel"]) == ({"name": "Anna Ášt"}, "web")
    users = {
        "anna": {"name": "Anna Ášt", "plan": "free", "level": 1},
        "bela": {"name": 'Béla "B" 2', "plan": "paid", "level": 2},
        "cleo": {"name": "Cleo %b", "plan": "paid", "level": 3},
    }
    for body in bodies:
        known = users[body["userID"]]
        assert (body["profile"], body["plan"], body["level"]) == (
            {"name": known["name"]},
            known["plan"],
            known["level"],
        )
    numbers = sorted(("anna", "bela", "cleo").index(body["userID"]) for body in bodies)
    assert numbers == sorted([0, 1, 2] * 4)
    assert sorted(body["channel"] for body in bodies) == ["app"] * 6 + ["web"] * 6
    finding = next(one for one in ended.result["findings"] if one["cause"].startswith("status/400"))
    assert finding["count"] == 4
    page = unescape((ended.folder / "report.html").read_text())
    assert '"plan":"<plan of arrival 2>"' in page
    assert '"channel":"web"' in page
    assert "Cleo" not in page + json.dumps(ended.result)


def test_the_plan_shows_the_first_body(world: World, recorder: Recorder, call: Callable[..., Ended]) -> None:
    ended = call("plan", world.scenario(text=SCENARIO), "--contract", "mine.json")
    assert ended.code == 0, ended.err
    start = ended.out.index("{\n")
    shown = ended.out[start : ended.out.index("\n\n", start)]
    assert json.loads(shown) == {
        "userID": "<user ID>",
        "plan": "free",
        "profile": {"name": "Anna Ášt"},
        "level": 1,
        "channel": "web",
    }
    assert not recorder.bodies


@pytest.mark.usefixtures("recorder")
@pytest.mark.parametrize(
    ("before", "after", "line", "reason", "code"),
    [
        ("column full name", "Anna", 7, "profile.name breaks the rule 'pattern'", "also-not-allowed"),
        ("channel: [web, app]", "chanel: web", 10, "did you mean 'channel'?", "also-not-allowed"),
        ("plan: column plan", "plan: [free, gold]", 8, '"free", "paid"', "also-not-allowed"),
        ("column full name", "column name", 7, "there is no column 'name'", "no-such-column"),
        ("channel: [", "userID: [", 10, "is where the user ID goes", "also-overlap"),
        ("    profile.name: column full name\n", "", None, "also: {profile.name: …}", "no-valid-body"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence_before_any_traffic(
    world: World,
    call: Callable[..., Ended],
    before: str,
    after: str,
    line: int | None,
    reason: str,
    code: str,
) -> None:
    assert before in SCENARIO
    name = world.scenario(text=SCENARIO.replace(before, after))
    ended = call("plan", name, "--contract", "mine.json")
    assert ended.code == 2
    assert ended.err.count("\n") in {1, 3}  # with the line of the file, underlined
    assert reason in ended.err
    assert f"[{code}]" in ended.err
    assert (f"{name}:{line}:" if line else "mine.json:") in ended.err

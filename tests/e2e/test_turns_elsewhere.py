"""A gateway that wants more than a key: starts and turns bring what the document lists for either."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import Ended, World

TEXT = {"type": "string"}
MEDIA_TYPE = "application/vnd.acme+json"
TENANT = {"name": "x-tenant", "in": "header", "required": True, "schema": TEXT}
USER = {"type": "object", "required": ["userID"], "properties": {"userID": {**TEXT, "maxLength": 256}}}
KEY = {"type": "object", "required": ["sessionKey"], "properties": {"sessionKey": {**TEXT, "minLength": 1}}}


def answered(schema: object) -> dict[str, object]:
    return {
        "200": {"description": "", "content": {MEDIA_TYPE: {"schema": schema}}},
        "4XX": {"description": ""},
    }


def body(schema: object) -> dict[str, object]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Gateway", "version": "1"},
    "paths": {
        "/v4/project/{projectID}/environment/{environmentID}/session": {
            "post": {
                "security": [{"api": []}],
                "parameters": [TENANT],
                "requestBody": body(USER),
                "responses": answered(KEY),
            }
        },
        "/v4/interact": {
            "post": {
                "operationId": "interact",
                "security": [{"session": [], "gate": []}],
                "parameters": [TENANT],
                "requestBody": body({"type": "object"}),
                "responses": answered({"type": "array"}),
            }
        },
    },
    "components": {
        "securitySchemes": {
            "api": {"type": "apiKey", "in": "header", "name": "authorization"},
            "session": {"type": "apiKey", "in": "header", "name": "authorization"},
            "gate": {"type": "apiKey", "in": "header", "name": "x-gate"},
        }
    },
}
ENTRY = """\
here:
  url: {url}
  project: stub
  environment: main
  api_key: ${{E2E_API_KEY}}
  headers: {{x-tenant: acme, x-gate: "${{E2E_GATE}}"}}
"""


class _Gateway(ThreadingHTTPServer):
    """One live session for each user, and a gate before the turns; `shows_gate` answers with its secret."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock, self.keys = Lock(), count()
        self.live: dict[str, str] = {}
        self.accepts: set[str] = set()
        self.shows_gate = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Gateway

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.accepts.add(self.headers.get("accept", ""))
        status, answer = self._turn() if self.path == "/v4/interact" else self._start(sent)
        self._answer(status, answer)

    def _turn(self) -> tuple[int, object]:
        if (self.headers.get("x-tenant"), self.headers.get("x-gate")) != ("acme", "gate-0123456789"):
            return 400, {}
        return (200, []) if self.headers.get("authorization") in self.server.live.values() else (401, {})

    def _start(self, sent: bytes) -> tuple[int, object]:
        if self.path != "/v4/project/stub/environment/main/session":
            return 404, {}
        if not self.headers.get("authorization", "").startswith("VF.DM."):
            return 401, {}
        try:
            user = json.loads(sent)["userID"]
        except (ValueError, KeyError, TypeError):
            return 400, {}
        if not isinstance(user, str) or len(user) > 256:
            return 400, {}
        with self.server.lock:
            self.server.live[user] = f"session-key-{next(self.server.keys)}"
            return 200, {"sessionKey": self.server.live[user]}

    def _answer(self, status: int, answer: object) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", MEDIA_TYPE)
        if self.server.shows_gate:
            self.send_header("x-debug", "via gate-0123456789")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Gateway]:
    monkeypatch.setenv("E2E_GATE", "gate-0123456789")
    (world.folder / "mine.json").write_text(json.dumps(DOCUMENT))
    server = _Gateway()
    Thread(target=server.serve_forever, daemon=True).start()
    world.environments(f"http://127.0.0.1:{server.server_port}", ENTRY)
    yield server
    server.shutdown()
    server.server_close()


def states(ended: Ended) -> dict[str, str]:
    report = json.loads((ended.folder / "examination.json").read_text())
    return {row["name"]: f"{row['state']}: {row['observed']}" for row in report["results"]}


HOW = ("check", "--environment", "here", "--contract", "mine.json", "--pace", "500/s", "--with-interact")


def test_turns_bring_what_the_document_lists_for_them(world: World, gateway: _Gateway) -> None:
    seen = states(world.run(*HOW))
    laws = {name: text for name, text in seen.items() if name.startswith("law/")}
    assert not [text for text in laws.values() if text.startswith("violated")]
    assert laws["law/start-ends-earlier-session"].startswith("kept")
    assert laws["law/parallel-starts-leave-one"].startswith("kept")
    assert gateway.accepts == {MEDIA_TYPE}


def test_a_secret_of_a_header_is_not_to_be_shown(world: World, gateway: _Gateway) -> None:
    gateway.shows_gate = True
    ended = world.run(*HOW[:-1])
    seen = states(ended)["law/api-key-is-not-shown"]
    assert seen.startswith("violated: the secret of E2E_GATE is in a header of the answer in ")
    assert "gate-0123456789" not in ended.out + ended.err + (ended.folder / "examination.json").read_text()


@pytest.mark.usefixtures("gateway")
def test_a_turn_that_cannot_be_taken_is_refused_only_if_turns_are(
    world: World, call: Callable[..., Ended]
) -> None:
    text = json.dumps(DOCUMENT).replace('"session": [], "gate": []', '"session": [], "other": []')
    text = text.replace('"gate": {"type"', '"other": {"type": "http", "scheme": "digest"}, "gate": {"type"')
    (world.folder / "mine.json").write_text(text)
    world.environments("http://127.0.0.1:1", ENTRY.replace(', x-gate: "${{E2E_GATE}}"', ""))
    ended = call(*HOW, "--list")
    assert ended.code == 2
    assert ended.err.count("\n") in {1, 3}  # with the line of the file, underlined
    assert "[unusable-security]" in ended.err
    assert call(*HOW[:-1], "--list").code == 0

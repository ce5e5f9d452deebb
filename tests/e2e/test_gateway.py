"""A gateway's own document, as it is: base path, bearer key, a second key, and parameters of all kinds."""

from __future__ import annotations

import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from own_documents import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import Ended, World

GATE = "canary-" + secrets.token_hex(12)
ENTRY = """\
gw:
  url: {url}
  project: p-0123456789
  environment: main
  api_key: ${{E2E_API_KEY}}
  parameters: {{X-Tenant: acme, ring: 3}}
  headers: {{x-gate: "${{GATE}}"}}
"""


class Gateway(BaseHTTPRequestHandler):
    """Starts a session for a request that is right in every part."""

    protocol_version = "HTTP/1.1"
    key = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        status = self._status(body)
        answer: dict[str, str] = {"sessionKey": secrets.token_hex(16)} if status == 200 else {}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _status(self, body: bytes) -> int:
        url = urlsplit(self.path)
        if unquote(url.path) != "/runtime/v1/v4/project/p-0123456789/environment/main/session":
            return 404
        parts = (url.query, *(self.headers.get(name) for name in ("x-tenant", "cookie")))
        if parts != ("region=eu%2F1", "acme", "ring=3"):
            return 403
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        if (scheme.lower(), key, self.headers.get("x-gate")) != ("bearer", self.key, GATE):
            return 401
        try:
            user = json.loads(body.decode(), parse_constant=lambda _: None)["userID"]
        except (ValueError, TypeError, KeyError):
            return 400
        kind = self.headers.get("content-type", "").partition(";")[0].lower()
        return 200 if isinstance(user, str) and 1 <= len(user) <= 64 and kind == "application/json" else 400

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway(world: World) -> Iterator[str]:
    handler = type("Handler", (Gateway,), {"key": world.key})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    (world.folder / "gateway.yaml").write_text(json.dumps(GATEWAY))
    url = f"http://127.0.0.1:{server.server_address[1]}"
    world.environments(url, ENTRY)
    yield url
    server.shutdown()
    server.server_close()


HOW = ("--environment", "gw", "--contract", "gateway.yaml")


def test_the_plan_says_where_and_with_what(world: World, gateway: str, call: Callable[..., Ended]) -> None:
    ended = call("plan", world.scenario(), *HOW, GATE=GATE)
    assert ended.code == 0, ended.err
    path = "/runtime/v1/v4/project/{projectID}/environment/{environmentID}/session?region=eu%2F1"
    assert f"POST {gateway}{path}" in ended.out
    assert "the key in the header authorization" in ended.out


def test_a_run_meets_its_targets_and_keeps_the_second_key(world: World, gateway: str) -> None:
    del gateway
    ended = world.run("run", world.scenario("20/s", "1s"), *HOW, env={**world.variables, "GATE": GATE})
    assert ended.code == 0, ended.out + ended.err
    contract = ended.result["contract"]
    assert contract["prefix"] == "Bearer "
    assert contract["headers"] == {"x-tenant": "acme", "x-gate": "${GATE}", "cookie": "ring=3"}
    texts = [
        ended.out,
        ended.err,
        *(path.read_text() for path in ended.folder.glob("*.*") if path.suffix != ".png"),
    ]
    assert not [text for text in texts if GATE in text]


def test_a_check_keeps_the_document(gateway: str, call: Callable[..., Ended]) -> None:
    del gateway
    ended = call("check", *HOW, "--pace", "500/s", GATE=GATE)
    report = json.loads((ended.folder / "examination.json").read_text())
    states = {row["name"]: row["state"] for row in report["results"]}
    assert {f"authorization/{what}" for what in ("missing", "empty", "wrong", "bare", "capitals")} <= set(
        states
    )
    ours = ("valid/", "authorization/", "path/", "user-id/")
    assert {states[name] for name in states if name.startswith(ours)} <= {"kept"}, states
    assert GATE not in ended.out + ended.err + json.dumps(report)


def test_a_key_that_is_missing_is_named_before_any_traffic(
    world: World, gateway: str, call: Callable[..., Ended]
) -> None:
    del gateway
    entry = ENTRY.replace('  headers: {{x-gate: "${{GATE}}"}}\n', "")
    world.environments("http://127.0.0.1:9", entry)
    ended = call("plan", world.scenario(), *HOW)
    assert ended.code == 2
    assert "2 keys at once, in the headers 'authorization', 'x-gate'" in ended.err
    assert "[unusable-security]" in ended.err

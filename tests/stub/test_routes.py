"""What the stub answers when no fault is scripted, over real sockets."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "/v4/project/stub/environment/main/session"
SPLIT = "/v4/project/stub/session"
JSON = {"content-type": "application/json"}
HEADERS = {"authorization": DEFAULT_KEY, **JSON}
KEY = re.compile(r"sk\.[A-Za-z0-9_-]{32}")

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "test", "version": "1"},
    "paths": {
        "/v4/project/{id}/environment/{alias}/session": {
            "post": {
                "operationId": "startSession",
                "security": [{"key": []}],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["userID"],
                                "properties": {
                                    "userID": {"type": "string", "minLength": 2, "maxLength": 256}
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "authorization"}}},
}


@pytest.fixture(scope="module")
def stub() -> Iterator[StubProcess]:
    with StubProcess.start(StubSettings(), document=DOCUMENT, binding=Binding("startSession")) as running:
        yield running


def call(
    stub: StubProcess, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Make one call on a connection of its own; return status, headers in lower case and body."""
    link = HTTPConnection("127.0.0.1", stub.port, timeout=5)
    try:
        link.request(method, path, body or None, HEADERS if headers is None else headers)
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        link.close()


def begin(stub: StubProcess, user: str, path: str = START) -> str:
    status, _, body = call(stub, "POST", path, json.dumps({"userID": user}).encode())
    assert status == 200
    key: str = json.loads(body)["sessionKey"]
    return key


@pytest.mark.parametrize("path", [START, SPLIT, "/v4/project/st%75b/session", f"{START}?verbose=1"])
def test_a_session_starts_with_a_key_of_its_own(stub: StubProcess, path: str) -> None:
    status, headers, body = call(stub, "POST", path, b'{"userID":"ada"}')
    assert (status, headers["content-type"]) == (200, "application/json")
    answer = json.loads(body)
    assert list(answer) == ["sessionKey"]
    assert KEY.fullmatch(answer["sessionKey"])


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (JSON, "no header at all"),
        ({"authorization": "", **JSON}, "an empty one"),
        ({"authorization": "VF.DM.other", **JSON}, "another key"),
        ({"authorization": f"Bearer {DEFAULT_KEY}", **JSON}, "the key behind a scheme"),
        ({"authorization": DEFAULT_KEY.lower(), **JSON}, "the key in lower case"),
        ({"x-authorization": DEFAULT_KEY, **JSON}, "another header"),
    ],
)
def test_without_the_key_a_start_is_unauthorized(
    stub: StubProcess, headers: dict[str, str], why: str
) -> None:
    status, _, body = call(stub, "POST", START, b'{"userID":"ada"}', headers)
    assert (status, why) == (401, why)
    assert DEFAULT_KEY.encode() not in body


def test_the_name_of_the_header_has_no_case(stub: StubProcess) -> None:
    headers = {"AuthoriZation": DEFAULT_KEY, "CONTENT-TYPE": "Application/JSON; charset=UTF-8"}
    assert call(stub, "POST", START, b'{"userID":"ada"}', headers)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v4/project/other/environment/main/session", 404),
        ("POST", "/v4/project/stub/environment/other/session", 404),
        ("POST", "/v4/project/other/session", 404),
        ("POST", "/v4/project/stub/environment/main/sessions", 404),
        ("POST", "/v4/project/stub//session", 404),
        ("POST", "/", 404),
        ("GET", "/v3/interact", 404),
        ("GET", START, 405),
        ("PUT", SPLIT, 405),
        ("DELETE", "/v4/interact", 405),
        ("GET", "/v4/interact/stream", 405),
        ("POST", "/ledger", 405),
    ],
)
def test_what_is_not_there_has_its_status(stub: StubProcess, method: str, path: str, status: int) -> None:
    got, headers, _ = call(stub, method, path, b'{"userID":"ada"}')
    assert got == status
    assert headers.get("allow") == {405: "GET" if path == "/ledger" else "POST"}.get(status)


@pytest.mark.parametrize(
    "body",
    [
        b'{"userID":"ad"}',
        b'{"userID":"' + b"a" * 256 + b'"}',
        b' { "userID" : "ada" , "more": [1, null] } ',
        b'{"userID":"a\\"\\\\\\u00e9"}',
        '{"userID":"\u00e9\U0001f600"}'.encode(),
        ('{"userID":"' + "\U0001f600" * 256 + '"}').encode(),
        b'{"userID":"  "}',
    ],
)
def test_a_body_that_the_contract_allows_starts_a_session(stub: StubProcess, body: bytes) -> None:
    assert call(stub, "POST", START, body)[0] == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b"{", "not JSON"),
        (b'["userID"]', "not an object"),
        (b"null", "not an object"),
        (b"{}", "userID is missing"),
        (b'{"userid":"ada"}', "userID is missing"),
        (b'{"userID":7}', "userID is not a string"),
        (b'{"userID":null}', "userID is not a string"),
        (b'{"userID":"a"}', "userID is 1 character long"),
        (b'{"userID":""}', "userID is 0 characters long"),
        (b'{"userID":"' + b"a" * 257 + b'"}', "at most 256"),
        (b'{"userID":"' + b"a" * 9_000 + b'"}', "at most 256"),
        (('{"userID":"' + "\u00e9" * 257 + '"}').encode(), "at most 256"),
        (b'{"userID":"ada","userID":"bob"}', "same name twice"),
        (b'{"userID":"ada"} x', "something follows"),
        (b'{"userID":"ada","n":NaN}', "NaN"),
        (b'\xef\xbb\xbf{"userID":"ada"}', "byte order mark"),
        (b'{"userID":"\xff"}', "not valid UTF-8"),
        (b'{"userID":"a\\ud800"}', "surrogate"),
        (b'{"userID":"a\nb"}', "not JSON"),
    ],
)
def test_a_body_that_the_contract_does_not_allow_is_refused(
    stub: StubProcess, body: bytes, message: str
) -> None:
    status, _, answer = call(stub, "POST", START, body)
    assert status == 400
    assert message in json.loads(answer)["message"]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json; charset=latin-1"])
def test_a_body_that_is_not_called_json_is_refused(stub: StubProcess, content_type: str) -> None:
    headers = {"authorization": DEFAULT_KEY, "content-type": content_type}
    assert call(stub, "POST", START, b'{"userID":"ada"}', headers)[0] == 400


def test_a_live_key_holds_a_conversation(stub: StubProcess) -> None:
    headers = {"authorization": begin(stub, "talker"), **JSON}
    status, _, body = call(stub, "POST", "/v4/interact", b'{"action":{"type":"launch"}}', headers)
    assert status == 200
    traces = json.loads(body)["traces"]
    assert traces
    assert all(isinstance(trace["type"], str) for trace in traces)
    text = b'{"action":{"type":"text","payload":"h\xc3\xa9 \\n"}}'
    assert (
        "h\u00e9 \n"
        in json.loads(call(stub, "POST", "/v4/interact", text, headers)[2])["traces"][0]["payload"]["message"]
    )


def test_a_stream_has_a_frame_for_each_trace_and_one_that_ends_it(stub: StubProcess) -> None:
    headers = {"authorization": begin(stub, "streamer"), **JSON}
    launch = b'{"action":{"type":"launch"}}'
    traces = json.loads(call(stub, "POST", "/v4/interact", launch, headers)[2])["traces"]
    status, fields, body = call(stub, "POST", "/v4/interact/stream", launch, headers)
    assert (status, fields["content-type"]) == (200, "text/event-stream")
    frames = body.decode().split("\n\n")
    assert frames.pop() == ""
    assert frames.pop() == "event: end\ndata: {}"
    assert [json.loads(frame.removeprefix("event: trace\ndata: ")) for frame in frames] == traces


def test_starting_again_ends_the_earlier_session(stub: StubProcess) -> None:
    launch = b'{"action":{"type":"launch"}}'
    keys = [begin(stub, "again"), begin(stub, "again", SPLIT), begin(stub, "another")]
    statuses = [call(stub, "POST", "/v4/interact", launch, {"authorization": key, **JSON})[0] for key in keys]
    assert statuses == [401, 200, 200]


@pytest.mark.parametrize("path", ["/v4/interact", "/v4/interact/stream"])
@pytest.mark.parametrize("key", ["", "sk.unknown", DEFAULT_KEY])
def test_only_a_live_session_key_may_interact(stub: StubProcess, path: str, key: str) -> None:
    status, _, body = call(
        stub, "POST", path, b'{"action":{"type":"launch"}}', {"authorization": key, **JSON}
    )
    assert status == 401
    assert "traces" not in body.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"action":"launch"}',
        b'{"action":{}}',
        b'{"action":{"type":"jump"}}',
        b'{"action":{"type":"text"}}',
        b'{"action":{"type":"text","payload":7}}',
    ],
)
def test_an_action_is_a_launch_or_a_text(stub: StubProcess, body: bytes) -> None:
    headers = {"authorization": begin(stub, "actor"), **JSON}
    assert call(stub, "POST", "/v4/interact", body, headers)[0] == 400


def test_with_a_concurrency_the_others_wait_in_line() -> None:
    """Four at once on two channels of 150 ms: two are done after 150 ms, two after 300 ms."""
    settings = StubSettings(latency="150ms", concurrency=2)
    with StubProcess.start(settings, Secret(DEFAULT_KEY, name="X")) as stub:
        connections = [HTTPConnection("127.0.0.1", stub.port, timeout=10) for _ in range(4)]
        begun = monotonic()
        for number, connection in enumerate(connections):
            connection.request("POST", START, json.dumps({"userID": f"u{number}"}), HEADERS)
        taken = []
        for connection in connections:
            assert connection.getresponse().status == 200
            taken.append(monotonic() - begun)
            connection.close()
    assert min(taken) >= 0.14
    assert taken[3] >= 0.29

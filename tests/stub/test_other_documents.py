"""The stub of a document of one's own: what it asks for, and what it answers, faults included."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pytest
from recording_transport import RecordingTransport

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.faults import FaultKind
from sessionload.stub.responses import ReceivedRequest
from sessionload.stub.routes import RequestHandler
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    import asyncio

    from sessionload.contract.json_data.pointer import Pointer

TEXT = {"type": "string"}
TENANT = {"name": "tenant", "in": "path", "required": True, "schema": TEXT}
USER = {"type": "string", "minLength": 1, "maxLength": 40}
GATE = Secret("gate-0123", name="GATE", is_key=False)
VENDOR = "application/vnd.any+json"


def closed(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def json_of(schema: object, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {media_type: {"schema": schema}}}


PROBLEM = json_of(closed(error=closed(code={"type": "integer"}, message=TEXT)), "application/problem+json")
TRACE = {"X-Trace": {"required": True, "schema": {"minLength": 3}}}
LATER = {"Retry-After": {"required": True, "schema": {"type": "integer"}}}
ERRORS: dict[str, Any] = dict.fromkeys(("400", "401", "404", "405", "429", "500", "503"), PROBLEM) | {
    "429": {**PROBLEM, "headers": LATER}
}


@dataclass(eq=False)
class Own:
    """A document with one operation, `PUT /base/login/{tenant}`."""

    success: object = field(default_factory=lambda: closed(data=closed(token=TEXT, ttl={"type": "integer"})))
    key: Pointer = ("data", "token")
    user: Pointer = ("who", "id")
    parameters: tuple[dict[str, Any], ...] = ()
    security: tuple[str, ...] = ("token",)
    headers: tuple[tuple[str, str], ...] = ()

    @cached_property
    def contract(self) -> Contract:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Login", "version": "1"},
            "servers": [{"url": "https://gw.example/base"}],
            "security": [{name: [] for name in self.security}],
            "paths": {"/login/{tenant}": {"put": {
                "parameters": [TENANT, *self.parameters],
                "requestBody": {"required": True, "content": {"application/json": {"schema": closed(
                    who=closed(id=USER), plan={"const": "free"},
                )}}},
                "responses": {"201": {**json_of(self.success, VENDOR), "headers": TRACE}, **ERRORS},
            }}},
            "components": {"securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "gate": {"type": "apiKey", "in": "header", "name": "X-Gate"},
            }},
        }  # fmt: skip
        binding = Binding(
            "PUT /login/{tenant}",
            path={"tenant": "acme"},
            filler="stub",
            headers=dict(self.headers),
            secrets={"GATE": GATE},
            serves=True,
            user=self.user,
            session_key=self.key,
        )
        return Contract.from_document(document, binding, file="own.json", sha256="")

    def handler(self, *faults: str) -> RequestHandler:
        return RequestHandler(
            StubSettings(faults=faults),
            key=Secret(DEFAULT_KEY, name="X"),
            contract=self.contract,
            secrets={"GATE": GATE},
        )


def put(
    handler: RequestHandler,
    user: object = "ada",
    *,
    url: str = "/base/login/acme",
    body: bytes | None = None,
    method: bytes = b"PUT",
    **fields: str,
) -> tuple[int, str, bytes, dict[str, str]]:
    """Return status, media type, body and headers of the answer to a request; `x_gate="a"` is a header."""
    request = ReceivedRequest()
    request.method, request.url, request.content_type = method, url.encode(), b"application/json"
    request.body = json.dumps({"who": {"id": user}, "plan": "free"}).encode() if body is None else body
    fields = {"authorization": f"Bearer {DEFAULT_KEY}", **fields}
    request.fields = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    head, _, answer = handler.reply(request).data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines) or lines.count("content-length: 5")
    return int(head[9:12]), headers["content-type"], answer, headers


LISTED = Own(
    success={"type": "array", "items": {"anyOf": [TEXT, {"type": "object"}]}, "minItems": 1}, key=("0",)
)
OWN = Own()
OWNS = {"nested": OWN, "in a list": LISTED}

CAUSES = {
    FaultKind.NOT_JSON: "json/not_json",
    FaultKind.EMPTY_BODY: "json/empty",
    FaultKind.NAN: "json/nan",
    FaultKind.OVERFLOW: "json/overflow",
    FaultKind.HUGE_INTEGER: "json/overflow",
    FaultKind.DUPLICATE_KEY: "json/duplicate_key",
    FaultKind.NOT_UTF8: "json/not_utf8",
    FaultKind.BOM: "json/bom",
    FaultKind.LONE_SURROGATE: "json/lone_surrogate",
    FaultKind.DEEP: "json/too_deep",
    FaultKind.HTML: "media_type",
    FaultKind.WRONG_TYPE: "media_type",
    FaultKind.EMPTY_KEY: "key/empty",
    FaultKind.SAME_KEY: None,
    FaultKind.BIG_KEY: None,
    FaultKind.CLOSE_AFTER: None,
}
OF_THE_PLACE = {
    FaultKind.ARRAY: "body/type",
    FaultKind.MISSING_KEY: "body/required/data/token",
    FaultKind.NULL_KEY: "body/type/data/token",
    FaultKind.NUMBER_KEY: "body/type/data/token",
}


@pytest.mark.parametrize("own", OWNS.values(), ids=OWNS)
def test_an_honest_success_is_one_of_the_document(own: Own) -> None:
    contract = own.contract
    judgement = contract.judge(*put(own.handler()))
    assert judgement.failure is None
    assert judgement.session_key is not None
    assert judgement.session_key.startswith("sk.")


@pytest.mark.parametrize(
    "token", [{"format": "uuid"}, {"pattern": "^[0-9a-f]{32}$"}, {"pattern": "^[0-9a-f]{8}-[0-9a-f-]{27}$"}]
)
@pytest.mark.parametrize("fault", [None, "same_key always", "chunked always"])
def test_keys_have_a_form_that_the_document_allows(token: dict[str, str], fault: str | None) -> None:
    own = Own(success=closed(data=closed(token={**TEXT, **token})))
    handler = own.handler(*([fault] if fault else []))
    status, media_type, body, headers = put(handler)
    if fault == "chunked always":
        body = b"".join(body.split(b"\r\n")[1::2])
    judgement = own.contract.judge(status, media_type, body, headers)
    assert judgement.failure is None
    other = own.contract.judge(*put(handler))
    assert (judgement.session_key == other.session_key) == (fault == "same_key always")


@pytest.mark.parametrize(
    ("own", "kind", "cause"),
    [
        *((own, kind, cause) for own in OWNS.values() for kind, cause in CAUSES.items()),
        *((OWN, kind, cause) for kind, cause in OF_THE_PLACE.items()),
    ],
)
def test_a_fault_is_a_success_of_the_document_but_for_what_its_name_says(
    own: Own, kind: FaultKind, cause: str | None
) -> None:
    status, media_type, body, headers = put(own.handler(f"{kind} always"))
    failure = own.contract.judge(status, media_type, body, headers).failure
    assert status == 201
    assert headers["x-trace"]
    assert (failure.cause if failure else None) == cause
    assert media_type == VENDOR or kind in (FaultKind.HTML, FaultKind.WRONG_TYPE)


@pytest.mark.parametrize("own", OWNS.values(), ids=OWNS)
@pytest.mark.parametrize("kind", ["chunked", "http10_close", "two_lengths", "bad_chunk", "big_header"])
def test_a_fault_of_the_head_has_the_good_body(own: Own, kind: str) -> None:
    status, media_type, body, headers = put(own.handler(f"{kind} always"))
    assert headers["x-trace"]
    whole = body.partition(b"0\r\n\r\n")[0].replace(b"\r\n", b" ") if kind == "chunked" else body
    assert (status, media_type) == (201, VENDOR)
    for mark in (b"sk.", *([b'"token":'] if own is OWN else [])):
        assert mark in whole


@pytest.mark.parametrize("own", OWNS.values(), ids=OWNS)
def test_the_api_key_is_echoed_and_no_session_key(own: Own) -> None:
    status, media_type, body, headers = put(own.handler("echo_api_key always"))
    assert own.contract.judge(status, media_type, body, headers).failure is not None
    assert DEFAULT_KEY.encode() in body
    assert b"sk." not in body


@pytest.mark.parametrize(
    ("faults", "sent", "status"),
    [
        (["throttle retry-after 3 always"], {}, 429),
        (["throttle always"], {}, 429),
        (["status 503 always"], {}, 503),
        (["status 500 always"], {}, 500),
        (["status 404 always"], {}, 404),
        (["fails_on_bad_json always"], {"body": b"{"}, 500),
        ([], {"body": b"{"}, 400),
        ([], {"user": ""}, 400),
        (["grants_empty always"], {"user": "a" * 41}, 400),
        (["refuses_astral always"], {"user": "\U0001f9ed" * 30}, 400),
        ([], {"authorization": "Bearer other"}, 401),
        ([], {"url": "/base/login/other"}, 404),
        ([], {"method": b"GET"}, 405),
    ],
)
def test_an_error_is_as_the_document_describes_it(
    faults: list[str], sent: dict[str, Any], status: int
) -> None:
    seen = put(OWN.handler(*faults), **sent)
    assert seen[0] == status
    assert OWN.contract.responses.fault_of_error(*seen) is None
    assert json.loads(seen[2]).keys() == {"error"}
    assert seen[3].get("retry-after", "3") == "3" or faults == ["throttle always"]


# What it asks for


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 201),
        ({"authorization": DEFAULT_KEY}, 401),
        ({"authorization": ""}, 401),
        ({"authorization": f"Basic {DEFAULT_KEY}"}, 401),
    ],
)
def test_the_key_stands_behind_its_scheme(fields: dict[str, Any], status: int) -> None:
    assert put(OWN.handler(), **fields)[0] == status


@pytest.mark.parametrize(
    ("headers", "gate", "status"),
    [
        ((("X-Gate", "${GATE}"),), "gate-0123", 201),
        ((("X-Gate", "${GATE}"),), "another", 401),
        ((("X-Gate", "${GATE}"),), None, 401),
        ((("X-Gate", "written"),), "written", 201),
        ((), "any", 201),
        ((), None, 401),
    ],
)
@pytest.mark.parametrize("security", [("token", "gate"), ("gate", "token")])
def test_a_second_key_is_asked_for_too(
    headers: tuple[tuple[str, str], ...], gate: str | None, status: int, security: tuple[str, str]
) -> None:
    """Without a value of its own, any will do; the API key then goes where the document names one first."""
    handler = Own(security=security, headers=headers).handler()
    fields: dict[str, Any] = {} if gate is None else {"x_gate": gate}
    if not headers and security[0] == "gate":
        fields = {} if gate is None else {"x_gate": DEFAULT_KEY, "authorization": "any"}
    assert put(handler, **fields)[0] == status


PARAMETERS: tuple[dict[str, Any], ...] = (
    {"name": "X-Tenant", "in": "header", "required": True, "schema": {"enum": ["acme", "other"]}},
    {"name": "ring", "in": "cookie", "required": True, "schema": {"type": "integer"}},
    {"name": "tag", "in": "query", "required": True, "schema": {"type": "array", "items": {"maxLength": 2}}},
    {"name": "dry", "in": "query", "schema": {"type": "boolean"}},
)
GOOD = {"url": "/base/login/acme?tag=a&tag=b", "x_tenant": "acme", "cookie": "a=b; ring=3"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, ""),
        ({"url": "/base/login/acme?tag=a"}, ""),
        ({"url": "/base/login/acme?tag=a,b"}, ""),
        ({"url": "/base/login/acme?dry=true&tag=a"}, ""),
        ({"url": "/base/login/acme?dry=maybe&tag=a"}, "dry"),
        ({"url": "/base/login/acme"}, "tag"),
        ({"url": "/base/login/acme?tag=long"}, "tag"),
        ({"x_tenant": None}, "x-tenant"),
        ({"x_tenant": "nobody"}, "x-tenant"),
        ({"cookie": None}, "ring"),
        ({"cookie": "ring=red"}, "ring"),
    ],
)
def test_required_parameters_are_asked_for(changed: dict[str, str | None], named: str) -> None:
    own = Own(parameters=PARAMETERS)
    handler = own.handler()
    sent: dict[str, Any] = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    assert put(handler, **sent)[0] == (400 if named else 201)
    request = ReceivedRequest()
    request.url = sent["url"].encode()
    fields = {name: value for name, value in sent.items() if name != "url"}
    request.fields = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    assert named in handler._head.fault_of_parameters(request)


def test_a_head_is_known_by_its_bytes_whatever_the_method() -> None:
    handler = OWN.handler()
    loop, transport = cast("asyncio.AbstractEventLoop", None), RecordingTransport()
    connection = StubProtocol(handler, DelayQueue(loop), loop)
    connection.connection_made(transport)
    body = b'{"who":{"id":"ada"},"plan":"free"}'
    sent = (
        f"PUT /base/login/acme HTTP/1.1\r\nhost: stub\r\nauthorization: Bearer {DEFAULT_KEY}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body
    connection.data_received(sent)
    assert list(handler.heads.values()) == [len(body)]
    connection.data_received(sent)
    assert [data[9:12] for data in transport.written] == [b"201", b"201"]


def test_a_head_that_lacks_a_parameter_is_never_known_by_its_bytes() -> None:
    handler = Own(parameters=PARAMETERS).handler()
    request = ReceivedRequest()
    request.method, request.content_type, request.url = b"PUT", b"application/json", b"/base/login/acme"
    request.fields = {b"authorization": f"Bearer {DEFAULT_KEY}".encode()}
    handler.reply(request)
    handler.remember(request, b"the head")
    assert not handler.heads


@pytest.mark.parametrize(
    "url", ["/login/acme", "/base/base/login/acme", "/base", "/base/v4/project/stub/session"]
)
def test_no_other_path_starts_a_session(url: str) -> None:
    assert put(OWN.handler(), url=url)[0] == 404


@pytest.mark.parametrize(
    ("defect", "user"), [("grants_too_long", "a" * 41), ("grants_empty", ""), ("grants_null", None)]
)
def test_a_defect_looks_at_the_user_id_where_the_document_has_it(defect: str, user: str | None) -> None:
    assert put(OWN.handler(), user)[0] == 400
    assert put(OWN.handler(f"{defect} always"), user)[0] == 201
    for other in (
        b'{"who":{},"plan":"free"}',
        b'{"userID":"","plan":"free"}',
        b'{"who":{"id":""},"plan":"x"}',
    ):
        assert put(OWN.handler(f"{defect} always"), body=other)[0] == 400


@pytest.mark.parametrize("defect", ["key_is_api_key", "shows_key_in_body"])
def test_a_defect_that_shows_the_api_key_shows_it_without_its_scheme(defect: str) -> None:
    _, _, body, _ = put(OWN.handler(f"{defect} always"))
    assert f'"{DEFAULT_KEY}"'.encode() in body


def test_the_places_of_the_path_are_what_the_environment_gives() -> None:
    assert put(OWN.handler(), url="/base/login/acme")[0] == 201
    assert put(OWN.handler(), url="/base/login/stub")[0] == 404

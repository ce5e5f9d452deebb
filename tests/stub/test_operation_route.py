"""The stub serves the operation of any document: its base path, method, and the header of its key."""

from __future__ import annotations

from typing import Any

import pytest

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.stub.responses import ReceivedRequest
from sessionload.stub.routes import RequestHandler
from sessionload.stub.settings import DEFAULT_KEY, StubSettings


def handler_of(path: str, scheme: dict[str, str], method: str = "post") -> RequestHandler:
    answer = {"type": "object", "properties": {"sessionKey": {"type": "string"}}, "required": ["sessionKey"]}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://host.example/base/v1"}],
        "security": [{"key": []}],
        "paths": {
            path: {
                method: {
                    "requestBody": {"content": {"application/json": {}}},
                    "responses": {
                        "200": {"description": "", "content": {"application/json": {"schema": answer}}}
                    },
                }
            }
        },
        "components": {"securitySchemes": {"key": scheme}},
    }
    settings = StubSettings(latency="0ms")
    binding = Binding(
        f"{method.upper()} {path}",
        settings.project,
        settings.environment,
        filler=settings.project,
        serves=True,
    )
    contract = Contract.from_document(document, binding, file="mine.yaml", sha256="0")
    return RequestHandler(settings, key=Secret(DEFAULT_KEY, name="X"), contract=contract)


def status(handler: RequestHandler, method: str, url: str, value: str) -> int:
    request = ReceivedRequest()
    request.method, request.url = method.encode(), url.encode()
    request.fields[b"authorization"], request.content_type = value.encode(), b"application/json"
    request.body = b'{"userID":"u1"}'
    return int(handler.reply(request).data[9:12])


BEARER = {"type": "http", "scheme": "bearer"}
SPLIT = "/gw/v4/project/{id}/session"


@pytest.mark.parametrize(
    ("path", "method", "url", "value", "expected"),
    [
        (SPLIT, "post", "/base/v1/gw/v4/project/stub/session", f"Bearer {DEFAULT_KEY}", 200),
        (SPLIT, "post", "/base/v1/gw/v4/project/stub/session?a=b", f"Bearer {DEFAULT_KEY}", 200),
        (SPLIT, "post", "/base/v1/gw/v4/project/other/session", f"Bearer {DEFAULT_KEY}", 404),
        (SPLIT, "post", "/base/v1/gw/v4/project/stub/session", DEFAULT_KEY, 401),
        ("/login/{tenant}", "put", "/base/v1/login/stub", f"Bearer {DEFAULT_KEY}", 200),
        ("/login/{tenant}", "put", "/base/v1/login/other", f"Bearer {DEFAULT_KEY}", 404),
        ("/login/{tenant}", "post", "/base/v1/login/any/more", f"Bearer {DEFAULT_KEY}", 404),
    ],
)
def test_the_operation_is_where_the_document_says(
    path: str, method: str, url: str, value: str, expected: int
) -> None:
    assert status(handler_of(path, BEARER, method), method.upper(), url, value) == expected


def test_another_method_is_refused_and_the_right_one_named() -> None:
    assert status(handler_of("/login", BEARER, "put"), "POST", "/base/v1/login", "x") == 405


def test_the_header_of_the_key_is_the_documents() -> None:
    gate = {"type": "apiKey", "in": "header", "name": "X-Gate"}
    assert b"x-gate" in handler_of("/login", gate).field_names

"""What stands before the paths of a document where it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.errors import InputError

if TYPE_CHECKING:
    from sessionload.contract.request.request_form import RequestForm


def request_of(
    *servers: Any,  # noqa: ANN401 -- whatever a document has there
    item: Any = None,  # noqa: ANN401
    operation: Any = None,  # noqa: ANN401
    base_path: str | None = None,
) -> RequestForm:
    start = {
        "responses": {"200": {"description": "", "content": {"application/json": {}}}},
        "servers": operation,
    }
    document = {
        "openapi": "3.1.0",
        "servers": list(servers),
        "paths": {"/start": {"post": start, "servers": item}},
    }
    binding = Binding("POST /start", base_path=base_path, user=None)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0").request


VARIABLES = {"version": {"default": "v2"}, "port": {"default": "8443"}, "number": {"default": 3}}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://host.example", "/start"),
        ("https://host.example/", "/start"),
        ("https://host.example/runtime/v1", "/runtime/v1/start"),
        ("https://host.example/runtime/v1/", "/runtime/v1/start"),
        ("https://{port}.example:{port}/{version}/a", "/v2/a/start"),
        ("https://host.example/{number}", "/3/start"),
        ("/runtime", "/runtime/start"),
        ("//host.example/runtime", "/runtime/start"),
        ("/a b/ü/%20", "/a%20b/%C3%BC/%20/start"),
        ("", "/start"),
    ],
)
def test_the_base_path_is_that_of_the_first_server(url: str, path: str) -> None:
    request = request_of({"url": url, "variables": VARIABLES}, {"url": "/second"})
    assert request.path() == path
    assert request.template == path


def test_an_operation_has_servers_before_its_path_and_that_before_the_document() -> None:
    root, item, operation = {"url": "/root"}, {"url": "/item"}, {"url": "/operation"}
    assert request_of(root, item=[item], operation=[operation]).path() == "/operation/start"
    assert request_of(root, item=[item], operation=[]).path() == "/item/start"
    assert request_of(root).path() == "/root/start"
    assert request_of().path() == "/start"


@pytest.mark.parametrize(
    ("base_path", "path"), [("/mine", "/mine/start"), ("/mine/", "/mine/start"), ("/", "/start")]
)
def test_the_address_of_the_environment_decides_if_it_has_a_path(base_path: str, path: str) -> None:
    assert request_of({"url": "{unknown}"}, base_path=base_path).path() == path


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://host.example/{none}", "has a variable 'none' without a default"),
        ("https://host.example/a?b", "has a query or a fragment"),
        ("/a#b", "has a query or a fragment"),
        ("runtime", "is relative to where the document is served"),
        ("../runtime", "is relative"),
        ("/a/../b", "has a part of dots"),
        ("/a/\ud800", "is no URL"),
        ("https://[/a", "is no URL"),
    ],
)
def test_a_server_that_leaves_it_open_is_refused(url: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        request_of({"url": url})
    assert caught.value.code == "bad-server"
    assert text in caught.value.message
    assert "or a slash for none" in caught.value.hint


@given(st.text(max_size=30))
def test_any_url_is_read_or_refused_and_gives_a_path_that_can_be_sent(url: str) -> None:
    try:
        path = request_of({"url": url}).path()
    except InputError:
        return
    assert path.startswith("/")
    assert path.isascii()
    assert not set(path) & set(' ?#\r\n{}"')

"""Each place of a path is filled, and whatever an environment says of a path is used or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.errors import InputError


def path_of(template: str, binding: Binding) -> str:
    start = {
        "security": [{"Key": []}],
        "responses": {"200": {"description": "", "content": {"application/json": {}}}},
    }
    document = {
        "openapi": "3.0.3",
        "paths": {template: {"post": start}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    bound = replace(binding, user=None)
    return Contract.from_document(document, bound, file="mine.yaml", sha256="0").request.path()


NAMED = "/v4/project/{projectId}/environment/{alias}/session"


@pytest.mark.parametrize(
    ("template", "binding", "path"),
    [
        (NAMED, Binding(None, "p", "main"), "/v4/project/p/environment/main/session"),
        ("/gw" + NAMED, Binding(None, "p", "main"), "/gw/v4/project/p/environment/main/session"),
        ("/v4/project/{id}/session", Binding(None, "p"), "/v4/project/p/session"),
        ("/in/{projectID}", Binding("POST /in/{projectID}", "p"), "/in/p"),
        ("/t/{tenant}", Binding("POST /t/{tenant}", path={"tenant": "a b"}), "/t/a%20b"),
        (
            NAMED,
            Binding(None, None, "main", path={"projectId": "x"}),
            "/v4/project/x/environment/main/session",
        ),
        ("/t/{tenant}", Binding("POST /t/{tenant}", "p", "main", filler="any"), "/t/any"),
        (
            "/a b/ü%20/{t d}/}",
            Binding("POST /a b/ü%20/{t d}/}", path={"t d": "é"}),
            "/a%20b/%C3%BC%20/%C3%A9/%7D",
        ),
        ("/start", Binding("POST /start", "p", "main", filler="any"), "/start"),
    ],
)
def test_places_are_filled(template: str, binding: Binding, path: str) -> None:
    assert path_of(template, binding) == path


@pytest.mark.parametrize("template", ["start", "", "/a?b=c", "/a#b", "/a/../b", "/a/./b", "/\ud800"])
def test_a_path_that_no_request_can_have_is_refused(template: str) -> None:
    with pytest.raises(InputError) as caught:
        path_of(template, Binding(f"POST {template}"))
    assert caught.value.code == "unusable-operation"
    assert "of the document cannot be called" in caught.value.message


@pytest.mark.parametrize("template", ["/a\r\nb: c", "/a b", "/\x00"])
def test_no_path_breaks_out_of_its_line(template: str) -> None:
    assert path_of(template, Binding(f"POST {template}")).isascii()
    assert not set(path_of(template, Binding(f"POST {template}"))) & set(" \r\n\x00")


@pytest.mark.parametrize(
    ("template", "binding", "hint"),
    [
        (NAMED, Binding(None, None, "main"), "add project: …"),
        ("/t/{tenant}", Binding("POST /t/{tenant}"), "add path: {tenant: …}"),
    ],
)
def test_a_place_that_nothing_fills_is_refused(template: str, binding: Binding, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        path_of(template, binding)
    assert caught.value.code == "unfilled-path"
    assert caught.value.hint == f"{hint} to the environment"


@pytest.mark.parametrize(
    ("template", "binding", "name"),
    [
        ("/start", Binding("POST /start", "p"), "project"),
        ("/v4/project/{id}/session", Binding("POST /v4/project/{id}/session", "p", "main"), "environment"),
        (NAMED, Binding(None, "p", "main", path={"tenant": "x"}), "tenant"),
        (NAMED, Binding(None, "p", "main", path={"projectId": "x"}), "project"),
        ("/start", Binding("POST /start", filler="any", path={"unknown": "x"}), "unknown"),
    ],
)
def test_a_value_without_a_place_is_refused(template: str, binding: Binding, name: str) -> None:
    with pytest.raises(InputError) as caught:
        path_of(template, binding)
    assert caught.value.code == "unused-path-value"
    assert caught.value.message.endswith(f"has no place for '{name}'")

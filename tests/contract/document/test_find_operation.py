"""The operation that starts a session is known by its path; any other one is named."""

from __future__ import annotations

from typing import Any

import pytest

from sessionload.contract.document.binding import Binding
from sessionload.contract.document.find_operation import find_operation, operations_of
from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.errors import InputError

NAMED = "/v4/project/{projectID}/environment/{environmentID}/session"
SPLIT = "/v4/project/{projectID}/session"


def document(*operations: tuple[str, str, str | None]) -> OpenApiDocument:
    """Return a document with operations, each with method, path and perhaps an `operationId`."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, name in operations:
        paths.setdefault(path, {})[method] = {"operationId": name} if name else {}
    return OpenApiDocument({"openapi": "3.0.3", "paths": paths}, "mine.yaml")


VENDOR = document(("post", NAMED, "V4_start"), ("post", SPLIT, "V4_split"), ("get", NAMED, "V4_list"))


@pytest.mark.parametrize(
    ("environment", "route"), [("main", f"POST {NAMED}"), (None, f"POST {SPLIT}")], ids=["named", "split"]
)
def test_the_session_start_is_known_by_its_path(environment: str | None, route: str) -> None:
    assert find_operation(VENDOR, Binding(environment=environment)).route == route


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("/v4/project/{a}/environment/{b}/session", {"project": "a", "environment": "b"}),
        (
            "/runtime/v1/v4/project/{p-id}/environment/{e_id}/session",
            {"project": "p-id", "environment": "e_id"},
        ),
    ],
)
def test_the_places_and_the_base_of_the_path_may_be_called_otherwise(
    path: str, places: dict[str, str]
) -> None:
    found = find_operation(document(("post", path, None)), Binding(environment="main"))
    assert (found.name, found.session_places) == (f"POST {path}", places)


@pytest.mark.parametrize(
    "path",
    [
        "/v4/project/{a}/environment/{b}/sessions",
        "/v4/project/{a}/environment/main/session",
        "/v4/project/{a}{c}/environment/{b}/session",
        "/{base}/v4/project/{a}/environment/{b}/session",
        "v4/project/{a}/environment/{b}/session",
    ],
)
def test_another_path_is_no_session_start(path: str) -> None:
    with pytest.raises(InputError) as caught:
        find_operation(document(("post", path, "other")), Binding(environment="main"))
    assert caught.value.code == "unknown-operation"
    assert f"other (POST {path})" in caught.value.hint


def test_another_method_is_no_session_start() -> None:
    with pytest.raises(InputError, match="no operation of the document has the path of a session start"):
        find_operation(document(("put", NAMED, "x")), Binding(environment="main"))


@pytest.mark.parametrize("name", ["V4_list", f"GET {NAMED}", f"get  {NAMED}"])
def test_an_operation_is_named_by_its_id_or_by_method_and_path(name: str) -> None:
    assert find_operation(VENDOR, Binding(name)).operation_id == "V4_list"


def test_a_misspelled_name_is_mended_and_a_strange_one_shows_the_choice() -> None:
    with pytest.raises(InputError) as caught:
        find_operation(VENDOR, Binding("V4_strat"))
    assert caught.value.hint == "did you mean 'V4_start'?"
    with pytest.raises(InputError) as caught:
        find_operation(VENDOR, Binding("quite another"))
    assert caught.value.code == "unknown-operation"
    assert caught.value.hint.endswith(
        f"V4_list (GET {NAMED}), V4_start (POST {NAMED}), V4_split (POST {SPLIT})"
    )


def test_several_session_starts_are_listed() -> None:
    both = document(("post", NAMED, "one"), ("post", f"/v1{NAMED}", None))
    with pytest.raises(InputError) as caught:
        find_operation(both, Binding(environment="main"))
    assert caught.value.code == "ambiguous-operation"
    assert caught.value.hint.endswith(f"one (POST {NAMED}), POST /v1{NAMED}")


def test_an_id_that_stands_twice_is_refused_only_where_it_is_asked_for() -> None:
    twice = document(("post", NAMED, "start"), ("post", "/other", "start"))
    assert find_operation(twice, Binding(environment="main")).template == NAMED
    with pytest.raises(InputError) as caught:
        find_operation(twice, Binding("start"))
    assert caught.value.code == "ambiguous-operation"
    assert caught.value.hint == f"name it by method and path: POST {NAMED} or POST /other"
    assert find_operation(twice, Binding("POST /other")).template == "/other"


def test_a_list_of_operations_is_bounded() -> None:
    many = document(*(("get", f"/{number}", None) for number in range(100)))
    with pytest.raises(InputError) as caught:
        find_operation(many, Binding(environment="main"))
    assert caught.value.hint.endswith("GET /7 and 92 more")


def test_a_document_without_operations_says_so() -> None:
    with pytest.raises(InputError, match="take the document that describes the session start"):
        find_operation(document(), Binding(environment="main"))
    assert not list(operations_of(document()))

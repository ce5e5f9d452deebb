"""The cases of an operation come from the document, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.placeholder import KEY
from sessionload.errors import InputError
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import FIRST, Case, Expect
from sessionload.suite.cases.check_users import PREFIX, CheckUsers

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_RUN = "20260102-030405-ab12"
_START = f"{PREFIX}{_RUN}-"


def _contract(project: str = "p1", environment: str = "main") -> Contract:
    document = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    binding = Binding("startSession", project, environment)
    return Contract.from_document(document, binding, file="openapi.yaml", sha256="0" * 64)


_CONTRACT = _contract()


def _cases() -> dict[str, Case]:
    made = cases_of(_CONTRACT, run_id=_RUN)
    named = {case.name: case for case in made}
    assert len(named) == len(made), "a name stands for one case"
    return named


def _expected(cases: dict[str, Case], group: str) -> dict[str, str]:
    return {
        name.removeprefix(f"{group}/"): case.expect.name
        for name, case in cases.items()
        if case.group == group
    }


def _sent(case: Case) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(case.request.body)


_CASES = _cases()


def test_the_cases_of_the_shipped_document() -> None:
    assert _expected(_CASES, "valid") == {"ordinary": "KEPT"}
    assert _expected(_CASES, "user-id") == {
        "missing": "REFUSED",
        "length-0": "REFUSED",
        "length-1": "KEPT",
        "length-2": "KEPT",
        "length-255": "KEPT",
        "length-256": "KEPT",
        "length-257": "REFUSED",
        "null": "REFUSED",
        "boolean": "REFUSED",
        "number": "REFUSED",
        "array": "REFUSED",
        "object": "REFUSED",
        "length-256-accented": "KEPT",
        "length-256-astral": "KEPT",
        "combining-marks": "KEPT",
        "outer-spaces": "KEPT",
        "nul": "KEPT",
        "right-to-left": "KEPT",
    }
    assert _expected(_CASES, "body") == {
        "missing": "REFUSED",
        "truncated": "REFUSED",
        "not-json": "REFUSED",
        "array": "REFUSED",
        "not-utf-8": "EITHER",
        "byte-order-mark": "EITHER",
        "duplicate-names": "EITHER",
        "deeply-nested": "REFUSED",
        "one-mebibyte": "REFUSED",
        "extra-property": "KEPT",
        "media-type": "REFUSED",
    }
    assert _expected(_CASES, "authorization") == {
        "missing": "REFUSED",
        "empty": "REFUSED",
        "wrong": "REFUSED",
        "bearer": "REFUSED",
        "capitals": "KEPT",
    }
    assert _expected(_CASES, "path") == {
        "unknown-project": "REFUSED",
        "empty-project": "REFUSED",
        "encoded-project": "KEPT",
        "slashes-project": "REFUSED",
        "dots-project": "REFUSED",
        "unknown-environment": "REFUSED",
        "dots-environment": "REFUSED",
    }
    assert _expected(_CASES, "method") == {
        "GET": "REFUSED",
        "PUT": "REFUSED",
        "PATCH": "REFUSED",
        "DELETE": "REFUSED",
        "HEAD": "REFUSED",
        "OPTIONS": "NO_SESSION",
        "TRACE": "NO_SESSION",
    }
    assert next(iter(_CASES)) == FIRST
    assert 40 <= len(_CASES) <= 60


def test_equal_input_gives_equal_cases() -> None:
    assert list(_cases().values()) == list(_CASES.values())


def test_each_name_is_readable_and_begins_with_its_group() -> None:
    for name, case in _CASES.items():
        group, slash, what = name.partition("/")
        assert (group, slash) == (case.group, "/")
        assert what.replace("-", "").isalnum()
        assert case.requirement[0].isupper()
        assert not case.requirement.endswith(".")


def test_what_the_ordinary_case_sends() -> None:
    request = _CASES[FIRST].request
    assert (request.method, request.path) == ("POST", "/v4/project/p1/environment/main/session")
    assert request.headers == (
        ("authorization", KEY),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    )
    assert request.body == b'{"userID":"%sordinary"}' % _START.encode()


def test_a_case_shows_no_body_in_its_repr() -> None:
    assert _START not in repr(_CASES[FIRST])


@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 257])
def test_a_length_is_counted_in_characters(length: int) -> None:
    assert len(_sent(_CASES[f"user-id/length-{length}"])["userID"]) == length


def test_256_characters_can_be_more_bytes_or_more_utf_16_units() -> None:
    accented = _sent(_CASES["user-id/length-256-accented"])["userID"]
    astral = _sent(_CASES["user-id/length-256-astral"])["userID"]
    assert (len(accented), len(accented.encode("utf-16-le")) // 2) == (256, 256)
    assert len(accented.encode()) > 256
    assert len(astral) == 256
    assert len(astral.encode("utf-16-le")) // 2 > 256


def test_what_texts_are_made_of() -> None:
    assert _sent(_CASES["user-id/nul"])["userID"].endswith("\0")
    assert rb"\u0000" in _CASES["user-id/nul"].request.body
    spaced = _sent(_CASES["user-id/outer-spaces"])["userID"]
    assert (spaced[0], spaced[-1], len(spaced) - len(spaced.strip())) == (" ", " ", 2)


def test_every_user_can_be_found_that_is_long_enough() -> None:
    short = {"user-id/length-1": "~", "user-id/length-2": "~~"}
    for name, case in _CASES.items():
        if case.expect is Expect.KEPT:
            user = _sent(case)["userID"].strip()
            assert user.startswith(_START) or user == short[name]
            assert bool(case.note) or name not in short


def test_bodies_that_are_no_body_of_the_document() -> None:
    bodies = {name: case.request.body for name, case in _CASES.items()}
    assert bodies["body/missing"] == b""
    with pytest.raises(json.JSONDecodeError):
        json.loads(bodies["body/truncated"])
    with pytest.raises(json.JSONDecodeError):
        json.loads(bodies["body/not-json"])
    with pytest.raises(UnicodeDecodeError):
        bodies["body/not-utf-8"].decode()
    assert bodies["body/byte-order-mark"][:4] == b"\xef\xbb\xbf{"
    assert [name for name, _ in json.loads(bodies["body/duplicate-names"], object_pairs_hook=list)] == [
        "userID"
    ] * 2
    assert bodies["body/deeply-nested"] == b'{"userID":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert len(bodies["body/one-mebibyte"]) == 1 << 20
    assert list(json.loads(bodies["body/extra-property"])) == ["userID", "sessionloadCheck"]
    assert isinstance(json.loads(bodies["body/array"]), list)
    assert dict(_CASES["body/media-type"].request.headers)["content-type"] == "text/plain"


def test_how_the_key_is_sent() -> None:
    headers = {
        name: [*case.request.headers] for name, case in _CASES.items() if case.group == "authorization"
    }
    first = {name: fields[0] for name, fields in headers.items()}
    assert all(field[0] != "authorization" for field in headers["authorization/missing"])
    assert first["authorization/empty"] == ("authorization", "")
    assert first["authorization/wrong"][1] != KEY
    assert first["authorization/bearer"] == ("authorization", "Bearer {key}")
    assert first["authorization/capitals"] == ("AUTHORIZATION", KEY)


def test_paths_are_sent_as_they_are() -> None:
    paths = {name: case.request.path for name, case in _CASES.items() if case.group == "path"}
    rest = "/environment/main/session"
    assert paths == {
        "path/unknown-project": f"/v4/project/sessionload-no-such-project{rest}",
        "path/empty-project": f"/v4/project/{rest}",
        "path/encoded-project": f"/v4/project/%70%31{rest}",
        "path/slashes-project": f"/v4/project/p1%2F..%2Fp1{rest}",
        "path/dots-project": f"/v4/project/..{rest}",
        "path/unknown-environment": "/v4/project/p1/environment/sessionload-no-such-environment/session",
        # One '..' would lead to the traffic split, which is documented.
        "path/dots-environment": "/v4/project/p1/environment/../../session",
    }


def test_a_value_is_encoded_where_another_place_is_tried() -> None:
    made = cases_of(_contract("a b", "é/ü"), run_id=_RUN)
    paths = {case.name: case.request.path for case in made}
    assert paths["path/unknown-project"].endswith("/environment/%C3%A9%2F%C3%BC/session")
    assert paths["path/unknown-environment"].startswith("/v4/project/a%20b/environment/")


def test_only_methods_that_have_one_send_a_body_and_trace_sends_no_key() -> None:
    for name, case in _CASES.items():
        if case.group == "method":
            fields = dict(case.request.headers)
            assert case.request.method == name.removeprefix("method/")
            assert (
                bool(case.request.body)
                is ("content-type" in fields)
                is (case.request.method in {"PUT", "PATCH"})
            )
            assert ("authorization" in fields) is (case.request.method != "TRACE")


def test_a_project_that_cannot_stand_in_a_path_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        cases_of(_contract(".."), run_id=_RUN)
    assert caught.value.code == "bad-path-value"


@given(st.integers(0, 300), st.sampled_from("~é\U0001f9ed"))
def test_an_id_has_the_length_that_was_asked_for(length: int, fill: str) -> None:
    users = CheckUsers(_RUN)
    user = users.filled(length, fill)
    assert len(user) == length
    assert user.startswith(_START) is users.findable(length)

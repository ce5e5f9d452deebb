"""What an answer to a case is worth, whatever a server sends."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.response.session_key import SessionKeyPlace
from sessionload.metrics.exchange import Failure
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import FIRST
from sessionload.suite.expectation import (
    CaseStatus,
    Observed,
    judge_case,
)

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_CONTRACT = Contract.from_document(
    _DOCUMENT, Binding("startSession", "p1", "main"), file="openapi.yaml", sha256="0" * 64
)
_CASES = {case.name: case for case in cases_of(_CONTRACT, run_id="r1")}
_PLACE = SessionKeyPlace(("sessionKey",))
_KEY = "canary-4f2a9c31d0"
_SESSION = json.dumps({"sessionKey": _KEY}).encode()
_REFUSAL = b'{"code": 400, "message": "no"}'
_JSON = "application/json"


def _observed(status: int, body: bytes = _REFUSAL, media_type: str = _JSON) -> Observed:
    return Observed(status, (("Content-Type", media_type),), body, 1_000_000)


def _judged(name: str, observed: Observed, *documented: object) -> tuple[CaseStatus, str]:
    contract = _listing(*documented) if documented else _CONTRACT
    state, text = judge_case(contract, _CASES[name], observed)
    assert _KEY not in text
    assert _KEY[:8] not in text
    return state, text


@pytest.mark.parametrize(
    ("observed", "state", "text"),
    [
        (_observed(200, _SESSION), CaseStatus.KEPT, '200: {"sessionKey": "<17 characters>"}'),
        (_observed(200, _SESSION, "application/json; charset=utf-8"), CaseStatus.KEPT, "200: "),
        (_observed(201, _SESSION), CaseStatus.VIOLATED, "201, the document does not list status 201: "),
        (
            _observed(200, _SESSION, "text/html"),
            CaseStatus.VIOLATED,
            "200, the document does not list the media",
        ),
        (
            _observed(200, b"{}"),
            CaseStatus.VIOLATED,
            "200, the body breaks the contract: sessionKey is missing: {}",
        ),
        (
            _observed(200, b'{"sessionKey": null}'),
            CaseStatus.VIOLATED,
            "200, the body breaks the contract: sessionKey",
        ),
        (_observed(200, b'{"sessionKey": ""}'), CaseStatus.VIOLATED, "200, the session key is empty"),
        (_observed(200, b"<html>"), CaseStatus.VIOLATED, "200, the body is not JSON"),
        (
            _observed(302, b""),
            CaseStatus.VIOLATED,
            "302, the document does not list status 302: (empty body)",
        ),
        (_observed(400), CaseStatus.VIOLATED, "400, the document does not list status 400"),
        (_observed(401), CaseStatus.VIOLATED, "401, the API key was not accepted"),
        (_observed(500, b"oh"), CaseStatus.VIOLATED, "500, the server failed (status 500): oh"),
        (_observed(429), CaseStatus.THROTTLED, "429: the server asked for fewer requests"),
    ],
)
def test_a_valid_case_expects_a_documented_success(observed: Observed, state: CaseStatus, text: str) -> None:
    judged, shown = _judged(FIRST, observed)
    assert judged is state
    assert shown.startswith(text)


@pytest.mark.parametrize(
    ("observed", "state", "text"),
    [
        (
            _observed(400),
            CaseStatus.UNDOCUMENTED,
            'undocumented, observed 400: {"code": 400, "message": "<2 ch',
        ),
        (_observed(413, b""), CaseStatus.UNDOCUMENTED, "undocumented, observed 413: (empty body)"),
        (_observed(403), CaseStatus.UNDOCUMENTED, "undocumented, observed 403"),
        (_observed(422), CaseStatus.KEPT, "422: "),
        (_observed(200, _SESSION), CaseStatus.VIOLATED, "200, with a session key: "),
        (_observed(200, b"{}"), CaseStatus.VIOLATED, "200, accepted: {}"),
        (_observed(204, b""), CaseStatus.VIOLATED, "204, accepted: (empty body)"),
        (_observed(400, _SESSION), CaseStatus.VIOLATED, "400, with a session key: "),
        (
            _observed(422, b'{"error": [{"sessionKey": "canary-4f2a9c31d0"}]}'),
            CaseStatus.VIOLATED,
            "422, with a session",
        ),
        (_observed(307, b""), CaseStatus.VIOLATED, "307, neither accepted nor refused"),
        (_observed(500), CaseStatus.VIOLATED, "500, the server failed"),
        (_observed(503), CaseStatus.VIOLATED, "503, the server failed"),
        (_observed(101), CaseStatus.VIOLATED, "101, no final status"),
        (_observed(999), CaseStatus.VIOLATED, "999, not a status of HTTP"),
        (_observed(401), CaseStatus.VIOLATED, "401, the API key was refused, which was good"),
        (_observed(429), CaseStatus.THROTTLED, "429"),
    ],
)
def test_an_invalid_case_expects_a_refusal_without_a_session_key(
    observed: Observed, state: CaseStatus, text: str
) -> None:
    for name in ("user-id/length-257", "body/not-json"):
        judged, shown = _judged(name, observed, 200, 422)
        assert judged is state
        assert shown.startswith(text)


@pytest.mark.parametrize(
    "name",
    [
        "authorization/missing",
        "authorization/wrong",
        "authorization/bearer",
        "path/unknown-project",
    ],
)
def test_a_401_is_a_refusal_where_the_key_or_the_address_is_what_is_wrong(name: str) -> None:
    assert _judged(name, _observed(401))[0] is CaseStatus.UNDOCUMENTED


@pytest.mark.parametrize(
    ("observed", "state"),
    [
        (_observed(200, _SESSION), CaseStatus.KEPT),
        (_observed(400), CaseStatus.UNDOCUMENTED),
        (_observed(401), CaseStatus.VIOLATED),
        (_observed(400, _SESSION), CaseStatus.VIOLATED),
        (_observed(200, b"{}"), CaseStatus.VIOLATED),
        (_observed(500), CaseStatus.VIOLATED),
        (_observed(302), CaseStatus.VIOLATED),
        (_observed(429), CaseStatus.THROTTLED),
    ],
)
def test_where_a_server_may_choose_it_must_choose_one_of_two(observed: Observed, state: CaseStatus) -> None:
    assert _judged("body/duplicate-names", observed)[0] is state


@pytest.mark.parametrize(
    ("observed", "state"),
    [
        (_observed(204, b""), CaseStatus.KEPT),
        (_observed(200, b""), CaseStatus.KEPT),
        (_observed(405), CaseStatus.KEPT),
        (_observed(301), CaseStatus.KEPT),
        (_observed(501), CaseStatus.KEPT),
        (_observed(200, _SESSION), CaseStatus.VIOLATED),
        (_observed(500), CaseStatus.VIOLATED),
        (_observed(503), CaseStatus.VIOLATED),
        (_observed(101), CaseStatus.VIOLATED),
        (_observed(999), CaseStatus.VIOLATED),
    ],
)
@pytest.mark.parametrize("name", ["method/OPTIONS", "method/TRACE"])
def test_what_http_gives_a_meaning_may_be_answered_but_starts_no_session(
    name: str, observed: Observed, state: CaseStatus
) -> None:
    """RFC 9110: OPTIONS (section 9.3.7) and TRACE (9.3.8) are not about what a path does."""
    assert _judged(name, observed)[0] is state


@pytest.mark.parametrize(
    ("name", "status", "state"),
    [
        ("method/GET", 405, CaseStatus.KEPT),
        ("method/GET", 401, CaseStatus.KEPT),
        ("method/PATCH", 501, CaseStatus.KEPT),
        ("method/GET", 500, CaseStatus.VIOLATED),
        ("method/GET", 200, CaseStatus.VIOLATED),
        ("method/GET", 302, CaseStatus.VIOLATED),
        ("path/empty-project", 404, CaseStatus.KEPT),
        ("path/empty-project", 308, CaseStatus.KEPT),
        ("path/dots-project", 301, CaseStatus.KEPT),
        ("path/dots-project", 501, CaseStatus.VIOLATED),
        ("path/slashes-project", 400, CaseStatus.KEPT),
        ("path/slashes-project", 308, CaseStatus.VIOLATED),
        ("path/unknown-project", 404, CaseStatus.UNDOCUMENTED),
        ("path/unknown-project", 301, CaseStatus.VIOLATED),
        ("body/one-mebibyte", 413, CaseStatus.KEPT),
        ("body/one-mebibyte", 400, CaseStatus.UNDOCUMENTED),
        ("user-id/null", 501, CaseStatus.VIOLATED),
        ("authorization/missing", 401, CaseStatus.UNDOCUMENTED),
    ],
)
def test_what_http_itself_answers_need_not_be_documented(name: str, status: int, state: CaseStatus) -> None:
    """A document lists statuses for its operations: other methods and other paths are none of them."""
    assert _judged(name, _observed(status, b""))[0] is state


def test_the_beginning_of_a_large_refusal_is_enough() -> None:
    large = Observed(400, (("Content-Type", _JSON),), b"[" + b"x" * 9_000, 1, cut=True)
    assert _judged("user-id/null", large, 400)[0] is CaseStatus.KEPT
    assert _judged(FIRST, large, 400)[0] is CaseStatus.VIOLATED
    key = Observed(400, (("Content-Type", _JSON),), _SESSION[:-1] + b"," + b" " * 9_000, 1, cut=True)
    assert _judged("user-id/null", key, 400)[0] is CaseStatus.VIOLATED


@pytest.mark.parametrize("name", [FIRST, "body/array"])
def test_no_answer_is_a_violation_that_says_why(name: str) -> None:
    hang = Observed(None, (), b"", 5, Failure("timeout", "there was no whole answer before the time-out"))
    assert _judged(name, hang) == (
        CaseStatus.VIOLATED,
        "no answer: there was no whole answer before the time-out",
    )
    assert _judged(name, Observed(None, (), b"", 5)) == (CaseStatus.VIOLATED, "no answer: the call failed")


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ((), None),
        ((("X", "y"), ("CONTENT-TYPE", "a/b")), "a/b"),
        ((("content-type", "a/b"), ("Content-Type", "c/d")), "a/b, c/d"),
    ],
)
def test_the_media_type_of_an_answer(headers: tuple[tuple[str, str], ...], content_type: str | None) -> None:
    assert Observed(200, headers, b"", 1).content_type == content_type


def test_what_was_observed_shows_no_body_in_its_repr() -> None:
    assert _KEY not in repr(_observed(200, _SESSION))


@pytest.mark.parametrize(
    "body",
    [
        _SESSION,
        b'{"a": [1, {"sessionKey": "x"}]}',
        b'{"session\\u004bey": "x"}',
        b'prefix "sessionKey" : "x',
        b'\xef\xbb\xbf{"session\\u004bey": "x"}',
    ],
)
def test_a_session_key_is_found_wherever_it_is(body: bytes) -> None:
    assert _PLACE.issued_in(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"sessionKey",
        b'{"sessionKey": null}',
        b'{"sessionKey": ""}',
        b'{"sessionKey": " "}',
        b'{"sessionKey": {"a": []}}',
        b'{"message": "sessionKey is missing"}',
        b"[" * 5000,
        b"\xff\xfe{",
        b"null",
    ],
)
def test_a_body_that_only_mentions_a_session_key_hands_out_none(body: bytes) -> None:
    assert not _PLACE.issued_in(body)


@given(
    st.sampled_from(sorted(_CASES)),
    st.integers(-1, 1000),
    st.one_of(st.binary(max_size=60), st.just(_SESSION), st.just(_REFUSAL)),
    st.text(max_size=20),
)
def test_judging_is_total(name: str, status: int, body: bytes, media_type: str) -> None:
    state, text = judge_case(_CONTRACT, _CASES[name], _observed(status, body, media_type))
    assert state is not CaseStatus.SKIPPED
    assert text
    assert (state is CaseStatus.KEPT) <= (status == 200 or status in _CASES[name].http_statuses)


def _listing(*responses: object) -> Contract:
    document = copy.deepcopy(_DOCUMENT)
    path = document["paths"]["/v4/project/{projectID}/environment/{environmentID}/session"]
    path["post"]["responses"] |= {key: {"description": "x"} for key in responses}
    return Contract.from_document(document, Binding("startSession", filler="any"), file="f", sha256="")


@pytest.mark.parametrize(
    ("responses", "statuses"),
    [
        ((), {200}),
        (("400", 404), {200, 400, 404}),
        (("4XX",), {200, *range(400, 500)}),
        (("5xx",), {200, *range(500, 600)}),
        (("default",), set(range(1000))),
        (("x-note",), {200}),
    ],
)
def test_which_statuses_a_document_lists(responses: tuple[object, ...], statuses: set[int]) -> None:
    listing = _listing(*responses).responses
    assert {status for status in range(1000) if listing.lists(status)} == statuses


def test_a_status_that_the_document_lists_is_kept() -> None:
    assert _judged("user-id/null", _observed(400), "4XX")[0] is CaseStatus.KEPT


@pytest.mark.parametrize(
    ("name", "observed", "state"),
    [
        ("user-id/null", _observed(400), CaseStatus.KEPT),
        ("user-id/null", _observed(400, b"<html>", "text/html"), CaseStatus.VIOLATED),
        ("user-id/null", _observed(400, b"[]"), CaseStatus.VIOLATED),
        ("user-id/null", Observed(400, (("content-type", _JSON),), b"{", 1, cut=True), CaseStatus.KEPT),
        ("body/one-mebibyte", _observed(413, b"<html>", "text/html"), CaseStatus.KEPT),
        ("path/unknown-project", _observed(404, b"<html>", "text/html"), CaseStatus.KEPT),
        ("method/GET", _observed(405, b"<html>", "text/html"), CaseStatus.KEPT),
        ("method/GET", _observed(501, b""), CaseStatus.KEPT),
        ("method/GET", _observed(418), CaseStatus.KEPT),
    ],
)
def test_a_refusal_is_as_the_document_lists_it(name: str, observed: Observed, state: CaseStatus) -> None:
    """But not one that HTTP gives, or that is not whole: a proxy before the server knows no document."""
    document = copy.deepcopy(_DOCUMENT)
    path = document["paths"]["/v4/project/{projectID}/environment/{environmentID}/session"]
    error = {"schema": {"type": "object", "required": ["message"]}}
    path["post"]["responses"]["default"] = {"description": "x", "content": {_JSON: error}}
    contract = Contract.from_document(
        document, Binding("startSession", "p1", "main"), file="openapi.yaml", sha256=""
    )
    assert judge_case(contract, _CASES[name], observed)[0] is state

"""Other documents give other cases: the code repeats nothing of the shipped one."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import USER_ID, Binding
from sessionload.contract.document.placeholder import KEY
from sessionload.errors import InputError
from sessionload.suite.cases.addresses import WRONG_KEY
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import FIRST, Case, Expect
from sessionload.suite.cases.check_users import PREFIX, CheckUsers
from sessionload.suite.cases.properties import kebab

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.contract.json_data.pointer import Pointer

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_DOCUMENT: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_RUN = "20260102-030405-ab12"
_START = f"{PREFIX}{_RUN}-"
_PATH = "/v4/project/{projectID}/environment/{environmentID}/session"


def _contract(
    change: Callable[[dict[str, Any]], object] | None = None,
    operation: str = "startSession",
    user: Pointer | None = USER_ID,
) -> Contract:
    document = copy.deepcopy(_DOCUMENT)
    if change:
        change(document)
    binding = Binding(operation, "p1", "main", filler="p1", user=user)
    return Contract.from_document(document, binding, file="openapi.yaml", sha256="0" * 64)


def _cases(
    change: Callable[[dict[str, Any]], object] | None = None,
    operation: str = "startSession",
    user: Pointer | None = USER_ID,
) -> dict[str, Case]:
    made = cases_of(_contract(change, operation, user), run_id=_RUN)
    named = {case.name: case for case in made}
    assert len(named) == len(made), "a name stands for one case"
    return named


def _schema(document: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = document["components"]["schemas"]["SessionStart"]
    return schema


def _user(document: dict[str, Any]) -> dict[str, Any]:
    user: dict[str, Any] = _schema(document)["properties"]["userID"]
    return user


def _add(name: str, schema: dict[str, Any], *, required: bool = False) -> Callable[[dict[str, Any]], object]:
    def change(document: dict[str, Any]) -> None:
        _schema(document)["properties"][name] = schema
        if required:
            _schema(document)["required"].append(name)

    return change


def _expected(cases: dict[str, Case], group: str) -> dict[str, str]:
    return {
        name.removeprefix(f"{group}/"): case.expect.name
        for name, case in cases.items()
        if case.group == group
    }


def _sent(case: Case) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(case.request.body)


_CASES = _cases()


def test_the_traffic_split_has_no_environment() -> None:
    split = _cases(operation="startSessionTrafficSplit")
    assert set(_CASES) - set(split) == {"path/unknown-environment", "path/dots-environment"}
    assert set(split) <= set(_CASES)
    assert split[FIRST].request.path == "/v4/project/p1/session"
    assert split["path/dots-project"].request.path == "/v4/project/../session"


def test_another_operation_with_another_body() -> None:
    turn = _cases(operation="interact", user=None)
    wrong = ("missing", "null", "boolean", "number", "string", "array", "object")
    assert _expected(turn, "action") == dict.fromkeys(wrong, "REFUSED")
    assert _sent(turn[FIRST]) == {"action": {"type": "launch"}}
    assert not _expected(turn, "user-id")
    assert not _expected(turn, "path")
    assert turn["body/one-mebibyte"].expect is Expect.EITHER
    assert len(turn["body/one-mebibyte"].request.body) == 1 << 20
    assert turn["body/deeply-nested"].request.body == b"[" * 10_000 + b"]" * 10_000


def test_other_limits() -> None:
    cases = _cases(lambda document: _user(document).update(minLength=5, maxLength=100))
    assert {name: expect for name, expect in _expected(cases, "user-id").items() if "length" in name} == {
        "length-4": "REFUSED",
        "length-5": "KEPT",
        "length-6": "KEPT",
        "length-99": "KEPT",
        "length-100": "KEPT",
        "length-101": "REFUSED",
        "length-100-accented": "KEPT",
        "length-100-astral": "KEPT",
    }


def test_a_limit_that_leaves_no_room_for_the_prefix() -> None:
    cases = _cases(lambda document: _user(document).update(maxLength=12))
    assert _sent(cases[FIRST]) == {"userID": "ordinary-202"}
    assert len(_sent(cases["user-id/length-12"])["userID"]) == 12


def test_a_limit_that_asks_for_more_than_the_prefix() -> None:
    cases = _cases(lambda document: _user(document).update(minLength=100, maxLength=102))
    assert _sent(cases[FIRST])["userID"] == f"{_START}ordinary".ljust(100, "~")
    assert cases["user-id/length-99"].expect is Expect.REFUSED


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        ({"pattern": "^[0-9]{4}$"}, r"\d{4}"),
        ({"pattern": "^[a-z0-9]+$"}, r"[a-z0-9]{32}"),
        ({"pattern": "^[A-F0-9]{6,20}$", "maxLength": 8}, r"[A-F0-9]{6,8}"),
        ({"pattern": "^usr_[a-z]+-[0-9]{3}$", "example": "usr_ada-042"}, r"usr_[a-z]{3}-\d{3}"),
        (
            {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        ),
        ({"pattern": "^[^@]+@[^@]+$"}, r"sessionload-check-[a-z]{12}@example\.com"),
        ({"enum": ["ada", "grace", "emmy"]}, "ada|grace|emmy"),
        ({"minLength": 300, "pattern": "^[a-z]*$"}, r"[a-z]{300}"),
    ],
)
def test_user_ids_of_a_form_that_the_document_wants(rule: dict[str, Any], form: str) -> None:
    """No two cases share one where there are enough of them."""

    def change(document: dict[str, Any]) -> None:
        del _user(document)["minLength"], _user(document)["maxLength"]
        _user(document).update(rule)

    cases = _cases(change)
    users = [
        _sent(case)["userID"]
        for case in cases.values()
        if case.group in {"valid", "body"} and case.name.endswith(("ordinary", "property", "media-type"))
    ]
    assert all(re.fullmatch(form, user) for user in users)
    assert len(set(users)) == 3


def test_a_length_is_tried_with_characters_that_the_document_allows() -> None:
    cases = _cases(lambda document: _user(document).update(pattern="^[0-9]*$", maxLength=9))
    expected = _expected(cases, "user-id")
    assert [expected[f"length-{length}"] for length in (0, 1, 2, 8, 9, 10)] == [
        *("REFUSED", "KEPT", "KEPT", "KEPT", "KEPT", "REFUSED")
    ]
    assert expected["length-9-astral"] == "REFUSED"


def test_a_document_that_allows_one_user_only() -> None:
    cases = _cases(lambda document: _user(document).update(enum=["ada"]))
    assert {_sent(case)["userID"] for case in cases.values() if case.expect is Expect.KEPT} == {"ada"}


def test_no_limits() -> None:
    def change(document: dict[str, Any]) -> None:
        del _user(document)["minLength"], _user(document)["maxLength"]

    cases = _cases(change)
    lengths = {name: expect for name, expect in _expected(cases, "user-id").items() if "length" in name}
    assert lengths == {"length-0": "KEPT", "length-1": "KEPT"}
    assert not cases["user-id/length-0"].note
    assert cases["body/one-mebibyte"].expect is Expect.EITHER


def test_a_user_id_that_may_be_null_or_absent() -> None:
    def change(document: dict[str, Any]) -> None:
        _user(document)["nullable"] = True
        del _schema(document)["required"]

    cases = _cases(change)
    assert cases["user-id/null"].expect is Expect.KEPT
    assert cases["user-id/missing"].expect is Expect.KEPT


def test_a_closed_body() -> None:
    cases = _cases(lambda document: _schema(document).update(additionalProperties=False))
    assert cases["body/extra-property"].expect is Expect.REFUSED


def test_a_body_that_is_not_required() -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["requestBodies"]["SessionStart"]["required"] = False

    case = _cases(change)["body/missing"]
    assert case.expect is Expect.KEPT
    assert "content-type" not in dict(case.request.headers)


@pytest.mark.parametrize("listed", ["text/plain", "text/*", "*/*"])
def test_another_media_type_that_is_listed(listed: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["requestBodies"]["SessionStart"]["content"][listed] = {}

    cases = _cases(change)
    assert "body/media-type" not in cases
    assert cases["body/other-media-types"].expect is Expect.UNSENT
    assert listed in cases["body/other-media-types"].requirement


def test_of_very_many_media_types_some_are_named() -> None:
    def change(document: dict[str, Any]) -> None:
        content = document["components"]["requestBodies"]["SessionStart"]["content"]
        content |= {f"text/x-{number}": {} for number in range(9)}

    requirement = _cases(change)["body/other-media-types"].requirement
    assert requirement.startswith("A body as text/x-0, text/x-1, text/x-2, text/x-3, … is accepted or")


def test_a_body_without_a_schema() -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["requestBodies"]["SessionStart"]["content"] = {"application/json": {}}

    cases = _cases(change)
    assert not _expected(cases, "user-id")
    assert cases["body/array"].expect is Expect.KEPT
    assert cases[FIRST].request.body == b'{"userID":"%sordinary"}' % _START.encode()


def test_an_operation_without_a_body() -> None:
    def change(document: dict[str, Any]) -> None:
        del document["paths"][_PATH]["post"]["requestBody"]

    cases = _cases(change, user=None)
    assert {case.group for case in cases.values()} == {"valid", "authorization", "path", "method"}
    assert "content-type" not in dict(cases[FIRST].request.headers)
    assert cases[FIRST].request.body == b""
    assert CheckUsers.of(_contract(change, user=None), _RUN).named("anyone") == f"{_START}anyone"


def test_another_header_for_the_key() -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"]["apiKey"]["name"] = "X-Api-Key"

    cases = _cases(change)
    assert cases[FIRST].request.headers[0] == ("x-api-key", KEY)
    assert cases["authorization/capitals"].request.headers[0] == ("X-API-KEY", KEY)
    assert "x-api-key" not in dict(cases["authorization/missing"].request.headers)


def _security(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"][_PATH]["post"]
    return operation


def test_a_key_behind_the_name_of_a_scheme() -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"]["apiKey"] = {"type": "http", "scheme": "bearer"}

    cases = _cases(change)
    sent = {
        case.name: [value for name, value in case.request.headers if name.lower() == "authorization"]
        for case in cases.values()
        if case.group in {"valid", "authorization"}
    }
    assert sent == {
        FIRST: ["Bearer {key}"],
        "authorization/missing": [],
        "authorization/empty": [""],
        "authorization/wrong": [f"Bearer {WRONG_KEY}"],
        "authorization/bare": [KEY],
        "authorization/scheme-in-small-letters": ["bearer {key}"],
        "authorization/capitals": ["Bearer {key}"],
    }
    assert _expected(cases, "authorization") == {
        "missing": "REFUSED",
        "empty": "REFUSED",
        "wrong": "REFUSED",
        "bare": "REFUSED",
        "scheme-in-small-letters": "EITHER",
        "capitals": "KEPT",
    }


def test_where_a_request_may_do_without_a_key_it_may_succeed() -> None:
    def change(document: dict[str, Any]) -> None:
        _security(document)["security"] = [{"apiKey": []}, {}]

    cases = _cases(change)
    assert _expected(cases, "authorization") == {
        **dict.fromkeys(("missing", "empty", "wrong", "bearer"), "EITHER"),
        "capitals": "KEPT",
    }
    assert cases["authorization/missing"].note == "the document lets a request do without a key"


def test_where_no_key_is_sent_there_are_no_cases_about_it() -> None:
    document = copy.deepcopy(_DOCUMENT)
    _security(document)["security"] = []
    binding = Binding("startSession", "p1", "main", has_key=False)
    contract = Contract.from_document(document, binding, file="openapi.yaml", sha256="")
    assert not [case for case in cases_of(contract, run_id=_RUN) if case.group == "authorization"]


def test_places_of_nearly_the_same_name() -> None:
    document = copy.deepcopy(_DOCUMENT)
    item = document["paths"].pop(_PATH)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {}} for name in ("x", "xID", "ID")
    ]
    document["paths"]["/{x}/{xID}/{ID}"] = {"post": {**item["post"], "parameters": parameters}}
    binding = Binding("startSession", path={"x": "1", "xID": "2", "ID": "3"})
    contract = Contract.from_document(document, binding, file="openapi.yaml", sha256="")
    unknown = [case.name for case in cases_of(contract, run_id=_RUN) if case.name.startswith("path/unknown")]
    assert unknown == ["path/unknown-x", "path/unknown-x-2", "path/unknown-unnamed"]


def test_another_documented_method() -> None:
    def change(document: dict[str, Any]) -> None:
        document["paths"][_PATH]["get"] = {"responses": {"200": {"description": "x"}}}

    cases = _cases(change)
    assert set(_CASES) - set(cases) == {"method/GET"}
    assert cases["method/HEAD"].expect is Expect.NO_SESSION


def test_an_empty_part_that_leads_to_a_documented_path_is_not_sent() -> None:
    def change(document: dict[str, Any]) -> None:
        document["paths"]["/v4/project/environment/{environmentID}/session"] = {}

    assert set(_CASES) - set(_cases(change)) == {"path/empty-project"}


def test_dots_that_lead_to_a_documented_path_however_many_they_are_are_not_sent() -> None:
    def change(document: dict[str, Any]) -> None:
        document["paths"] |= {
            "/v4/{any}/{other}/session": {},
            "/{any}/{other}/session": {},
            "/session": {},
            "/{any}/session": {},
        }

    missing = {"path/dots-project", "path/dots-environment"}
    assert missing <= set(_CASES) - set(_cases(change))


def test_another_required_property() -> None:
    cases = _cases(_add("locale", {"type": "string", "enum": ["de", "en"]}, required=True))
    assert _expected(cases, "locale") == {
        "missing": "REFUSED",
        "not-listed": "REFUSED",
        "null": "REFUSED",
        "boolean": "REFUSED",
        "number": "REFUSED",
        "array": "REFUSED",
        "object": "REFUSED",
    }
    assert _sent(cases[FIRST]) == {"locale": "de", "userID": f"{_START}ordinary"}
    assert set(_CASES) < set(cases)
    assert list(cases)[1] == "user-id/missing"


def test_an_optional_property_may_be_missing() -> None:
    cases = _cases(_add("deviceName", {"type": "string", "maxLength": 3}))
    expected = _expected(cases, "device-name")
    assert expected["missing"] == "KEPT"
    assert {name: expect for name, expect in expected.items() if "length" in name} == {
        "length-0": "KEPT",
        "length-1": "KEPT",
        "length-2": "KEPT",
        "length-3": "KEPT",
        "length-4": "REFUSED",
    }
    assert not any(case.note for name, case in cases.items() if name.startswith("device-name/"))


def test_a_whole_number_with_bounds() -> None:
    cases = _cases(_add("retries", {"type": "integer", "minimum": 1, "maximum": 9}, required=True))
    assert _expected(cases, "retries") == {
        "missing": "REFUSED",
        "0": "REFUSED",
        "1": "KEPT",
        "2": "KEPT",
        "8": "KEPT",
        "9": "KEPT",
        "10": "REFUSED",
        "null": "REFUSED",
        "boolean": "REFUSED",
        "fraction": "REFUSED",
        "string": "REFUSED",
        "array": "REFUSED",
        "object": "REFUSED",
    }


def test_a_property_of_any_type_has_few_cases() -> None:
    cases = _cases(_add("context", {}))
    assert _expected(cases, "context") == {"missing": "KEPT", "null": "KEPT"}


def test_a_limit_from_allof() -> None:
    def change(document: dict[str, Any]) -> None:
        _schema(document)["properties"]["userID"] = {
            "type": "string",
            "minLength": 1,
            "allOf": [{"maxLength": 90}, {"maxLength": 80}],
        }

    cases = _cases(change)
    assert len(_sent(cases["user-id/length-80-astral"])["userID"]) == 80


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "minLength": 3}, "sss"),
        ({"type": "string", "example": "en-GB"}, "en-GB"),
        ({"type": "string", "default": "x"}, "x"),
        ({"type": "boolean"}, True),
        ({"type": "number"}, 1),
        ({"type": "number", "minimum": 2, "exclusiveMinimum": True}, 3),
        ({"type": "number", "maximum": 5}, 5),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": True}, 4),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [True, True]),
        ({"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"a": 1}),
        ({"type": "object", "required": ["a"]}, {"a": "s"}),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        ({"allOf": [{"type": "object", "required": ["b"]}], "required": ["a"]}, {"a": "s", "b": "s"}),
        ({}, "s"),
    ],
)
def test_what_else_is_required_is_filled_in_from_its_schema(schema: dict[str, Any], value: object) -> None:
    cases = _cases(_add("other", schema, required=True))
    assert _sent(cases[FIRST])["other"] == value


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("other", {"type": "string", "pattern": "^[0-9]{4}!$"}),
        ("other", {"$ref": "#/components/schemas/Endless"}),
        ("other", {"$ref": "#/components/schemas/EndlessList"}),
        ("userID", {"type": "string", "pattern": "^user [0-9]{4}!$"}),
    ],
)
def test_a_schema_that_no_sample_fits_is_refused(name: str, schema: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        own: dict[str, Any] = {"type": "object", "required": ["next"]}
        document["components"]["schemas"] |= {
            "Endless": own | {"properties": {"next": {"$ref": "#/components/schemas/Endless"}}},
            "EndlessList": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/components/schemas/EndlessList"},
            },
        }
        _schema(document)["properties"][name] = schema
        _schema(document)["required"] = [name]

    with pytest.raises(InputError) as caught:
        _cases(change)
    assert caught.value.code == "no-valid-body"
    assert "openapi.yaml: no valid body could be made for 'startSession'" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kebab_name"),
    [("userID", "user-id"), ("locale", "locale"), ("device_name", "device-name"), ("a1B", "a1-b")],
)
def test_names_of_properties_as_names_of_cases(name: str, kebab_name: str) -> None:
    assert kebab(name) == kebab_name

"""Whatever a document says, its cases take bounded room, and whatever a server answers has a result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from answering_client import KEY, AnsweringClient
from honest_client import HonestClient
from hypothesis import given
from hypothesis import strategies as st
from small_documents import PATH, USER, body_of, contract_of, document_of

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.schema.sample import example_value
from sessionload.errors import InputError, PreflightError
from sessionload.metrics.exchange import Failure
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import FIRST, Case, Expect
from sessionload.suite.cases.case_factory import LARGEST_BODY
from sessionload.suite.expectation import CaseStatus, Observed
from sessionload.suite.rules import RULES
from sessionload.suite.runner import Suite, SuiteRunner

_RUN = "20260102-030405-ab12"
_MANY = 2**31 - 1


def _cases(document: dict[str, Any]) -> tuple[Case, ...]:
    """Return the cases of a document, which take bounded room."""
    made = cases_of(contract_of(document), run_id=_RUN)
    assert len({case.name for case in made}) == len(made)
    assert max(len(case.request.body) for case in made) <= LARGEST_BODY
    assert sum(len(case.request.body) for case in made) <= 64 * LARGEST_BODY
    assert all(len(case.name) <= 120 and case.name.isprintable() for case in made)
    assert all(case.note for case in made if case.expect is Expect.UNSENT)
    assert len(made) < 2_000
    return made


@pytest.mark.parametrize(
    "user",
    [
        {"type": "string", "minLength": 1, "maxLength": _MANY},
        {"type": "string", "maxLength": 10**400},
        {"type": "string", "nullable": True, "maxLength": LARGEST_BODY},
    ],
)
def test_a_user_id_without_a_sensible_limit(user: dict[str, Any]) -> None:
    _cases(document_of(body_of(user)))


def test_a_list_of_ten_thousand_values() -> None:
    made = _cases(document_of(body_of(USER, plan={"enum": [f"plan-{number}" for number in range(10_000)]})))
    assert next(case for case in made if case.name == "plan/not-listed").expect is Expect.REFUSED


def test_a_limit_beyond_the_largest_body_is_a_case_that_is_not_sent() -> None:
    cases = {case.name: case for case in _cases(document_of(body_of({"type": "string", "maxLength": _MANY})))}
    case = cases["user-id/max-length"]
    assert (case.expect, case.request.body) == (Expect.UNSENT, b"")
    assert case.note == "a check sends bodies of at most 1 MiB, and of at most 32 MiB in all"
    assert case.requirement == (
        "A userID at, below and above its maxLength is accepted or refused as the document says"
    )
    assert cases["user-id/length-1"].expect is Expect.KEPT
    assert cases["body/one-mebibyte"].expect is Expect.EITHER


def test_a_body_that_is_half_as_large_as_there_is_room() -> None:
    other = {"type": "string", "minLength": LARGEST_BODY // 2}
    made = {case.name: case for case in _cases(document_of(body_of(USER, other=other)))}
    assert made["body/truncated"].expect is Expect.REFUSED
    assert made["body/duplicate-names"].expect is Expect.UNSENT


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 10**9, "items": {"type": "string"}},
        {"type": "array", "minItems": 2_000, "items": {"type": "string", "example": "x" * 4_000}},
        {"type": "array", "minItems": 40, "items": {"type": "array", "minItems": 60, "items": {}}},
        {"type": "string", "minLength": _MANY},
        {"type": "string", "minLength": LARGEST_BODY},
        {"type": "string", "example": "x" * (LARGEST_BODY + 1)},
        {"$ref": "#/components/schemas/Wide"},
        {"type": "object", "required": ["x" * LARGEST_BODY]},
    ],
)
def test_what_needs_more_room_than_there_is_is_refused(schema: dict[str, Any]) -> None:
    wide = {name: {"$ref": "#/components/schemas/Wide"} for name in map(str, range(50))}
    schemas = {"Wide": {"type": "object", "properties": wide, "required": list(wide)}}
    with pytest.raises(InputError) as caught:
        _cases(document_of(body_of(USER, other=schema), schemas))
    assert caught.value.code == "no-valid-body"


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"type": "number", "minimum": -1e300, "maximum": 1e300}, {"minimum", "maximum"}),
        ({"type": "integer", "maximum": 2**63 - 1}, {"maximum"}),
        ({"type": "integer", "maximum": 10**400}, {"maximum"}),
        ({"type": "number", "minimum": 0.1, "maximum": 0.3}, {"-0.9", "0.1", "1.1", "-0.7", "0.3", "1.3"}),
        ({"type": "integer", "minimum": 1.0}, {"0", "1", "2"}),
        (
            {"type": "integer", "minimum": 1234567, "maximum": 1234569},
            {str(n) for n in range(1234566, 1234571)},
        ),
    ],
)
def test_the_bounds_of_a_number(schema: dict[str, Any], names: set[str]) -> None:
    made = _cases(document_of(body_of(USER) | {"properties": {"userID": USER, "n": schema}}))
    wrong = {"missing", "null", "boolean", "fraction", "string", "array", "object"}
    assert {case.name.removeprefix("n/") for case in made if case.group == "n"} - wrong == names


def test_each_property_has_a_group_of_its_own() -> None:
    """`user_id` beside `userID`, a property called `body`, and names that are hardly any."""
    names = ("user_id", "user-id", "body", "method", "law", "a/b", "a b", "/", "", "é", "x" * 500, "{key}")
    others = {name: {"type": "boolean"} for name in names}
    made = _cases(document_of(body_of(USER, **others)))
    groups = list(dict.fromkeys(case.group for case in made))
    assert groups[1:-4] == [
        *("user-id", "user-id-2", "user-id-3", "body-2", "method-2", "law-2"),
        *("a-b", "a-b-2", "unnamed", "unnamed-2", "é", "x" * 40, "key"),
    ]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_property_that_only_the_server_may_set(version: str) -> None:
    """Most servers ignore it, whatever it holds."""
    schema = {"type": "string", "readOnly": True, "maxLength": 4}
    document = document_of(body_of(USER) | {"properties": {"userID": USER, "id": schema}})
    expected = {
        case.name: case.expect for case in _cases({**document, "openapi": version}) if case.group == "id"
    }
    assert expected == {"id/missing": Expect.KEPT, "id/read-only": Expect.EITHER}


def test_a_user_id_inside_another_property() -> None:
    """It has the cases of a user ID, and every body holds one; the property around it has cases too."""
    person = body_of({"type": "string", "minLength": 1, "maxLength": 40}, plan={"enum": ["free", "paid"]})
    person["properties"]["id"] = person["properties"].pop("userID")
    person["required"] = ["id", "plan"]
    document = document_of({"type": "object", "properties": {"person": person}, "required": ["person"]})
    answer = {"type": "object", "properties": {"data": {"type": "object"}}}
    listed = document["paths"][PATH]["post"]["responses"]["200"]["content"]["application/json"]
    listed["schema"] = answer
    binding = Binding(project="p", environment="e", user=("person", "id"), session_key=("data", "token"))
    contract = Contract.from_document(document, binding, file="any.yaml", sha256="")
    cases = {case.name: case for case in cases_of(contract, run_id=_RUN)}
    expected = {name: case.expect for name, case in cases.items() if case.group == "person.id"}
    assert expected["person.id/missing"] is Expect.REFUSED
    assert expected["person.id/length-40-astral"] is Expect.KEPT
    assert expected["person.id/length-41"] is Expect.REFUSED
    assert cases["person/null"].expect is Expect.REFUSED
    assert json.loads(cases[FIRST].request.body) == {
        "person": {"id": "ordinary-20260102-030405-ab12", "plan": "free"}
    }
    client = HonestClient(contract)
    results = list(SuiteRunner(Suite(contract, None, tuple(cases.values()), _RUN), client).results())
    assert not [result for result in results if result.state is CaseStatus.VIOLATED]
    similar = next(result for result in results if result.name == "law/similar-users-other-keys")
    assert similar.observed == "3 pairs of users"


def test_of_very_many_properties_the_first_have_cases() -> None:
    others = {f"p{number}": {"type": "string", "maxLength": LARGEST_BODY} for number in range(5_000)}
    made = {
        case.name: case
        for case in _cases(document_of(body_of(USER) | {"properties": {"userID": USER, **others}}))
    }
    assert made["p38/missing"].expect is Expect.KEPT
    assert "p39/missing" not in made
    assert "4,961 properties" in made["body/other-properties"].requirement
    assert made["p38/length-1048575"].expect is Expect.UNSENT


@pytest.mark.long
def test_a_schema_that_adds_itself_up_is_looked_at_once() -> None:
    """Each of 4 steps names the next one twice."""
    steps = {f"S{step}": {"allOf": [{"$ref": f"#/components/schemas/S{step + 1}"}] * 2} for step in range(12)}
    _cases(document_of({"$ref": "#/components/schemas/S0"}, {**steps, "S12": body_of(USER)}))


def test_of_two_limits_the_narrower_one_holds() -> None:
    user = {"type": "string", "allOf": [{"maxLength": 50, "minLength": 3}, {"maxLength": 90, "minLength": 2}]}
    names = {case.name for case in _cases(document_of(body_of(user)))}
    assert {f"user-id/length-{length}" for length in (2, 3, 4, 49, 50, 51)} <= names
    assert "user-id/length-90" not in names


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number", "exclusiveMinimum": 2}, 3),
        ({"type": "number", "exclusiveMinimum": 2, "minimum": 9}, 9),
        ({"type": "number", "exclusiveMaximum": 2, "maximum": 9}, 1),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, None),
        ({"type": "null"}, None),
        ({"const": "this", "type": "string"}, "this"),
        ({"examples": ["that", "this"]}, "that"),
        ({"type": "array", "minItems": 1, "items": True}, ["s"]),
        ({"anyOf": [False]}, "s"),
    ],
)
def test_a_value_for_a_schema_of_openapi_3_1(schema: dict[str, Any], value: object) -> None:
    view = SchemaView(OpenApiDocument({"openapi": "3.1.0"}, "openapi.yaml"))
    assert example_value(view, schema) == value


# Any document, any server

_NUMBERS = st.sampled_from([0, 1, 2, 40, 256, 10**6, _MANY, 1e300, -1e300, 0.5, -3])
_COUNTS = st.sampled_from([0, 1, 2, 40, 256, 10**6, _MANY])
_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5), st.just([]), st.just({})
)


def _object(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["userID", "user_id", "body", "a b", "ü"])
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(names, schemas, max_size=4)},
        optional={
            "required": st.lists(names, min_size=1, max_size=3, unique=True),
            "additionalProperties": st.booleans() | schemas,
        },
    )


_SCHEMAS = st.recursive(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("string")},
            optional={
                "minLength": _COUNTS,
                "maxLength": _COUNTS,
                "enum": st.lists(_VALUES, min_size=1, max_size=4),
                "nullable": st.booleans(),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.sampled_from(["integer", "number"])},
            optional={"minimum": _NUMBERS, "maximum": _NUMBERS, "exclusiveMinimum": st.booleans()},
        ),
        st.fixed_dictionaries({}, optional={"example": _VALUES, "default": _VALUES}),
        st.sampled_from([{"type": "boolean"}, {"$ref": "#/components/schemas/Again"}]),
    ),
    lambda inner: st.one_of(
        _object(inner),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": _COUNTS}),
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


def _with_paths(document: dict[str, Any], paths: set[str]) -> dict[str, Any]:
    return {**document, "paths": {path: {} for path in sorted(paths)} | document["paths"]}


_USERS: st.SearchStrategy[Any] = st.one_of(st.just(USER), st.just({"type": "string"}), st.just({}), _SCHEMAS)
_PATHS = st.sampled_from(
    ["/", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/session", "/v4/{a}/session", "//{a}//", "/{a}{b}/.."]
)
_DOCUMENTS = st.builds(
    lambda user, others, again, paths: _with_paths(
        document_of(
            body_of(user) | {"properties": {"userID": user, **others}},
            {
                "Again": {
                    "type": "object",
                    "properties": {"more": {"$ref": "#/components/schemas/Again"}, **again},
                }
            },
        ),
        paths,
    ),
    _USERS,
    st.dictionaries(st.text(max_size=6), _SCHEMAS, max_size=3),
    st.dictionaries(st.text(max_size=6), _SCHEMAS, max_size=2),
    st.sets(_PATHS),
)
_ANSWERS = st.one_of(
    st.builds(
        Observed,
        st.integers(100, 999),
        st.lists(
            st.tuples(
                st.sampled_from(["content-type", "location", "retry-after"]),
                st.sampled_from(["application/json", "text/html", "//other.example/", "http://[", "0"]),
            ),
            max_size=2,
        ).map(tuple),
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from([b'{"sessionKey":"k1"}', b'{"sessionKey":["k"]}', b"[" * 99]),
        ),
        st.integers(1, 10**10),
    ),
    st.just(Observed(200, (("content-type", "application/json"),), b'{"sessionKey":"k"}', 1)),
    st.just(Observed(None, (), b"", 1, Failure("connection/closed", "it was closed"))),
)


@given(_DOCUMENTS)
def test_the_cases_of_any_document_take_bounded_room(document: dict[str, Any]) -> None:
    try:
        made = _cases(document)
    except InputError as error:
        if error.code not in {"no-valid-body", "no-user-id", "bad-schema", "broken-reference"}:
            raise
        return
    assert made[0].expect is Expect.KEPT


@given(_DOCUMENTS)
def test_no_case_and_no_rule_accuses_a_server_that_does_what_the_document_says(
    document: dict[str, Any],
) -> None:
    try:
        contract = contract_of(document)
        cases = cases_of(contract, run_id=_RUN)
    except InputError:
        return
    results = SuiteRunner(Suite(contract, None, cases, _RUN), HonestClient(contract)).results()
    accused = [(result.name, result.observed) for result in results if result.state is CaseStatus.VIOLATED]
    assert accused == []


@given(_DOCUMENTS, st.lists(_ANSWERS, min_size=1, max_size=5))
def test_a_check_of_any_document_at_any_server_ends_with_a_result_for_each_row(
    document: dict[str, Any], answers: list[Observed]
) -> None:
    try:
        contract = contract_of(document)
        cases = cases_of(contract, run_id="r1")
    except InputError:
        return
    client = AnsweringClient(answers)
    suite = Suite(contract, None, cases, "r1")
    runner = SuiteRunner(suite, client)
    try:
        results = list(runner.results())
    except PreflightError:
        return
    assert [result.name for result in results] == [
        *(case.name for case in cases),
        *(rule.name for rule in RULES),
    ]
    assert sum(result.requests for result in results) == client.sent
    for result in results:
        assert result.state is not CaseStatus.SKIPPED or result.observed
        assert KEY.hide(result.observed + result.curl) == result.observed + result.curl

"""Header, query and cookie parameters are sent, and the values of all are what the document allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.errors import InputError
from sessionload.secret import Secret

if TYPE_CHECKING:
    from sessionload.contract.request.request_form import RequestForm


def request_of(
    *parameters: Any,  # noqa: ANN401 -- whatever a document has there
    item: Any = (),  # noqa: ANN401
    **bound: Any,  # noqa: ANN401 -- fields of a binding
) -> RequestForm:
    """Return the request of a document with these parameters of its operation, and of its path."""
    document = {
        "openapi": "3.0.3",
        "security": [{"key": []}],
        "paths": {
            "/t/{tenant}": {
                "parameters": list(item),
                "post": {
                    "parameters": list(parameters),
                    "responses": {"200": {"description": "", "content": {"application/json": {}}}},
                },
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}},
            "parameters": {"Trace": header("X-Trace", schema={"$ref": "#/components/schemas/Word"})},
            "schemas": {"Word": {"type": "string", "pattern": "^[a-z]+$", "default": "word"}},
            "examples": {"Acme": {"value": "acme"}},
        },
    }
    binding = Binding("POST /t/{tenant}", user=None, **{"path": {"tenant": "t1"}, **bound})
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0").request


def parameter(name: str, place: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}, **more}


def header(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return parameter(name, "header", **more)


def query(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return parameter(name, "query", **more)


def cookie(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return parameter(name, "cookie", **more)


def array(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"schema": {"type": "array", "items": {"type": "string"}}, **more}


def refused(*parameters: Any, **bound: Any) -> InputError:  # noqa: ANN401 -- as `request_of`
    with pytest.raises(InputError) as caught:
        request_of(*parameters, **bound)
    assert str(caught.value).startswith("mine.yaml: ")
    return caught.value


# Where a value comes from


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"example": "a"}, "a"),
        ({"examples": {"one": {"summary": "s"}, "two": {"value": "b"}}}, "b"),
        ({"examples": {"one": {"$ref": "#/components/examples/Acme"}}}, "acme"),
        ({"schema": {"type": "string", "default": "c"}}, "c"),
        ({"schema": {"type": "string", "example": "d"}}, "d"),
        ({"schema": {"type": "string", "enum": ["e"]}}, "e"),
        ({"schema": {"$ref": "#/components/schemas/Word"}}, "word"),
        ({"example": "a", "schema": {"type": "string", "default": "c"}}, "a"),
        ({"example": 3, "schema": {"type": "integer"}}, "3"),
        ({"example": True, "schema": {"type": "boolean"}}, "true"),
        ({"example": 0.5, "schema": {"type": "number"}}, "0.5"),
        ({"example": ["a", "b"], **array()}, "a,b"),
    ],
)
def test_the_document_gives_the_value_of_what_it_requires(more: dict[str, Any], value: str) -> None:
    assert request_of(header("X-Tenant", **more)).headers == (("x-tenant", value),)


def test_a_parameter_without_a_schema_takes_anything() -> None:
    bare = {"name": "X-Tenant", "in": "header", "required": True}
    assert request_of(bare, parameters={"x-tenant": 7}).headers == (("x-tenant", "7"),)
    assert refused(bare).code == "unfilled-parameter"


def test_the_environment_comes_before_the_document() -> None:
    tenant = header("X-Tenant", example="theirs")
    assert request_of(tenant, parameters={"x-TENANT": "mine"}).headers == (("x-tenant", "mine"),)
    assert request_of(tenant, headers={"x-TENANT": "mine"}).headers == (("x-tenant", "mine"),)


def test_an_optional_parameter_is_sent_only_if_the_environment_gives_it() -> None:
    optional = query("dry", required=False, example="yes")
    assert request_of(optional).query == ""
    assert request_of(optional, parameters={"dry": "no"}).query == "dry=no"


def test_parameters_of_the_path_hold_unless_the_operation_has_its_own() -> None:
    item = [query("a", example="path"), query("b", example="path"), {"$ref": "#/components/parameters/Trace"}]
    request = request_of(query("b", example="own"), item=item)
    assert (request.query, request.headers) == ("a=path&b=own", (("x-trace", "word"),))


def test_a_server_needs_no_values() -> None:
    assert request_of(header("X-Tenant"), serves=True).headers == ()


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "User-Agent", "Host", "X-Key"])
def test_what_each_request_has_anyway_needs_no_value(name: str) -> None:
    assert request_of(header(name)).headers == ()


# How it is written


@pytest.mark.parametrize(
    ("listed", "value", "text"),
    [
        (query("a b"), "x/y z&ü", "a%20b=x%2Fy%20z%26%C3%BC"),
        (query("a"), "", "a="),
        (query("a", **array()), ["1", "2"], "a=1&a=2"),
        (query("a", **array(explode=False)), ["1", "2"], "a=1,2"),
        (query("a", **array(style="form", explode=True)), [1, True], "a=1&a=true"),
        (query("a", schema={"type": "integer"}), "12", "a=12"),
        (query("a", schema={"type": "boolean"}), "true", "a=true"),
        (query("a", schema={"type": "string"}), 12, "a=12"),
        (query("a", schema={}), 12, "a=12"),
    ],
)
def test_a_query_is_written_as_a_form(listed: object, value: object, text: str) -> None:
    request = request_of(listed, parameters={"a b": value} if "a%20b" in text else {"a": value})
    assert request.query == text
    assert request.path() == f"/t/t1?{text}"
    assert request.shown_path == f"/t/{{tenant}}?{text}"


def test_cookies_share_one_header_which_comes_last() -> None:
    request = request_of(cookie("a"), header("X-B"), cookie("c"), parameters={"a": "1", "x-b": "2", "c": "3"})
    assert request.fields == (("x-key", "{key}"), ("x-b", "2"), ("cookie", "a=1; c=3"))


SECRETS = {"GATE": Secret("canary-4f2a9c31d0", name="GATE")}


def test_a_secret_stays_a_placeholder_and_is_checked_all_the_same() -> None:
    gate = {"type": "string", "pattern": "^canary"}
    request = request_of(
        header("X-Gate", schema=gate),
        cookie("gate", schema=gate),
        parameters={"gate": "${GATE}"},
        headers={"x-gate": "${GATE}"},
        secrets=SECRETS,
    )
    assert request.headers == (("x-gate", "${GATE}"), ("cookie", "gate=${GATE}"))
    for name in ("X-Gate", "gate"):
        place = header if name == "X-Gate" else cookie
        listed = place(name, schema={"type": "string", "maxLength": 3})
        error = refused(listed, parameters={name: "${GATE}"}, secrets=SECRETS)
        assert error.code == "bad-parameter"
        assert "canary" not in str(error)


def test_a_document_reaches_no_secret_of_the_environment() -> None:
    listed = [header("X-Gate"), header("X-Other", example="${GATE}")]
    assert refused(*listed, headers={"x-gate": "${GATE}"}, secrets=SECRETS).code == "bad-parameter"
    assert refused(header("X-Other", example="Bearer {key}")).code == "bad-parameter"


# What is refused


def test_whatever_is_missing_is_named() -> None:
    error = refused(header("X-Tenant"), query("region", schema={"type": "string", "enum": ["a", "b"]}))
    assert error.code == "unfilled-parameter"
    assert "requires the header 'x-tenant' and the query parameter 'region'" in error.message
    assert error.hint.startswith("add parameters: {x-tenant: …} to the environment")
    many = refused(*(query(f"q{number}") for number in range(12)))
    assert "and 4 more, and nothing" in many.message


@pytest.mark.parametrize(
    ("listed", "value", "code", "text"),
    [
        (query("a", style="pipeDelimited"), "x", "unusable-parameter", "the style 'pipeDelimited'"),
        (query("a", style="deepObject"), "x", "unusable-parameter", "the style 'deepObject'"),
        (query("a", content={"application/json": {}}), "x", "unusable-parameter", "'content'"),
        (query("a"), {"b": 1}, "unusable-parameter", "flat list"),
        (query("a"), [["b"]], "unusable-parameter", "flat list"),
        (query("a"), [], "unusable-parameter", "flat list"),
        (query("a"), None, "unusable-parameter", "flat list"),
        (query("a"), "\ud800", "bad-parameter", "surrogate"),
        (query("a", schema={"type": "integer"}), "x", "bad-parameter", "a is not of the type 'integer'"),
        (query("a", schema={"type": "integer", "minimum": 5}), "3", "bad-parameter", "the rule 'minimum'"),
        (query("a", schema={"type": "string", "enum": ["b"]}), "c", "bad-parameter", "one of the values"),
        (query("a", **array()), "b", "bad-parameter", "a is not of the type 'array'"),
        (query("a", schema={"type": "text"}), "b", "bad-schema", "'type'"),
        (header("a"), "ü", "bad-parameter", "no header can carry"),
        (header("a"), "", "bad-parameter", "no header can carry"),
        (header("a"), " b", "bad-parameter", "no header can carry"),
        (header("a"), "b\r\nc: d", "bad-parameter", "no header can carry"),
        (header("a", **array(style="matrix")), ["b"], "unusable-parameter", "the style 'matrix'"),
        (cookie("a"), "b;c", "bad-parameter", "no header can carry"),
        (cookie("a"), "b c", "bad-parameter", "no header can carry"),
        (cookie("a", **array()), ["b", "c"], "bad-parameter", "no header can carry"),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused(
    listed: dict[str, Any], value: object, code: str, text: str
) -> None:
    for error in (refused(listed, parameters={"a": value}), refused({**listed, "example": value})):
        assert error.code == code
        assert text in error.message


@pytest.mark.parametrize(
    ("listed", "bound", "code", "text"),
    [
        (
            query("region", example="x"),
            {"parameters": {"regoin": "a"}},
            "unlisted-parameter",
            "mean 'region'?",
        ),
        (query("a", example="x"), {"headers": {"X-Foo": "b"}}, "unlisted-parameter", "gives 'x-foo'"),
        (parameter("tenant", "path"), {"parameters": {"tenant": "b"}}, "unlisted-parameter", "path: {tenant"),
        (header("a"), {"parameters": {"a": "b"}, "headers": {"A": "c"}}, "bad-parameter", "has two values"),
        (
            query("a"),
            {"parameters": {"a": "${GATE}"}, "secrets": SECRETS},
            "bad-parameter",
            "part of the URL",
        ),
        (header("Expect"), {}, "owned-header", "the header 'expect' is required"),
        (header("a"), {"headers": {"Host": "b"}}, "owned-header", "gives the header 'host'"),
        (header("Host"), {"parameters": {"host": "b"}}, "unlisted-parameter", "gives 'host'"),
        (header("a b", example="c"), {}, "bad-parameter", "no header can carry"),
        ({"name": "a", "in": "body"}, {}, "bad-contract", "no place that is known"),
        ({"in": "query"}, {}, "bad-contract", "has no name"),
        ("a", {}, "bad-contract", "a parameter"),
    ],
)
def test_what_has_no_place_is_refused(listed: Any, bound: dict[str, Any], code: str, text: str) -> None:  # noqa: ANN401
    error = refused(listed, **bound)
    assert error.code == code
    assert text in str(error)


def test_a_list_of_parameters_is_one() -> None:
    assert refused(item={"a": "b"}.items()).code == "bad-contract"
    with pytest.raises(InputError, match="'parameters' of POST /start is not a list"):
        Contract.from_document(
            {"openapi": "3.1.0", "paths": {"/start": {"post": {"parameters": {}, "responses": {}}}}},
            Binding("POST /start", user=None),
            file="mine.yaml",
            sha256="0",
        )


# The path


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "string", "pattern": "^[0-9a-f]{4}$"}, "t1", "tenant breaks the rule 'pattern'"),
        ({"type": "string", "minLength": 3}, "t1", "tenant is shorter than its minLength, 3"),
        ({"type": "string", "enum": ["a"]}, "t1", "tenant is not one of the values listed"),
        ({"type": "integer"}, "t1", "tenant is not of the type 'integer'"),
    ],
)
def test_a_value_of_the_path_is_what_the_document_allows(
    schema: dict[str, Any], value: str, text: str
) -> None:
    error = refused(parameter("tenant", "path", schema=schema), path={"tenant": value})
    assert error.code == "bad-parameter"
    assert text in error.message
    assert "path: {tenant: …}" in error.hint
    assert request_of(parameter("tenant", "path", schema=schema), filler="any", path={}).path() == "/t/any"


def test_a_value_of_the_path_may_be_a_number_and_has_no_style_of_its_own() -> None:
    listed = parameter("tenant", "path", schema={"type": "integer", "maximum": 20})
    assert request_of(listed, path={"tenant": "12"}).path() == "/t/12"
    assert refused({**listed, "style": "label"}, path={"tenant": "12"}).code == "unusable-parameter"


# Laws


@given(st.lists(st.text(st.characters(codec="utf-8")) | st.integers() | st.booleans(), min_size=1))
def test_what_a_query_says_is_what_was_given(values: list[object]) -> None:
    request = request_of(query("a", **array(schema={})), parameters={"a": values})
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    assert parse_qsl(request.query, keep_blank_values=True, errors="strict") == [
        ("a", text) for text in texts
    ]
    assert request.path().isascii()


@given(st.text())
def test_no_value_breaks_out_of_a_header(value: str) -> None:
    try:
        fields = request_of(header("a"), cookie("b"), parameters={"a": value, "b": value}).headers
    except InputError:
        return
    assert fields == (("a", value), ("cookie", f"b={value}"))
    assert value.isascii()
    assert value.isprintable()
    assert not set(value) & set(' ;,"\\')

"""Further properties of a body: what each user has, in the form that the document wants, or a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.contract.request.further_check import asked_numbers
from sessionload.contract.request.further_property import DealtValues, FurtherProperty, spelled
from sessionload.errors import InputError, Place
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from sessionload.contract.request.further_property import Scalar
    from sessionload.contract.request.request_body import RequestBody

TEXT = {"type": "string"}
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9) | ANY_TEXT


def further(name: str, *values: Scalar) -> FurtherProperty:
    places = tuple(Place("s.yaml", line) for line in range(1, len(values) + 1))
    return FurtherProperty(f"users.also.{name}", parse_pointer(name), values, places)


def column(name: str, *texts: str) -> FurtherProperty:
    place = (Place("s.yaml", 9),)
    return FurtherProperty(f"users.also.{name}", parse_pointer(name), TextList.of(texts), place, name)


def body_of(schema: object, *also: FurtherProperty, user: str = "userID") -> RequestBody:
    start: dict[str, Any] = {
        "security": [{"Key": []}],
        "responses": {"200": {"description": "", "content": {"application/json": {}}}},
    }
    if schema is not None:
        start["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/start": {"post": start}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    binding = Binding("POST /start", user=parse_pointer(user) if schema is not None else None)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0", further=also).request.body


def closed(required: list[str] | None = None, **named: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"userID": TEXT, **named},
        "required": ["userID", *(required or [])],
        "additionalProperties": False,
    }


def ask(body: RequestBody) -> None:
    body.refuse_invalid()
    body.refuse_misfits(str, 3)


def made(body: RequestBody, user: str, number: int) -> object:
    assert body.varying is not None
    return json.loads(body.varying.to_bytes(user, number))


@given(ANY_TEXT, st.lists(SCALARS, min_size=1, max_size=4), st.lists(ANY_TEXT, min_size=1), st.integers(0, 9))
def test_a_body_has_exactly_the_values_of_its_user(
    user: str, choices: list[Scalar], names: list[str], number: int
) -> None:
    also = (further("plan", *choices), column("name", *names), further("100%", "%b"))
    body = body_of({}, *also)
    expected = {
        "userID": user,
        "plan": choices[number % len(choices)],
        "name": names[number % len(names)],
        "100%": "%b",
    }
    assert made(body, user, number) == expected
    assert body.varying is not None
    assert body.varying.to_bytes(user, number) == body.varying.to_bytes(user, number)
    assert json.loads(body.to_bytes(user)) == {**expected, "plan": choices[0], "name": names[0]}


def test_the_order_of_properties_is_that_of_the_document_and_then_of_the_scenario() -> None:
    schema = closed(["plan"], plan=TEXT, region=TEXT, z=TEXT)
    body = body_of(schema, further("z", "1"), further("region", "eu"), further("plan", "a", "b"))
    assert body.varying is not None
    assert body.varying.to_bytes("u", 1) == b'{"userID":"u","plan":"b","z":"1","region":"eu"}'
    schema = {**schema, "required": ["plan", "userID"]}
    varying = body_of(schema, further("plan", "a", "b")).varying
    assert varying is not None
    assert varying.to_bytes("u", 1) == b'{"plan":"b","userID":"u"}'


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "5", 5),
        ({"type": "number"}, "1.50", 1.5),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": "boolean"}, "true", True),
        ({"enum": [1, 2]}, "2", 2),
        (TEXT, "5", "5"),
        ({"type": ["integer", "string"]}, "5", "5"),
        ({}, "5", "5"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "5", 5),
    ],
)
def test_the_document_decides_whether_a_text_stays_one(
    schema: dict[str, Any], text: str, value: object
) -> None:
    for also in (further("plan", text), column("plan", text)):
        body = body_of(closed(plan=schema), also)
        assert json.loads(body.to_bytes("u")) == {"userID": "u", "plan": value}
        body.refuse_invalid()
        body.refuse_misfits(str, 3)


def test_digits_of_a_column_are_sent_as_they_are_written() -> None:
    body = body_of(closed(plan={"type": "number"}), column("plan", "1.50", "2"))
    assert body.to_bytes("u") == b'{"userID":"u","plan":1.5}'
    assert body.varying is not None
    assert body.varying.to_bytes("u", 0) == b'{"userID":"u","plan":1.50}'


@pytest.mark.parametrize(
    "text", ["05", " 5", "5 ", "+5", "1e999", "0x5", "NaN", "nul", "", "9" * 41, "\u0665", "1_000", "True"]
)
def test_what_json_does_not_spell_so_stays_text(text: str) -> None:
    assert spelled(text) == text
    values = DealtValues(column("plan", text), as_text=False)
    assert json.loads(values.json(0)) == values.value(0) == text


@pytest.mark.parametrize(
    ("schema", "also", "what", "sentence", "line", "hint"),
    [
        (
            closed(plan=TEXT),
            further("plam", "free"),
            "users.also.plam",
            "the body has a property that is not listed",
            1,
            "did you mean 'plan'?",
        ),
        (
            closed(plan={"enum": ["free", "paid"]}),
            further("plan", "free", "gold"),
            "users.also.plan[1]",
            "plan is not one of the values listed",
            2,
            'the contract lists: "free", "paid"',
        ),
        (
            closed(plan={"type": "integer"}),
            column("plan", "1", "2", "x"),
            "users.also.plan: value 3 of its column",
            "plan is not of the type 'integer'",
            9,
            "change it, so that the contract allows it, or leave it out",
        ),
        (
            closed(device={"type": "object", "properties": {"kind": TEXT}, "required": ["kind", "os"]}),
            further("device.kind", "web"),
            "users.also.device.kind",
            "device.os is missing",
            1,
            "change it, so that the contract allows it, or leave it out",
        ),
        (
            {"properties": {"userID": TEXT, "more": {"maxProperties": 0}}},
            further("more.x", "web"),
            "users.also.more.x",
            "more breaks the rule 'maxProperties'",
            1,
            "change it, so that the contract allows it, or leave it out",
        ),
    ],
)
def test_what_the_document_does_not_allow_is_refused_where_it_was_written(
    schema: dict[str, Any], also: FurtherProperty, what: str, sentence: str, line: int, hint: str
) -> None:
    good = further("userName", "first")
    properties = {**schema["properties"], "userName": TEXT}
    with pytest.raises(InputError) as caught:
        ask(body_of({**schema, "properties": properties}, good, also))
    assert caught.value.code == "also-not-allowed"
    assert caught.value.message == f"{what} does not fit the request of the contract: {sentence}"
    assert caught.value.place == Place("s.yaml", line)
    assert caught.value.hint == hint


def test_one_property_may_decide_what_another_may_be() -> None:
    rule = {
        "if": {"properties": {"plan": {"const": "paid"}}},
        "then": {"properties": {"seats": {"minimum": 2}}},
    }
    schema = {**closed(plan=TEXT, seats={"type": "integer"}), **rule}
    body = body_of(schema, further("plan", "free", "paid"), further("seats", 1))
    body.refuse_invalid()
    with pytest.raises(InputError) as caught:
        body.refuse_misfits(str, 3)
    assert caught.value.place == Place("s.yaml", 1)
    body_of(schema, further("plan", "free", "paid"), column("seats", "1", "2")).refuse_misfits(str, 2)


def test_a_scenario_wins_over_what_is_filled_in() -> None:
    schema = closed(["plan"], plan={"type": "string", "pattern": "^p[0-9]!$"})
    with pytest.raises(InputError) as caught:
        body_of(schema).refuse_invalid()
    assert caught.value.code == "no-valid-body"
    assert "users: {also: {plan: …}}" in caught.value.hint
    body = body_of(schema, further("plan", "p1!"))
    body.refuse_invalid()
    assert body.varying is None
    assert body.to_bytes("u") == b'{"userID":"u","plan":"p1!"}'
    assert body.around_user == (b'{"userID":', b',"plan":"p1!"}')


def test_what_is_wrong_without_them_is_not_blamed_on_them() -> None:
    schema = closed(["more"], more={"not": {}}, plan=TEXT)
    body = body_of(schema, further("plan", "free"))
    with pytest.raises(InputError) as caught:
        body.refuse_invalid()
    assert caught.value.code == "no-valid-body"
    body.refuse_misfits(str, 3)
    with pytest.raises(InputError) as caught:
        body_of({**closed(), "not": {}}).refuse_invalid()
    assert caught.value.code == "no-valid-body"


@pytest.mark.parametrize(
    ("user", "name"), [("userID", "userID"), ("data.user", "data"), ("data", "data.user"), ("a.b", "/a/b")]
)
def test_the_place_of_the_user_id_is_taken(user: str, name: str) -> None:
    with pytest.raises(InputError) as caught:
        body_of({}, further(name, "x"), user=user)
    assert (caught.value.code, caught.value.place) == ("also-overlap", Place("s.yaml", 1))


def test_an_operation_without_a_body_has_no_place_for_them() -> None:
    with pytest.raises(InputError) as caught:
        body_of(None, further("plan", "free"))
    assert (caught.value.code, caught.value.place) == ("also-not-allowed", Place("s.yaml", 1))


def test_without_a_schema_everything_is_allowed() -> None:
    body = body_of({}, further("plan", "free", 5))
    body.refuse_invalid()
    body.refuse_misfits(str, 1)


def test_a_body_is_shown_with_names_for_what_varies() -> None:
    body = body_of({}, further("plan", "free", 5), further("channel", "web"), column("data.name", "anna"))
    assert json.loads(body.shown) == {
        "userID": "<user ID>",
        "plan": "<plan>",
        "channel": "web",
        "data": {"name": "<data.name>"},
    }
    assert body.varied == {"plan": ["free", 5], "data.name": []}


def dealt(one: FurtherProperty, *, as_text: bool = True) -> DealtValues:
    return DealtValues(one, as_text=as_text)


def test_each_value_is_asked_about_while_there_are_few_different_ones() -> None:
    plans = dealt(column("plan", *["free"] * 500, "gold", *["paid"] * 500))
    assert asked_numbers([plans], 1001) == [0, 500, 501]
    assert asked_numbers([plans], 300) == [0]
    assert asked_numbers([dealt(further("plan", "a", "b", "c"))], 1) == [0, 1, 2]
    assert asked_numbers([], 5) == [0]


def test_of_many_some_are_asked_about_and_those_that_stand_out() -> None:
    texts = [f"{number:03}" for number in range(1, 101)]
    texts[33], texts[44], texts[55] = "1", "9" * 30, "x55"
    numbers = [str(int(text)) if text.isdecimal() else text for text in texts]
    assert asked_numbers([dealt(column("plan", *texts))], 100, most=4) == [0, 25, 33, 44, 50, 75]
    assert 55 in asked_numbers([dealt(column("plan", *numbers), as_text=False)], 100, most=4)
    assert asked_numbers([dealt(column("plan", *numbers[:50]), as_text=False)], 100, most=4)[0] == 0

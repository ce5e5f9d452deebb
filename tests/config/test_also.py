"""`users.also` of a scenario: constants, lists, and columns of the file of user IDs."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.read import read_users
from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from pathlib import Path

BASE: dict[str, Any] = {
    "name": "also",
    "environment": "stub",
    "load": {"stages": [{"name": "peak", "rate": "10/s", "duration": "1s"}]},
    "targets": ["p95 < 400ms"],
}
SCHEMA = {
    "type": "object",
    "required": ["userID", "plan"],
    "properties": {
        "userID": {"type": "string", "maxLength": 20},
        "plan": {"enum": ["free", "paid"]},
        "level": {"type": "integer"},
    },
}
DOCUMENT = {
    "openapi": "3.0.3",
    "paths": {
        "/v4/project/{projectID}/environment/{environmentID}/session": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": SCHEMA}}},
                "responses": {"200": {"description": "", "content": {"application/json": {}}}},
            }
        }
    },
}
INPUTS = RunInputs(
    run_id="r1",
    started="2026-01-01T00:00:00+00:00",
    scenario={},
    scenario_file="s.yaml",
    environments={"stub": {"embedded": True}},
    environments_file="environments.yaml",
    environment="stub",
    contract=DOCUMENT,
    contract_file="openapi.yaml",
    contract_sha256="0" * 64,
    machine={},
)
ANNA = {"file": "users.csv", "column": "id"}


def scenario(users: str) -> Scenario:
    text = f"name: also\nusers: {users}\nload: {{stages: [{{name: a, rate: 10/s, duration: 1s}}]}}\n"
    return Scenario.check(parse(f"{text}targets: [p95 < 1s]\n".encode(), "x.yaml"))


def refusal(users: str) -> InputError:
    with pytest.raises(InputError) as caught:
        scenario(users)
    return caught.value


def inputs(users: dict[str, Any], **more: Any) -> RunInputs:  # noqa: ANN401 - fields of inputs
    return replace(INPUTS, scenario={**BASE, "users": users}, **more)


def test_each_form_of_a_value_is_read() -> None:
    checked = scenario(
        "{id: {file: u.csv, column: id}, also: {name: column full name, channel: web, /a.b/c: [1, x, null]}}"
    )
    name, channel, other = checked.further
    assert (name.pointer, name.column, len(name.values)) == (("name",), "full name", 0)
    assert (channel.values, channel.column) == (("web",), None)
    assert (other.pointer, other.values, other.name) == (("a.b", "c"), (1, "x", None), "users.also./a.b/c")
    assert other.written[1] == Place("x.yaml", 2, 97)
    assert checked.resolved["users"]["also"] == {
        "name": "column full name",
        "channel": "web",
        "/a.b/c": [1, "x", None],
    }
    assert scenario('{id: "u{n}", also: {a: ["column x"]}}').further[0].values == ("column x",)
    assert scenario('{id: "u{n}"}').further == ()


@pytest.mark.parametrize(
    ("also", "code", "reason"),
    [
        ("{a.: x}", "bad-pointer", "empty step"),
        ("{a: x, a.b: y}", "also-overlap", "users.also.a.b is in the place of users.also.a"),
        ("{a.b: x, /a/b: y}", "also-overlap", "in the place of"),
        ("{a: column plan}", "also-column", "users.id names none"),
        ("{a: []}", "bad-choices", "1 to 1,000 values"),
        ("{a: {b: c}}", "bad-type", "a single value"),
        ("{a: [[b]]}", "bad-type", "a single value"),
        ('{a: "${TOKEN}"}', "bad-reference", "environment variable"),
        (f"{{a: {'x' * 1001}}}", "too-long", "1,001 characters"),
        ("web", "bad-type", "a mapping"),
        ("{" + ", ".join(f"p{number}: x" for number in range(51)) + "}", "too-long", "more than 50 keys"),
    ],
)
def test_what_it_cannot_be_is_refused(also: str, code: str, reason: str) -> None:
    error = refusal(f'{{id: "u{{n}}", also: {also}}}')
    assert error.code == code
    assert reason in error.message
    assert error.hint
    assert error.place is not None
    assert error.place.line == 2


def test_a_column_has_a_name_and_a_file_with_columns() -> None:
    assert refusal("{id: {file: u.txt}, also: {a: column plan}}").code == "also-column"
    error = refusal('{id: {file: u.csv, column: id}, also: {a: "column "}}')
    assert "does not say which column" in error.message


def test_half_of_a_surrogate_pair_from_an_option_is_refused() -> None:
    document = parse(b'name: a\nusers: {id: "u{n}", also: {a: x}}\n', "x.yaml")
    with pytest.raises(InputError) as caught:
        Scenario.check(document.with_override("users.also.a", "\udcff"))
    assert any("UTF-8 cannot carry" in error.message for error in caught.value.each)


def test_columns_of_the_file_are_read_beside_the_ids(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text('id,plan,full name\nanna,free,"Anna, A."\nbela,paid,Béla\n', encoding="utf-8-sig")
    also = "{n: column full name, p: column plan, q: column plan}"
    checked = scenario(f"{{id: {{file: {file}, column: id}}, also: {also}}}")
    assert checked.user_file is not None
    ids, columns = read_users(checked.user_file, checked.further)
    assert list(ids) == ["anna", "bela"]
    assert {name: list(texts) for name, texts in columns.items()} == {
        "full name": ["Anna, A.", "Béla"],
        "plan": ["free", "paid"],
    }
    read = checked.with_ids(ids, columns)
    assert [each.values for each in read.further] == [
        columns["full name"],
        columns["plan"],
        columns["plan"],
    ]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [("id,plan\nanna,free\nbela, \n", "empty-cell", 3), ("id,plan\nanna\n", "empty-cell", 2)],
)
def test_an_empty_cell_is_named_by_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    file = tmp_path / "users.csv"
    file.write_text(text)
    checked = scenario(f"{{id: {{file: {file}, column: id}}, also: {{plan: column plan}}}}")
    assert checked.user_file is not None
    with pytest.raises(InputError) as caught:
        read_users(checked.user_file, checked.further)
    assert (caught.value.code, caught.value.place) == (code, Place(str(file), line))


def test_a_missing_column_is_named_where_the_scenario_names_it(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("id,plan\nanna,free\n")
    checked = scenario(f"{{id: {{file: {file}, column: id}}, also: {{plan: column plam}}}}")
    assert checked.user_file is not None
    with pytest.raises(InputError) as caught:
        read_users(checked.user_file, checked.further)
    assert caught.value.code == "no-such-column"
    assert caught.value.hint == "did you mean 'plan'?"
    assert caught.value.place is not None
    assert caught.value.place.file == "x.yaml"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4), st.booleans())
def test_columns_travel_with_the_inputs(texts: list[str], has_ids: bool) -> None:  # noqa: FBT001
    ids = TextList.of(["anna"] * len(texts)) if has_ids else None
    travelling = replace(INPUTS, ids=ids, columns={"plan": TextList.of(texts), "b": TextList.of(["x"])})
    data = b"".join(travelling.pieces())
    assert RunInputs.read(BytesIO(data + b"cut\n")) == travelling
    assert RunInputs.read(BytesIO(data[:-1])) is None


def bodies(users: dict[str, Any], count: int, **more: Any) -> list[Any]:  # noqa: ANN401 - fields of inputs
    made = run_spec_of(inputs(users, **more), {}).bodies()
    return [json.loads(made(index)) for index in range(count)]


def test_lists_are_dealt_in_turn_and_constants_are_everybodys() -> None:
    users = {"id": "u{n}", "also": {"plan": ["free", "paid"], "level": "3", "channel": "web"}}
    assert bodies(users, 3) == [
        {"userID": "u0", "plan": "free", "level": 3, "channel": "web"},
        {"userID": "u1", "plan": "paid", "level": 3, "channel": "web"},
        {"userID": "u2", "plan": "free", "level": 3, "channel": "web"},
    ]


@given(st.integers(0, 2**40), st.integers(0, 9), st.sampled_from(["round_robin", "zipf"]))
def test_whoever_returns_has_the_values_of_before(seed: int, index: int, order: str) -> None:
    users = {
        "id": "u{n}",
        "also": {"plan": ["free", "paid"], "x": ["a", "b", "c"]},
        "returning": {"share": "50%", "pool": 4, "order": order},
    }
    spec = run_spec_of(replace(inputs(users), scenario={**BASE, "users": users, "seed": seed}), {})
    body = json.loads(spec.bodies()(index))
    number = int(body["userID"].removeprefix("u"))
    assert (body["plan"], body["x"]) == (["free", "paid"][number % 2], "abc"[number % 3])
    assert json.loads(spec.bodies()(index)) == body


def test_columns_stay_with_their_ids_when_the_file_begins_again() -> None:
    users = {"id": ANNA, "also": {"plan": "column plan", "level": "column level"}, "unique": False}
    columns = {"plan": TextList.of(["free", "paid"]), "level": TextList.of(["7", "08"])}
    ids = TextList.of(["anna", "bela"])
    with pytest.raises(InputError) as caught:
        bodies(users, 1, ids=ids, columns=columns)
    assert caught.value.code == "also-not-allowed"
    assert "value 2 of its column" in caught.value.message
    columns["level"] = TextList.of(["7", "8"])
    assert bodies(users, 3, ids=ids, columns=columns) == [
        {"userID": "anna", "plan": "free", "level": 7},
        {"userID": "bela", "plan": "paid", "level": 8},
        {"userID": "anna", "plan": "free", "level": 7},
    ]


def test_a_result_says_what_the_bodies_were_made_of() -> None:
    spec = run_spec_of(inputs({"id": "u{n}", "also": {"plan": ["free", "paid"], "level": "3"}}), {})
    described = spec.header.contract
    assert json.loads(described["body"]) == {"userID": "<user ID>", "plan": "<plan>", "level": 3}
    assert described["values"] == {"plan": ["free", "paid"]}


@pytest.mark.parametrize(("longest", "user"), [(40, "sessionload-preflight-r1"), (20, "u0")])
def test_the_preflight_is_somebody_whom_the_contract_allows(longest: int, user: str) -> None:
    document = json.loads(json.dumps(DOCUMENT).replace('"maxLength": 20', f'"maxLength": {longest}'))
    assert run_spec_of(inputs({"id": "u{n}"}, contract=document), {}).preflight_user == user


def test_bodies_without_them_are_those_of_the_user_ids() -> None:
    assert bodies({"id": "u{n}"}, 2) == [
        {"plan": "free", "userID": "u0"},
        {"plan": "free", "userID": "u1"},
    ]

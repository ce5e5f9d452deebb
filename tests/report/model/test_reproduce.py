"""A finding's request as a line for a shell."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.report.model.reproduce import LONGEST, STUB_ORIGIN, shell_line
from sessionload.units import parse_share
from sessionload.workload.user_ids import Returning, UserIds, compile_user_ids

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

CONTRACT = Path(__file__).parents[3] / "contracts" / "openapi.yaml"


def _line(result: Result, index: int = 17, **parts: Any) -> str:  # noqa: ANN401 - fields of a result
    return shell_line(replace(result, **parts))(index)


def test_it_is_the_request_that_the_load_sends(known: dict[str, Result]) -> None:
    document = yaml.safe_load(CONTRACT.read_text())
    binding = Binding("startSession", "a/b c", "main")
    contract = Contract.from_document(document, binding, file="openapi.yaml", sha256="ab" * 32)
    environment = {
        "name": "there",
        "url": "https://host.example:8443",
        "project": "a/b c",
        "environment": "main",
    }
    *command, url = shlex.split(_line(known["met"], contract=contract.describe(), environment=environment))
    user_id = compile_user_ids(
        UserIds("launch-{run}-{n:08d}", None, None, unique=True), run_id=known["met"].run.id, seed=7
    )
    assert command == [
        *("curl", "-i", "--path-as-is", "-X", contract.request.method),
        *("-H", f"{contract.describe()['header']}: $VF_API_KEY"),
        *("-H", "content-type: application/json", "-H", "accept: application/json"),
        *("--data-binary", contract.request.body.to_bytes(user_id(17)).decode()),
    ]
    assert url == "https://host.example:8443" + contract.request.path()


def test_the_key_is_left_to_the_shell(known: dict[str, Result]) -> None:
    assert """-H 'authorization: '"$VF_API_KEY" """ in _line(known["met"])


def test_the_key_comes_from_the_variable_of_the_environment(known: dict[str, Result]) -> None:
    environment = {**known["met"].environment, "key_variable": "VF_STAGING_KEY"}
    line = _line(known["met"], environment=environment)
    assert """-H 'authorization: '"$VF_STAGING_KEY" """ in line
    assert "VF_API_KEY" not in line


def test_a_masked_project_stays_to_be_seen(known: dict[str, Result]) -> None:
    environment = {"url": "https://host.example", "project": "65f1…0a1b2c", "environment": "é"}
    assert _line(known["met"], environment=environment).endswith(
        "'https://host.example/v4/project/65f1…0a1b2c/environment/%C3%A9/session'"
    )


def test_an_embedded_stub_is_asked_where_its_documentation_starts_one(known: dict[str, Result]) -> None:
    environment = {"url": "embedded stub", "project": "stub", "environment": "main"}
    line = _line(known["met"], environment=environment)
    assert '"$SESSIONLOAD_STUB_KEY"' in line
    assert f"{STUB_ORIGIN}/v4/project/stub/environment/main/session" in line
    port = STUB_ORIGIN.rpartition(":")[2]
    assert f"--port {port}" in (Path(__file__).parents[3] / "docs" / "stub.md").read_text()


def test_a_returning_user_is_the_one_who_returned(known: dict[str, Result]) -> None:
    users = {"id": "u{n}", "unique": True, "returning": {"share": "50%", "pool": 3, "order": "round_robin"}}
    ids = UserIds("u{n}", None, Returning(parse_share("50%"), 3), unique=True)
    user_id = compile_user_ids(ids, run_id="", seed=7)
    for index in (16, 17):
        line = _line(known["met"], index, scenario={"users": users})
        assert f'{{"userID":"{user_id(index)}"}}' in line
    assert user_id(17) != "u17"


def test_a_user_from_a_file_is_named_by_the_arrival(known: dict[str, Result]) -> None:
    users = {"id": {"file": "users.csv"}, "unique": True}
    assert '{"userID":"<user ID of arrival 17>"}' in _line(known["met"], scenario={"users": users})


def test_further_properties_are_those_of_the_arrival(known: dict[str, Result]) -> None:
    contract = {
        **known["met"].contract,
        "body": '{"userID":"<user ID>","plan":"<plan>","data":{"name":"<data.name>"},"channel":"web"}',
        "values": {"plan": ["free", 5], "data.name": []},
    }
    also = {"plan": ["free", 5], "data.name": "column name", "channel": "web"}
    users = {"id": {"file": "users.csv", "column": "id"}, "also": also, "unique": True}
    line = _line(known["met"], scenario={"users": users}, contract=contract)
    assert '"plan":5,"data":{"name":"<data.name of arrival 17>"},"channel":"web"}' in line
    users = {"id": "u{n}", "also": {"plan": ["free", 5]}, "returning": {"share": "50%", "pool": 3}}
    for index in range(12, 20):
        line = _line(known["met"], index, scenario={"users": users}, contract=contract)
        number = int(line.partition('"userID":"u')[2].partition('"')[0])
        assert ('"plan":"free"' in line) is (number % 2 == 0)


@pytest.mark.parametrize(
    "parts",
    [
        {"scenario": {}},
        {"scenario": {"users": "everybody"}},
        {"scenario": {"users": {"id": "u{what}"}}},
        {"environment": {}},
        {"environment": {"url": "ftp://host", "project": "p", "environment": "main"}},
        {"environment": {"url": "http://host/path", "project": "p", "environment": "main"}},
        {"environment": {"url": "http://host", "project": "p"}},
        {
            "environment": {
                "url": "http://host",
                "project": "p",
                "environment": "main",
                "key_variable": 'K"; rm -r x; echo "',
            }
        },
        {"contract": {}},
        {"contract": {"method": "", "path": "/v4/session", "header": "authorization"}},
        {"contract": {"method": "GET; rm x", "path": "/v4/session", "header": "authorization"}},
        {
            "scenario": {"users": {"id": "u" * 999 + "{n:040d}"}},
            "environment": {"url": "http://" + "h" * 900},
        },
    ],
)
def test_a_result_that_lacks_something_has_no_line(known: dict[str, Result], parts: dict[str, Any]) -> None:
    assert _line(known["met"], **parts) == ""


def test_a_line_that_would_be_cut_is_none(known: dict[str, Result]) -> None:
    contract = {"method": "POST", "path": "/" + "a" * LONGEST, "header": "authorization"}
    assert _line(known["met"], contract=contract) == ""


def test_half_of_a_surrogate_pair_stops_nothing(known: dict[str, Result]) -> None:
    run = replace(known["met"].run, id="\ud800")
    assert '{"userID":"launch-?-00000017"}' in _line(known["met"], run=run)

"""The JSON Schema of a result describes what is written, and closes every object."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from msgspec import Struct, convert
from msgspec.structs import fields

from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.result import Result
from sessionload.verdict.result_form import (
    ContractForm,
    EnvironmentForm,
    ResultForm,
    RunForm,
    StageForm,
    TargetForm,
    VerdictForm,
)
from sessionload.verdict.run_header import AskedComparison, Run
from sessionload.verdict.targets import VIEWS, parse_target
from sessionload.verdict.verdict import judge
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verdict.conftest import Recorder

CONTRACT = {
    "file": "contracts/openapi.yaml",
    "operation": "startSession",
    "sha256": "0a" * 32,
    "method": "POST",
    "path": "/v4/project/{projectID}/environment/{environmentID}/session",
    "header": "authorization",
    "prefix": "Bearer ",
    "headers": {"x-tenant": "${TENANT}"},
    "body": '{"userID":"<user ID>","plan":"<plan>"}',
    "accept": "application/problem+json",
    "values": {"plan": ["free", 5, None, True, 0.5]},
}
ENVIRONMENT = {
    "name": "staging",
    "url": "https://host.example",
    "project": "demo",
    "environment": "main",
    "chosen": "main",
    "key_variable": "VF_STAGING_KEY",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    text = resources.files("sessionload.verdict").joinpath("result.schema.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def faults(schema: dict[str, Any], result: Result) -> list[str]:
    data = json.loads(json.dumps(result.to_json()))
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.fixture
def full(run: Recorder, stages: tuple[Stage, ...]) -> Result:
    """Every outcome, every kind of histogram, a target of each kind."""
    for number, outcome in enumerate(Outcome):
        run.sent(number + 1, outcome, second=number, stage=0)
        run.sent(9 - number, outcome, second=10 + number, stage=1, queued_ms=number * 10, lag_ms=1)
    run.unsent(3, second=29, stage=1)
    targets = (
        parse_target("p99.9 < 1s"),
        parse_target("service.mean < 1s"),
        parse_target("throttled < 3%"),
        parse_target("error_rate < 5%", window_ns=5 * NS, abort=True),
        parse_target("error_rate < 95%", stages=("peak",)),
    )
    evidence = Evidence(
        run.measurement, stages, run.planned, lost=0, aborted_by="error_rate < 5%", targets=targets
    )
    return Result(
        run=Run("20260102-1", "2026-01-02T03:04:05Z", 40.25, 7, "0.1.0", "SIGINT", "error_rate < 5%"),
        scenario={"name": "launch"},
        environment=ENVIRONMENT,
        contract=CONTRACT,
        machine={"processors": "2"},
        stages=stages,
        planned=run.planned,
        lost=0,
        measurement=run.measurement,
        verdict=judge(evidence),
        planned_by_second=Schedule(stages).planned_by_second(),
        planned_by_stage=Schedule(stages).planned_by_stage(),
    )


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_labels_are_written_and_read_where_there_are_some(full: Result, schema: dict[str, Any]) -> None:
    assert "labels" not in full.to_json()["run"]
    labels = {"release": "1.4.2", "city": "Köln"}
    labelled = replace(full, run=replace(full.run, labels=labels))
    assert faults(schema, labelled) == []
    assert Result.from_json(json.loads(json.dumps(labelled.to_json()))).run == labelled.run
    for wrong in ({"1st": "x"}, {"a": ""}, {"a": "x" * 101}, {f"n{n}": "1" for n in range(21)}, {"a": 1}):
        written: Any = replace(full, run=replace(full.run, labels=wrong))  # type: ignore[arg-type]
        assert faults(schema, written)
        with pytest.raises(InputError):
            Result.from_json(json.loads(json.dumps(written.to_json())))


def test_the_baseline_of_a_run_is_written_and_read_where_there_is_one(
    full: Result, schema: dict[str, Any]
) -> None:
    assert "baseline" not in full.to_json()["run"]
    asked = replace(full, run=replace(full.run, baseline=AskedComparison("20260101-1", Fraction(1, 20))))
    assert faults(schema, asked) == []
    assert asked.to_json()["run"]["baseline"] == {"run": "20260101-1", "tolerance": "1/20"}
    assert Result.from_json(json.loads(json.dumps(asked.to_json()))).run == asked.run


def test_a_full_result_is_read_as_it_was_written(full: Result) -> None:
    again = Result.from_json(json.loads(json.dumps(full.to_json())))
    assert (again.contract, again.environment) == (CONTRACT, ENVIRONMENT)
    assert again.verdict == full.verdict
    assert [target.stages for target in again.verdict.targets] == [(), (), (), (), ("peak",), ()]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("run", RunForm),
        ("environment", EnvironmentForm),
        ("contract", ContractForm),
        ("stage", StageForm),
        ("target", TargetForm),
        ("verdict", VerdictForm),
    ],
)
def test_the_schema_and_the_types_have_the_same_keys(
    schema: dict[str, Any], name: str, form: type[Struct]
) -> None:
    assert set(schema["$defs"][name]["properties"]) == {field.encode_name for field in fields(form)}


def test_a_full_result_is_valid(schema: dict[str, Any], full: Result) -> None:
    assert faults(schema, full) == []


def test_an_empty_result_is_valid(schema: dict[str, Any], full: Result) -> None:
    empty = replace(
        full,
        run=Run("r", "2026", 0.0, 0, "0.1.0"),
        stages=(Stage("only", Fraction(1, 3), Fraction(200), 1_500_000_000),),
        planned=0,
        measurement=Measurement(),
        verdict=judge(Evidence(Measurement(), full.stages, 0, 0)),
        planned_by_second={},
        planned_by_stage=None,
    )
    assert faults(schema, empty) == []


def objects(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_every_object_but_the_scenario_is_closed(schema: dict[str, Any]) -> None:
    """A scenario has its own schema, a machine, headers, values and labels any texts, a host addresses."""
    unlike = [one for one in objects(schema) if one.get("additionalProperties") is not False]
    assert [sorted(set(one) - {"description"}) for one in unlike] == [
        ["type"],
        ["additionalProperties", "type"],
        ["additionalProperties", "propertyNames", "type"],
        ["additionalProperties", "maxProperties", "propertyNames", "type"],
        ["additionalProperties", "type"],
        ["additionalProperties", "type"],
        ["additionalProperties", "propertyNames", "type"],
        ["additionalProperties", "maxProperties", "type"],
    ]


def test_every_key_of_a_closed_object_is_required_unless_it_is_a_histogram(schema: dict[str, Any]) -> None:
    """Or it is newer than the format, and results of before do not have it."""
    newer = {
        "lost",
        "keys_unchecked",
        "workers",
        "run",
        "addresses",
        "notes",
        "labels",
        "baseline",
        "prefix",
        "headers",
        "body",
        "values",
        "accept",
        "chosen",
        "key_variable",
        "named_arrivals",
        *("status", "cause", "user_id", "user_row", "trace"),
        "stages",
        "turns",
        "first_byte",
        "gave_up",
        "backlog",
        "kind",
        "not_due",
        "measured_until_s",
    }
    for one in objects(schema):
        optional = set(one.get("properties", {})) - set(one.get("required", [])) - newer
        assert all(one["properties"][name] == {"$ref": "#/$defs/histogram"} for name in optional)


def test_the_schema_names_the_same_outcomes_and_views_as_the_code(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]
    assert definitions["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert list(definitions["outcomes"]["properties"]) == definitions["outcome"]["enum"]
    assert tuple(definitions["latency"]["properties"]) == VIEWS


@pytest.mark.parametrize(
    "part",
    [
        {"format": 2},
        {"more": 1},
        {"arrivals": {"planned": 1, "sent": 1, "unsent": 0}},
        {"arrivals": {"planned": -1, "sent": 1, "unsent": 0, "lost": 0}},
        {"outcomes": {}},
        {"stages": []},
        {"flow": [[1, 2]]},
        {"planned_by_second": [[1, 2, 3]]},
        {"environment": {"name": "staging", "url": "u", "project": "p", "environment": "e", "api_key": "k"}},
        {"contract": {"file": "f", "operation": "o", "sha256": "short"}},
        {"slices": [{"stage": 0, "second": 0, "outcomes": {"fine": 1}, "statuses": {}, "unsent": 0}]},
        {"slices": [{"stage": 0, "second": 0, "outcomes": {}, "statuses": {"abc": 1}, "unsent": 0}]},
        {"verdict": {"state": "fine", "targets": [], "reasons": []}},
    ],
)
def test_what_is_no_result_is_not_valid(schema: dict[str, Any], full: Result, part: dict[str, Any]) -> None:
    data = json.loads(json.dumps(full.to_json())) | part
    assert not Draft202012Validator(schema).is_valid(data)


REMOVED, ADDED = object(), object()
STRANGE: list[object] = [2**63, "", REMOVED, ADDED]
STRANGER: list[object] = [
    *(None, True, -1, 0, 5, 0.5, 10**5 + 1, 4 * 86_400 + 1, 10**30),
    *("5", "abc", "1/0", "x" * 61, "1" * 61, [], [1], {}, {"more": 1}),
]


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the ways to everything in a result but what is in its scenario; of a list, to its first item."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            if path != ("scenario",):
                yield from places(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def changed(data: Any, path: tuple[str | int, ...], value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return data with another value at a place, or without it, or with a key or an item more in it."""
    step, *steps = path
    copied = data.copy()
    if steps:
        copied[step] = changed(data[step], tuple(steps), value)
    elif value is REMOVED:
        del copied[step]
    elif value is not ADDED:
        copied[step] = value
    elif isinstance(data[step], dict):
        copied[step] = {**data[step], "more": 1}
    elif isinstance(data[step], list):
        copied[step] = [*data[step], 1]
    return copied


def is_read(data: dict[str, Any]) -> bool:
    try:
        Result.from_json(data)
    except InputError:
        return False
    return True


def fits_types(data: dict[str, Any]) -> bool:
    try:
        convert(data, ResultForm, str_keys=True)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("values", [STRANGE, pytest.param(STRANGER, marks=pytest.mark.long)])
def test_what_is_read_is_valid_and_what_is_valid_fits_the_types(
    schema: dict[str, Any], full: Result, values: list[object]
) -> None:
    """Whatever is changed in a result, wherever: the schema and the types have the same keys and bounds.

    Reading refuses more than the schema does, because it also looks at whether the parts agree.
    """
    data = json.loads(json.dumps(full.to_json()))
    grown = {"slices", "flow", "planned_by_second", "findings"}
    small = {name: value[:1] if name in grown else value for name, value in data.items()}
    validator = Draft202012Validator(schema)
    assert validator.is_valid(small)
    for path in places(small):
        for value in values:
            other = changed(small, path, value)
            if validator.is_valid(other):
                assert fits_types(other), (path, value)
            elif fits_types(other):
                assert not is_read(other), (path, value)

"""A number of 5,000 digits, which Python does not convert, is refused in one sentence by every parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sessionload.config.environment import Environment
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.schema.schema_rule import SchemaRule
from sessionload.errors import InputError, ValueProblem
from sessionload.stub.faults import ScriptedFault
from sessionload.stub.latency import Latency
from sessionload.units import parse_duration, parse_rate, parse_share
from sessionload.verdict.targets import parse_target
from sessionload.workload.user_id_pattern import read_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "9" * 5000
SCENARIO = """\
name: long
environment: here
users: {id: "{n}", returning: {share: 20%, pool: 50, order: zipf, exponent: 1.1}}
load: {stages: [{name: peak, rate: 20/s, duration: 30s}], max_in_flight: 5}
targets: [{expr: p95 < 400ms, window: 10s}]
seed: 5
"""
PATHS = [
    "name",
    "users.id",
    "users.returning.share",
    "users.returning.pool",
    "users.returning.exponent",
    "load.stages.0.rate",
    "load.stages.0.duration",
    "load.stages.0.warmup",
    "load.timeout",
    "load.max_in_flight",
    "load.max_cpu",
    "targets.0.expr",
    "targets.0.window",
    "seed",
]


def is_one_short_sentence(error: InputError | ValueProblem) -> bool:
    return len(str(error)) < 450 and "\n" not in str(error) and "limit for integer string" not in str(error)


@pytest.mark.parametrize("form", ["{}", "-{}", "{}/s", "{}s", "{}%", "1.{}", "1e{}"])
@pytest.mark.parametrize("path", PATHS)
def test_a_scenario_is_refused(path: str, form: str) -> None:
    with pytest.raises(InputError) as caught:
        Scenario.check(parse(SCENARIO.encode(), "x.yaml").with_override(path, form.format(LONG)))
    assert is_one_short_sentence(caught.value)


@pytest.mark.parametrize("path", [f"load.stages.{LONG}.rate", f"targets[{LONG}].expr", LONG])
def test_an_override_of_a_path_with_such_a_number_is_refused(path: str) -> None:
    with pytest.raises(InputError) as caught:
        Scenario.check(parse(SCENARIO.encode(), "x.yaml").with_override(path, "1"))
    assert caught.value.hint


@pytest.mark.parametrize("key", ["max_body", "max_rate", "protected", "seed", "latency", "faults"])
def test_an_environment_is_refused(key: str) -> None:
    text = f"here: {{embedded: true, {key}: {LONG}}}\n"
    with pytest.raises(InputError) as caught:
        Environment.check(parse(text.encode(), "e.yaml"), "here", {})
    assert is_one_short_sentence(caught.value)


@pytest.mark.parametrize("text", [f"%YAML 1.{LONG}\n---\na: 1\n", f"%YAML {LONG}.1\n---\na: 1\n"])
def test_a_line_about_the_version_of_yaml_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text.encode(), "x.yaml")
    assert caught.value.code.startswith("yaml-")


@pytest.mark.parametrize(
    "parse_text", [parse_duration, parse_rate, parse_share, parse_target, Latency.parse, ScriptedFault.parse]
)
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "{}s",
        "{}/s",
        "{}%",
        "p{} < 1s",
        "p95 < {}",
        "p95 < {}ms",
        "unsent < {}",
        "error_rate < {}%",
        "error_rate < {}",
        "uniform({}ms, 1ms)",
        "bimodal(1ms, 2ms, {}%)",
        "close every {}",
        "close on {}",
        "close on 1..{}",
        "stall from {}s for 1s",
        "status {} always",
    ],
)
def test_a_parser_has_no_other_error_than_its_own(parse_text: Callable[[str], Any], form: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_text(form.format(LONG))
    assert is_one_short_sentence(caught.value)


def test_a_pattern_is_refused() -> None:
    with pytest.raises(ValueProblem) as caught:
        read_pattern(f"{{n:0{LONG}d}}", "run")
    assert is_one_short_sentence(caught.value)


@pytest.mark.parametrize("keyword", ["minLength", "maxLength", "minProperties"])
@pytest.mark.parametrize("number", [LONG, int(LONG[:4000]), f"1.{LONG}"])
def test_a_contract_with_such_a_limit_is_refused_or_usable(keyword: str, number: str | int) -> None:
    data = parse(f"openapi: 3.0.3\na: {{type: string, {keyword}: {number}}}\n".encode(), "c.yaml").data
    with pytest.raises(InputError) as caught:
        SchemaRule(OpenApiDocument(data, "c.yaml"), data["a"], "a body")
    assert caught.value.code == "bad-schema"


def test_an_answer_with_such_a_number_is_a_violation() -> None:
    operation = {
        "operationId": "start",
        "security": [{"Key": []}],
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }
    document = {
        "openapi": "3.0.3",
        "paths": {"/session": {"post": operation}},
        "components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "key"}}},
    }
    contract = Contract.from_document(document, Binding("start", user=None), file="c.yaml", sha256="0")
    for body in (LONG, f'{{"sessionKey": {LONG}}}', f"[-{LONG}]", f"1e{LONG}"):
        failure = contract.judge(200, "application/json", body.encode()).failure
        assert failure is not None
        assert failure.cause == "json/overflow"
        assert len(failure.example) <= 200

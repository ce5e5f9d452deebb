"""The JSON Schemas for editors say what the checkers say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sessionload.config import (
    arrivals,
    environment,
    load,
    scale,
    scenario,
    slo,
    stages,
    tracing,
    turns,
    users,
)
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError

TOP = Path(__file__).parents[2]
BROKEN = TOP / "tests" / "broken"
SCHEMAS: dict[str, dict[str, Any]] = {
    kind: json.loads((TOP / "scenarios" / f"{file}.schema.json").read_text())
    for kind, file in (("scenario", "scenario"), ("environments", "environments"))
}
_SCENARIO = SCHEMAS["scenario"]["properties"]
_ARRIVALS = _SCENARIO["load"]["properties"]["arrivals"]["oneOf"]

PARSED_ELSEWHERE = {
    "also-column-without-file",  # texts, of which a schema knows nothing
    "also-empty-step",
    "also-overlap",
    "also-reference",
    "bad-fault",  # the grammars of texts, of which a schema knows the outline only
    "bad-latency",
    "client-cert-alone",  # the other may come from `extends`
    "client-cert-embedded",
    "client-key-alone",
    "embedded-with-url",  # what `extends` brings is not seen by a schema
    "exponent-unused",
    "extends-cycle",
    "extends-unknown",
    "fixed-user-id",
    "key-as-project",
    "key-in-a-scenario",
    "late-warm-up",
    "latency-without-embedded",
    "max-cpu-zero",  # bounds of numbers with a unit
    "max-lag-too-short",
    "missing-project",  # may come from `extends`
    "missing-variable",  # what a variable holds is not in the file
    "empty-variable",
    "key-with-spaces",
    "not-confirmed",
    "only-silence",
    "only-warm-up",
    "open-field",
    "pattern-too-long",  # depends on the contract
    "project-of-dots",
    "project-with-a-space",
    "rate-over-limit",
    "reference-in-text",
    "request-id-taken",
    "seed-exponent",  # a schema counts 1e3 as whole
    "share-of-nobody",
    "patience-too-short",
    "slo-within-nothing",
    "slo-without-budget",
    "stage-too-long",
    "stage-twice",
    "stage-without-duration",
    "stages-too-long",
    "target-stage-unknown",
    "timeout-too-long",
    "timeout-zero",
    "too-many-arrivals",
    "unknown-environment",
    "unknown-field",
    "url-as-one-number",
    "url-in-unicode",
    "url-of-metadata",
    "url-of-port-0",
    "url-of-port-65536",
    "url-without-tls",
    "user-file-missing",
    "window-too-long",
}
"""Broken files that no schema can find out: what they say is wrong only in its meaning."""


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        (SCHEMAS["scenario"], scenario.KEYS),
        (_SCENARIO["users"], users.KEYS),
        (_SCENARIO["users"]["properties"]["id"]["oneOf"][1], users.FILE_KEYS),
        (_SCENARIO["users"]["properties"]["returning"], users.RETURNING_KEYS),
        (_SCENARIO["load"], load.KEYS),
        (_SCENARIO["turns"], turns.KEYS),
        (_ARRIVALS[1], arrivals.GAMMA_KEYS),
        (_ARRIVALS[2], arrivals.FILE_KEYS),
        (_SCENARIO["load"]["properties"]["stages"]["items"], stages.KEYS),
        (_SCENARIO["load"]["properties"]["trace"]["oneOf"][1], tracing.TRACE_KEYS),
        (_SCENARIO["targets"]["items"]["oneOf"][1], scenario.TARGET_KEYS),
        (_SCENARIO["scale"], scale.KEYS),
        (_SCENARIO["slo"], slo.KEYS),
        (SCHEMAS["environments"]["additionalProperties"], environment.KEYS),
    ],
)
def test_schema_and_checker_know_the_same_keys(schema: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert set(schema["properties"]) == set(keys)
    assert schema["additionalProperties"] is False
    assert all("description" in part or "$ref" in part for part in schema["properties"].values())


@pytest.mark.parametrize(
    ("key", "options"),
    [("connections", load.CONNECTIONS), ("addresses", load.ADDRESSES)],
)
def test_schema_and_checker_know_the_same_words(key: str, options: tuple[str, ...]) -> None:
    assert tuple(_SCENARIO["load"]["properties"][key]["enum"]) == options
    assert tuple(_ARRIVALS[0]["enum"]) == arrivals.ARRIVALS
    assert tuple(_SCENARIO["users"]["properties"]["returning"]["properties"]["order"]["enum"]) == users.ORDERS


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *[("scenario", path) for path in sorted((TOP / "scenarios").glob("*.yaml"))],
        ("environments", TOP / "environments.yaml"),
        ("scenario", BROKEN / "good.scenario.yaml"),
        ("environments", BROKEN / "good.environments.yaml"),
    ],
)
def test_good_files_are_good_for_the_schema_too(kind: str, path: Path) -> None:
    jsonschema.validate(parse(path.read_bytes(), path.name).data, SCHEMAS[kind])


def test_a_resolved_scenario_is_good_for_the_schema_too() -> None:
    for path in (TOP / "scenarios").glob("*.yaml"):
        checked = scenario.Scenario.check(parse(path.read_bytes(), path.name))
        jsonschema.validate(checked.resolved, SCHEMAS["scenario"])


def broken_data(path: Path) -> Any:  # noqa: ANN401 -- plain data
    try:
        return parse(path.read_bytes(), path.name).data
    except InputError:
        return None


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.name)
def test_what_is_broken_in_structure_is_broken_for_the_schema_too(path: Path) -> None:
    name, kind, _ = path.name.split(".")
    data = broken_data(path)
    if name == "good" or data is None:
        return
    valid = jsonschema.Draft202012Validator(SCHEMAS[kind]).is_valid(data)
    assert valid == (name in PARSED_ELSEWHERE)


def test_each_exception_is_a_broken_file() -> None:
    assert {path.name.partition(".")[0] for path in BROKEN.glob("*.yaml")} >= PARSED_ELSEWHERE

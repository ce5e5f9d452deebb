"""Each scenario that comes with sessionload can be planned, is documented, and fits staging."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sessionload.config.read import RunRequest, read_run
from sessionload.config.shipped_files import SHIPPED, scenario_names
from sessionload.report.model.outline import outline

ROOT = Path(__file__).parents[2]
QUESTIONS = (ROOT / "docs" / "questions.md").read_text()
BY_QUESTION = re.findall(r"^\| `([a-z-]+)` \|", QUESTIONS, re.MULTILINE)
VARIABLES = {"VF_PROJECT_ID": "5f1b2c3d4e5f6a7b8c9d0e1f", "VF_API_KEY": "VF.DM.0123456789abcdef.a"}


def test_each_has_its_question() -> None:
    assert {*BY_QUESTION, "demo", "smoke", "launch"} == set(scenario_names())


@pytest.mark.parametrize("environment", ["staging", "stub"])
@pytest.mark.parametrize("scale", [None, "rate=10%,time=20s"])
@pytest.mark.parametrize("name", BY_QUESTION)
def test_each_can_be_planned(name: str, scale: str | None, environment: str) -> None:
    request = RunRequest(
        scenario=SHIPPED / "scenarios" / f"{name}.yaml",
        environment=environment,
        environments=ROOT / "environments.yaml",
        contract=ROOT / "contracts" / "openapi.yaml",
        scale=scale,
    )
    _, spec = read_run(request, run_id="r1", started="2026-01-01T00:00:00Z", variables=VARIABLES)
    text = outline(spec)
    assert text.startswith(f"{name}: ")
    assert all(stage.name in text for stage in spec.scenario.schedule.stages)
    assert spec.scenario.description.endswith((".", "?"))

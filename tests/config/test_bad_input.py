"""Each broken file of `tests/broken` is refused with its code, line, column and cure.

`expected.csv` names the cases. A case is `NAME.scenario.yaml` or `NAME.environments.yaml`; what it does
not bring is taken from `good`. Nothing of a message may repeat a key.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sessionload.config.environment import Environment
from sessionload.config.guard import guard
from sessionload.config.read import read_document, read_users
from sessionload.config.scenario import Scenario
from sessionload.errors import InputError, Place

BROKEN = Path(__file__).parent.parent / "broken"
VARIABLES = {
    "VF_PROJECT_ID": "5f1b2c3d4e5f6a7b8c9d0e1f",
    "VF_API_KEY": "VF.DM.0123456789abcdef.canary",
    "VF_EMPTY": "",
    "VF_SPACED": "VF.DM.0123456789abcdef canary",
}


def cases() -> list[dict[str, str]]:
    with (BROKEN / "expected.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files_of(name: str) -> tuple[Path, Path]:
    def own_or_good(kind: str) -> Path:
        own = BROKEN / f"{name}.{kind}.yaml"
        return own if own.exists() else BROKEN / f"good.{kind}.yaml"

    return own_or_good("scenario"), own_or_good("environments")


def check_all(scenario_file: Path, environments_file: Path) -> Scenario:
    scenario = Scenario.check(read_document(scenario_file))
    environments = read_document(environments_file)
    environment = Environment.check(
        environments, scenario.environment, VARIABLES, asked_at=scenario.environment_at
    )
    guard(scenario, environment)
    if scenario.user_file:
        scenario = scenario.with_ids(*read_users(scenario.user_file, scenario.further))
    scenario.check_ids(lambda one: None if len(one) <= 256 else "it is too long", "20260101-000000-abcd")
    return scenario


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_a_broken_file_is_refused_with_its_place_and_a_cure(case: dict[str, str]) -> None:
    scenario_file, environments_file = files_of(case["name"])
    broken = scenario_file if scenario_file.name.startswith(case["name"] + ".") else environments_file
    with pytest.raises(InputError) as caught:
        check_all(scenario_file, environments_file)
    error = caught.value
    assert (error.code, error.place) == (
        case["code"],
        Place(str(broken), int(case["line"]), int(case["column"])),
    )
    assert case["hint"]
    assert case["hint"] in error.hint
    assert "canary" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 450


def test_what_the_cases_are_made_from_is_good() -> None:
    scenario = check_all(*files_of("good"))
    assert scenario.schedule.planned() == 20 * 10 + 200 * 60


def test_each_case_has_one_file_and_each_file_a_case() -> None:
    names = [case["name"] for case in cases()]
    files = [path.name.partition(".")[0] for path in BROKEN.glob("*.yaml")]
    assert sorted(files) == sorted([*names, "good", "good"])
    assert len(names) == len(set(names))


def test_there_are_many_cases() -> None:
    assert len(cases()) >= 100

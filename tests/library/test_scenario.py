"""A scenario as other programs see it: numbers with units, and mistakes with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionload import InputError, Scenario, Stage

ROOT = Path(__file__).parents[2]
TEXT = """\
name: short
environment: here
users: {id: "short-{n}"}
load:
  stages:
    - {name: warm-up, rate: 90/min, duration: 2s, warmup: true}
    - {name: ramp, rate: 1.5/s, ramp_to: 4/s, duration: 1500ms}
  timeout: 250ms
targets:
  - p95 < 400ms
"""


def test_a_scenario_says_what_its_file_says() -> None:
    scenario = Scenario.parse(TEXT)
    assert (scenario.name, scenario.description, scenario.environment) == ("short", "", "here")
    assert scenario.stages == (
        Stage("warm-up", 2.0, 1.5, 1.5, warmup=True),
        Stage("ramp", 1.5, 1.5, 4.0, warmup=False),
    )
    assert (scenario.duration_s, scenario.timeout_s, scenario.peak_per_s) == (3.5, 0.25, 4.0)
    assert scenario.targets == ("p95 < 400ms",)
    assert repr(scenario) == "Scenario('short', duration_s=3.5, peak_per_s=4)"


def test_each_arrival_has_its_instant() -> None:
    scenario = Scenario.parse(TEXT)
    due = list(scenario.due_s())
    assert scenario.sessions == len(due) == 8  # 3 in two seconds at 1.5/s, then 4.125
    assert due[:4] == [0.0, pytest.approx(2 / 3, abs=1e-8), pytest.approx(4 / 3, abs=1e-8), 2.0]
    assert due == sorted(due)
    assert due[-1] < scenario.duration_s


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_scenario_is_read_and_its_full_form_is_the_same_scenario(path: Path) -> None:
    scenario = Scenario.read(path)
    assert scenario.to_dict()["name"] == scenario.name
    assert scenario.targets
    if scenario.sessions < 10_000:
        assert sum(1 for _ in scenario.due_s()) == scenario.sessions


def test_overrides_are_those_of_the_command_line() -> None:
    scenario = Scenario.parse(TEXT, overrides=["load.stages.1.ramp_to=40/s", "load.timeout = 2s"])
    assert (scenario.peak_per_s, scenario.timeout_s) == (40.0, 2.0)


def test_a_mistake_has_its_code_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TEXT.replace("2s", "2"))
    with pytest.raises(InputError) as caught:
        Scenario.read(path)
    assert str(caught.value.place) == f"{path}:6:47"
    assert "did you mean 2s?" in str(caught.value)
    with pytest.raises(InputError, match="bad-override"):
        Scenario.parse(TEXT, overrides=["load.timeout"])
    with pytest.raises(InputError, match="file-missing"):
        Scenario.read(tmp_path / "absent.yaml")

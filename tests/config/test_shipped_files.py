"""Which file is taken where none is named, and that what is shipped has one source."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionload.config.shipped_files import (
    SHIPPED,
    default_contract,
    default_environments,
    name_of,
    scenario_file,
    scenario_names,
    shipped_note,
)
from sessionload.errors import InputError

ROOT = Path(__file__).parents[2]
OWN = ("contracts/openapi.yaml", "environments.yaml", "scenarios/demo.yaml")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def full(empty: Path) -> Path:
    for name in OWN:
        (empty / name).parent.mkdir(exist_ok=True)
        (empty / name).write_text("its own")
    return empty


def test_every_shipped_file_is_a_link_to_the_top_of_the_repository() -> None:
    links = {path.name: path for path in SHIPPED.iterdir()}
    assert {"contracts", "environments.yaml", "locustfile.py", "messages.md", "scenarios"} <= set(links)
    for path in links.values():
        assert path.is_symlink(), f"{path} has a source of its own"
        assert path.resolve(strict=True).is_relative_to(ROOT)
        assert not path.resolve().is_relative_to(ROOT / "src")


def test_an_empty_folder_gets_what_is_shipped(empty: Path) -> None:  # noqa: ARG001
    assert default_contract() == SHIPPED / "contracts/openapi.yaml"
    assert default_environments() == SHIPPED / "environments.yaml"
    assert scenario_file(Path("demo")) == SHIPPED / "scenarios/demo.yaml"
    assert all(path.is_file() for path in (default_contract(), default_environments()))


def test_a_folder_with_files_of_its_own_gets_those(full: Path) -> None:  # noqa: ARG001
    assert default_contract() == Path("contracts/openapi.yaml")
    assert default_environments() == Path("environments.yaml")
    assert scenario_file(Path("demo")) == Path("scenarios/demo.yaml")


def test_a_link_that_leads_nowhere_is_not_passed_over(empty: Path) -> None:
    (empty / "environments.yaml").symlink_to("gone.yaml")
    assert default_environments() == Path("environments.yaml")


@pytest.mark.parametrize(
    "named",
    ["scenarios/none.yaml", "none.yaml", "./demo.yaml", "/none/demo", "a/b", "VF.DM.0123456789abcdef"],
)
def test_a_path_is_taken_as_it_is(empty: Path, named: str) -> None:  # noqa: ARG001
    assert scenario_file(Path(named)) == Path(named)


def test_a_file_without_a_suffix_comes_before_a_name(empty: Path) -> None:
    (empty / "demo").write_text("its own")
    assert scenario_file(Path("demo")) == Path("demo")


def test_a_folder_is_no_scenario(empty: Path) -> None:
    (empty / "demo").mkdir()
    assert scenario_file(Path("demo")) == SHIPPED / "scenarios/demo.yaml"


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("dmeo", "did you mean 'demo'?"),
        (
            "0",
            (
                "known here: breakpoint, demo, doors, gate, known-people, ladder, launch, mine, quota,"
                " small-pool, smoke, soak, spike"
            ),
        ),
    ],
)
def test_a_name_that_no_scenario_has_is_refused(empty: Path, named: str, hint: str) -> None:
    (empty / "scenarios").mkdir()
    (empty / "scenarios" / "mine.yaml").write_text("name: mine")
    with pytest.raises(InputError, match="no scenario has this name") as caught:
        scenario_file(Path(named))
    assert (caught.value.code, caught.value.hint) == ("unknown-scenario", hint)
    assert "mine" in scenario_names()


def test_a_result_does_not_say_where_a_shipped_file_lies(empty: Path) -> None:  # noqa: ARG001
    assert name_of(default_contract()) == "contracts/openapi.yaml (comes with sessionload)"
    assert name_of(Path("contracts/openapi.yaml")) == "contracts/openapi.yaml"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.yaml"], "no a.yaml: the one that comes with sessionload is used"),
        (["a", "b"], "no a or b: those that come with sessionload are used"),
        (["a", "b", "c"], "no a, b or c: those that come with sessionload are used"),
    ],
)
def test_a_note_names_what_the_folder_lacks(names: list[str], said: str) -> None:
    own = Path("own.yaml")
    assert shipped_note(own, *(SHIPPED / name for name in names)) == f"note: this folder has {said}"
    assert shipped_note(own) == ""

"""`sessionload init` writes a folder that every command takes, and touches nothing that was there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sessionload.cli import guide_commands
from sessionload.cli.cli import cli
from sessionload.cli.starter_files import DEFAULT_PEAK, DEFAULT_URL, PIPELINES

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

ROOT = Path(__file__).parents[2]
ALWAYS = {
    "environments.yaml",
    "contracts/openapi.yaml",
    "scenarios/smoke.yaml",
    "scenarios/launch.yaml",
    "scenarios/scenario.schema.json",
    "scenarios/environments.schema.json",
    "locustfile.py",
    "reports/README.md",
    "reports/.gitignore",
}


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in an empty folder, where it may use the variables of staging."""
    monkeypatch.chdir(tmp_path)
    variables = {"VF_PROJECT_ID": "5f1b2c3d4e5f6a7b8c9d0e1f", "VF_API_KEY": "VF.DM.0123456789abcdef.wxyz"}

    def run(*arguments: str, input: str | None = None) -> Result:  # noqa: A002 -- click's name
        return CliRunner().invoke(cli, arguments, env=variables, input=input)

    return run


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("ci", [*PIPELINES, "none"])
def test_it_writes_what_it_says_and_nothing_else(
    call: Callable[..., Result], tmp_path: Path, ci: str
) -> None:
    ended = call("init", "mine", "--ci", ci)
    assert ended.exit_code == 0, ended.output
    pipeline = {PIPELINES[ci][0]} if ci in PIPELINES else set()
    assert files_below(tmp_path / "mine") == ALWAYS | pipeline
    said = {line.split()[1] for line in ended.stdout.splitlines() if line.startswith("written")}
    assert said == ALWAYS | pipeline
    assert "  cd mine\n" in ended.stdout


@pytest.mark.parametrize(("peak", "in_flight"), [("35/s", 350), ("0.5/s", 5), ("5000/s", 10_000)])
def test_every_command_takes_what_it_writes(
    call: Callable[..., Result], tmp_path: Path, peak: str, in_flight: int
) -> None:
    assert (
        call("init", "--url", "https://start.example.com:8443", "--peak", peak, "--ci", "none").exit_code == 0
    )
    plan = call("plan", "launch")
    assert plan.exit_code == 0, plan.output
    assert f"at most {peak}" in plan.stdout.replace(",", "")
    assert "to https://start.example.com:8443" in plan.stdout
    assert f"at most {in_flight:,} in flight" in plan.stdout
    assert call("plan", "smoke").exit_code == 0
    listed = call("check", "--list", "--environment", "staging")
    assert listed.exit_code == 0
    assert "comes with sessionload" not in plan.stderr + listed.stderr
    contract = (tmp_path / "contracts/openapi.yaml").read_bytes()
    assert contract == (ROOT / "contracts/openapi.yaml").read_bytes()


def test_nothing_is_overwritten(call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "environments.yaml").write_text("mine")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "launch.yaml").symlink_to("nowhere.yaml")
    ended = call("init")
    assert ended.exit_code == 0
    assert (tmp_path / "environments.yaml").read_text() == "mine"
    assert (tmp_path / "scenarios" / "launch.yaml").readlink() == Path("nowhere.yaml")
    assert not (tmp_path / "scenarios" / "nowhere.yaml").exists()
    assert re.findall(r"^kept +(\S+)", ended.stdout, re.MULTILINE) == [
        "environments.yaml",
        "scenarios/launch.yaml",
    ]
    before = {name: (tmp_path / name).read_bytes() for name in files_below(tmp_path)}
    again = call("init")
    assert "written" not in again.stdout
    assert {name: (tmp_path / name).read_bytes() for name in files_below(tmp_path)} == before


def test_without_a_terminal_the_defaults_are_taken(call: Callable[..., Result], tmp_path: Path) -> None:
    assert call("init").exit_code == 0
    text = (tmp_path / "environments.yaml").read_text()
    assert f"url: {DEFAULT_URL}\n" in text
    assert f"max_rate: {DEFAULT_PEAK} " in text
    assert (tmp_path / PIPELINES["github"][0]).is_file()


def test_on_a_terminal_it_asks_three_questions(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_commands, "_is_terminal", lambda: True)
    ended = call("init", input="https://start.example.com\n\ngitlab\n")
    assert ended.exit_code == 0, ended.output
    assert ended.stderr.count("?") == 3
    text = (tmp_path / "environments.yaml").read_text()
    assert "url: https://start.example.com\n" in text
    assert f"max_rate: {DEFAULT_PEAK} " in text
    assert (tmp_path / ".gitlab-ci.yml").is_file()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--url", "start.example.com"], "bad-url"),
        (["--url", "http://start.example.com"], "bad-url"),
        (["--peak", "20"], "bad-rate"),
        (["--peak", "0/s"], "out-of-range"),
        (["--peak", "2000000/s"], "out-of-range"),
    ],
)
def test_a_wrong_answer_is_refused_before_anything_is_written(
    call: Callable[..., Result], tmp_path: Path, options: list[str], code: str
) -> None:
    ended = call("init", *options)
    assert ended.exit_code == 2
    assert f"[{code}]" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_refused(call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = call("init", "file/mine")
    assert ended.exit_code == 2
    assert "[output-unwritable]" in ended.stderr
    assert "--out" not in ended.stderr


def test_a_pipeline_is_that_of_its_document(call: Callable[..., Result], tmp_path: Path) -> None:
    document = (ROOT / "docs" / "ci.md").read_text()
    for ci, (name, _) in PIPELINES.items():
        assert call("init", ci, "--ci", ci).exit_code == 0
        text = (tmp_path / ci / name).read_text()
        assert len(text.splitlines()) > 30
        assert text in document
        for command in ("check", "run", "compare"):
            assert f"sessionload {command} " in text

"""What a shell completes: commands, options, and the names that a person would have to look up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from sessionload.cli.cli import cli
from sessionload.cli.guide_commands import COMPLETE_VARIABLE, PROGRAM, SHELLS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(*words: str) -> list[tuple[str, str]]:
    """Return type and text of what is offered for the last of `words`."""
    *before, last = words
    found = ShellComplete(cli, {}, PROGRAM, COMPLETE_VARIABLE).get_completions(before, last)
    return [(item.type, str(item.value)) for item in found]


def names(*words: str) -> list[str]:
    return [text for kind, text in completed(*words) if kind == "plain"]


def test_commands_and_options_are_offered() -> None:
    assert {"run", "check", "explain", "completion"} <= set(names(""))
    assert names("run", "--confi") == ["--confirm"]
    assert names("completion", "") == list(SHELLS)


def test_the_names_of_environments_are_those_of_the_file_that_would_be_read(folder: Path) -> None:
    assert names("run", "--environment", "") == ["production", "staging", "stub"]
    (folder / "environments.yaml").write_text("mine: {embedded: true}\nyours: {embedded: true}\n")
    assert names("run", "--environment", "") == ["mine", "yours"]
    (folder / "other.yaml").write_text("third: {embedded: true}\n")
    for command in ("run", "plan", "check"):
        assert names(command, "--environments", "other.yaml", "--environment", "th") == ["third"]
    assert names("run", "--confirm", "m") == ["mine"]


@pytest.mark.parametrize("text", ["", "- a list\n", "a: &b\n", "\0"])
def test_a_broken_file_has_no_names_and_says_nothing(folder: Path, text: str) -> None:
    (folder / "environments.yaml").write_text(text)
    assert completed("run", "--environment", "") == []


def test_scenarios_are_offered_by_name_beside_files(folder: Path) -> None:
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "mine.yaml").write_text("name: mine\n")
    assert names("run", "") == [
        *("breakpoint", "demo", "doors", "gate", "known-people", "ladder", "launch", "mine"),
        *("quota", "small-pool", "smoke", "soak", "spike"),
    ]
    assert completed("plan", "mi") == [("file", "mi"), ("plain", "mine")]


def test_codes_of_messages_are_offered() -> None:
    assert names("explain", "file-m") == ["file-missing"]
    assert "timeout/answer" in names("explain", "timeout/")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_text_for_a_shell_asks_the_program_by_its_name(shell: str) -> None:
    ended = CliRunner().invoke(cli, ["completion", shell])
    assert ended.exit_code == 0
    assert f"{COMPLETE_VARIABLE}={shell}_complete" in ended.stdout
    assert "_sessionload_completion" in ended.stdout


def test_another_shell_is_a_mistake() -> None:
    assert CliRunner().invoke(cli, ["completion", "tcsh"]).exit_code == 2


ASK = {
    "bash": """
source ./script
COMP_WORDS=(sessionload run --environment st); COMP_CWORD=3
_sessionload_completion sessionload
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "fish": "source ./script; complete -C 'sessionload run --environment st'",
}


@pytest.mark.parametrize("shell", ASK)
def test_a_shell_that_is_there_completes_a_name(shell: str, folder: Path) -> None:
    """Of these Bash is on every machine; what another one asks for is asked for in its place."""
    program = folder / "bin" / PROGRAM
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m sessionload \"$@\"\n")
    program.chmod(0o755)
    variables = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    script = subprocess.run(
        [PROGRAM, "completion", shell], env=variables, capture_output=True, text=True, check=True
    )
    (folder / "script").write_text(script.stdout)
    if shutil.which(shell):
        command = [shell, "-c", ASK[shell]]
    else:
        variables |= {
            COMPLETE_VARIABLE: f"{shell}_complete",
            "COMP_WORDS": "sessionload run --environment st",
        }
        variables |= {"COMP_CWORD": "st"}
        command = [PROGRAM]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert [line.removeprefix("plain,") for line in done.stdout.split()] == ["staging", "stub"]

"""The image: another user, nothing from the builder's tree but what the wheel is made of, no secret."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

import sessionload

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text()
IGNORED = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text()


class Instruction(NamedTuple):
    """A line of the Dockerfile, with those that continue it."""

    word: str
    rest: str


def instructions() -> list[Instruction]:
    lines = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage, its FROM first."""
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.word == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def sources() -> list[str]:
    """Return what is copied from the tree."""
    copied = [rest.split() for word, rest in instructions() if word == "COPY" and "--from=" not in rest]
    return [source for words in copied for source in words[:-1]]


def test_every_instruction_is_one_that_builders_know() -> None:
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in instructions()} == known


def test_there_is_a_stage_for_wheels_of_which_the_environment_alone_reaches_the_image() -> None:
    wheels, image = stages()
    assert wheels[0].rest.endswith(" AS wheels")
    assert [rest for word, rest in image if word == "COPY"] == [
        "--from=wheels /opt/sessionload /opt/sessionload"
    ]
    assert wheels[0].rest.split()[0] == image[0].rest  # the environment names the interpreter of its base


def test_the_image_runs_as_a_user_by_number_who_is_not_root() -> None:
    """By number, because `runAsNonRoot` of a cluster can check nothing else."""
    image = stages()[-1]
    words = [instruction.word for instruction in image]
    (user,) = [rest for word, rest in image if word == "USER"]
    assert user == "10001:10001"
    assert words.index("USER") > max(place for place, word in enumerate(words) if word in {"RUN", "COPY"})
    assert image[-2:] == [Instruction("ENTRYPOINT", '["sessionload"]'), Instruction("CMD", '["--help"]')]


def test_it_says_how_to_build_this_version() -> None:
    assert f"docker build --tag sessionload:{sessionload.__version__} --file deploy/Dockerfile ." in TEXT


def test_nothing_secret_and_no_other_host_is_named() -> None:
    assert not re.search(r"(?i)key|token|password|secret|https?:|--index-url|--trusted-host", TEXT)


def test_what_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    """All else in the tree is not: reports, virtual environments, files with keys."""
    assert IGNORED.splitlines()[1] == "*"
    taken = [line[1:] for line in IGNORED.splitlines() if line.startswith("!")]
    assert sorted(sources()) == sorted(taken)
    assert not [source for source in sources() if not (ROOT / source).exists()]
    assert any(fnmatch.fnmatch("src/sessionload.egg-info", line) for line in IGNORED.splitlines())


@pytest.mark.long
def test_a_wheel_is_made_from_what_is_copied_and_it_is_whole(tmp_path: Path) -> None:
    """The first command of the image's build, but for the packages of others."""
    source = tmp_path / "source"
    for name in sources():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, symlinks=True, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            shutil.copy(ROOT / name, target)
    (command,) = [rest for word, rest in instructions() if word == "RUN" and " pip wheel " in rest]
    shell = command.replace("python -m pip", f"'{sys.executable}' -m pip").replace("/wheels", "../wheels")
    subprocess.run(["sh", "-euc", f"{shell} --no-deps"], cwd=source, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").iterdir()
    names = set(zipfile.ZipFile(wheel).namelist())
    links = {path.name for path in (ROOT / "src" / "sessionload" / "shipped").iterdir()}
    assert links <= {name.split("/")[2] for name in names if name.startswith("sessionload/shipped/")}
    modules = {path.relative_to(ROOT / "src") for path in (ROOT / "src" / "sessionload").rglob("*.py")}
    assert {path.as_posix() for path in modules if "shipped" not in path.parts} <= names

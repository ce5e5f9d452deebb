"""Whatever becomes of its text, a command writes its files and ends with the exit code of its answer."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from world import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from world import World

BEFORE = ROOT / "tests" / "storage" / "written_before"
VIEWS = {"report.html", "summary.md", "junit.xml", "timeline.csv", "spectrum.hgrm"}


LOCUST = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), "--headless"]


def piped(world: World, program: Sequence[str], pipeline: str, **variables: str) -> int:
    """Run a command as a shell does, `"$@"` in `pipeline`, and return the command's own exit code."""
    script = f"set -o pipefail; {pipeline}; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", script, "sessionload", *program],
        cwd=world.folder,
        env={**world.variables, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    world.printed += [ended.stdout, ended.stderr]
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("pipeline", "variables"),
    [
        ('"$@" | true', {}),
        pytest.param('"$@" 2>&1 | head -1', {}, marks=pytest.mark.long),
        pytest.param('"$@" >/dev/full 2>/dev/full', {}, marks=pytest.mark.long),
        pytest.param('"$@" <&- >&- 2>&-', {}, marks=pytest.mark.long),
        ('"$@" <&- | cat', {"PYTHONIOENCODING": "ascii", "COLUMNS": "0"}),
    ],
)
def test_a_run_is_whole_and_keeps_its_verdict(world: World, pipeline: str, variables: dict[str, str]) -> None:
    """A missed target is exit 1: not 0, and not lost. `head -1` leaves while load goes out."""
    world.stub("missing_key every 10")
    scenario = world.scenario("50/s", "1s", target="contract_violations == 0")
    assert piped(world, world.command("run", scenario, "--out", "out"), pipeline, **variables) == 1
    assert {file.name for file in (world.folder / "out").iterdir()} == {*VIEWS, "result.json", "slices.jsonl"}


@pytest.mark.long
@pytest.mark.parametrize("pipeline", ['"$@" <&- 2>&- | true', '"$@" >/dev/full 2>&1'])
def test_a_run_under_locust_is_whole_and_keeps_its_verdict(world: World, pipeline: str) -> None:
    world.stub("missing_key every 10")
    scenario = world.scenario("50/s", "1s", target="contract_violations == 0")
    assert piped(world, [*LOCUST, "--scenario", scenario, "--out", "out"], pipeline) == 1
    assert {file.name for file in (world.folder / "out").iterdir()} == {*VIEWS, "result.json", "slices.jsonl"}


@pytest.mark.long
def test_a_reader_that_stands_still_holds_nothing_up(world: World) -> None:
    """Standard error is a pipe that is full from the start, and nobody reads it."""
    world.stub()
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    process = world.start("run", world.scenario("50/s", "1s"), "--out", "out", stderr=writer)
    out, _ = process.communicate(timeout=60)
    os.close(writer)
    os.close(reader)
    assert process.returncode == 0
    assert out.startswith("MET")


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("arguments", "code", "files"),
    [
        pytest.param(
            ["check", "--out", "c"],
            0,
            ["c/examination.json", "c/report.html", "c/summary.md", "c/junit.xml"],
            marks=pytest.mark.long,
        ),
        (["check", "--list"], 0, []),
        (["plan", "scenario.yaml"], 0, []),
        (["compare", "a.json", "killed.json", "--out", "c"], 3, ["c/comparison.html", "c/comparison.md"]),
        (["report", "a.json"], 0, ["report.html", "summary.md", "junit.xml"]),
        (["history", "runs"], 0, ["runs/history.html", "runs/history.md"]),
        (["run", "none.yaml"], 2, []),
        (["fly"], 2, []),
        ([], 2, []),
        (["--help"], 0, []),
        (["--version"], 0, []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_no_command_loses_its_files_or_its_exit_code(
    world: World, arguments: list[str], code: int, files: list[str]
) -> None:
    """The reader has gone, and standard error is closed; then both are on a full device."""
    world.environments("http://127.0.0.1:1")
    os.rename(world.folder / world.scenario(), world.folder / "scenario.yaml")  # noqa: PTH104
    shutil.copy(BEFORE / "ended.json", world.folder / "a.json")
    shutil.copy(BEFORE / "killed.json", world.folder / "killed.json")
    (world.folder / "runs" / "a").mkdir(parents=True)
    shutil.copy(BEFORE / "ended.json", world.folder / "runs" / "a" / "result.json")
    assert piped(world, world.command(*arguments), '"$@" 2>&- | true') == code
    assert all((world.folder / file).is_file() for file in files)
    for file in files:
        (world.folder / file).unlink()
    assert piped(world, world.command(*arguments), '"$@" >/dev/full 2>&1') == code
    assert all((world.folder / file).is_file() for file in files)


def limit_address_space() -> None:
    """Leave room for a run and not for the program that draws charts."""
    resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))


def test_where_charts_cannot_be_drawn_the_result_stands(world: World) -> None:
    """It is said before the load, and beside the result: the page is missing, all else is there."""
    world.stub()
    scenario = world.scenario("50/s", "1s")
    ended = world.run("run", scenario, "--out", "out", preexec_fn=limit_address_space)
    assert ended.code == 0
    assert ended.out.startswith("MET")
    files = {file.name for file in (world.folder / "out").iterdir()}
    assert files == {*VIEWS, "result.json", "slices.jsonl"} - {"report.html"}
    warnings = [line for line in ended.err.splitlines() if "[view-failed]" in line]
    assert len(warnings) == 2
    assert ended.err.index("[view-failed]") < ended.err.index("preflight of here passed")


@pytest.mark.long
def test_python_without_docstrings_gets_all_of_the_report(world: World) -> None:
    world.stub()
    variables = {**world.variables, "PYTHONOPTIMIZE": "2"}
    ended = world.run("run", world.scenario("50/s", "1s"), "--out", "out", env=variables)
    assert ended.code == 0
    assert "view-failed" not in ended.err
    assert (world.folder / "out" / "report.html").is_file()


@pytest.mark.variation
def test_a_user_without_a_home_gets_all_of_the_report(world: World) -> None:
    """Such as the user of a container: no HOME, and no entry in the password file."""
    world.stub()
    homeless = """
import pwd, runpy
def getpwuid(number):
    raise KeyError(number)
pwd.getpwuid = getpwuid
runpy.run_module("sessionload", run_name="__main__")
"""
    ended = world.run(
        program=[sys.executable, "-c", homeless, "run", world.scenario("50/s", "1s"), "--out", "out"],
        env={name: value for name, value in world.variables.items() if name != "HOME"},
    )
    assert ended.code == 0
    assert "view-failed" not in ended.err
    assert (world.folder / "out" / "report.html").is_file()

"""No process of ours imports what lies in the folder where a command is typed: it would get the API key."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest
from world import ENVIRONMENTS, FAST, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import World

STDLIB = {*sys.stdlib_module_names, *(name.partition(".")[0] for name in sys.builtin_module_names)}
INSTALLED = {name for name in packages_distributions() if name.isidentifier()}
"""With the standard library, every top-level name that any of our processes can import."""
EXECUTED = "executed.txt"
"""A hostile file writes its name here, and then stands in for the module that was meant."""
HOSTILE = """\
with open({file!r}, "a") as file:
    file.write({name!r} + "\\n")
"""
ENTRY = {
    "sessionload": "from sessionload.cli.cli import main",
    "locust": "from locust.main import main",
    "pytest": "from pytest import console_main as main",
}


@pytest.fixture
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Console scripts as an installer writes them: the folder of the script is first on the module path."""
    folder = tmp_path_factory.mktemp("bin")
    for name, line in ENTRY.items():
        (folder / name).write_text(f"import sys\n{line}\nif __name__ == '__main__':\n    sys.exit(main())\n")
    return folder


def imported_by_python_itself(folder: Path) -> set[str]:
    """What `python -m` imports before the first line of a program: out of any program's reach."""
    (folder / "probe.py").write_text("import sys\nprint(*sys.modules)\n")
    printed = subprocess.check_output([sys.executable, "-m", "probe"], cwd=folder, text=True)
    return {name.partition(".")[0] for name in printed.split()}


@pytest.fixture
def hostile(world: World) -> World:
    """A folder to work in that has a file or a package for every module that there is."""
    assert {"csv", "platform", "statistics"} < STDLIB
    assert {"locust", "gevent", "sessionload", "vl_convert", "schemathesis"} < INSTALLED
    for name in STDLIB:
        code = HOSTILE.format(file=str(world.folder / EXECUTED), name=name)
        (world.folder / f"{name}.py").write_text(code)
    for name in INSTALLED - STDLIB:
        (world.folder / name).mkdir(exist_ok=True)
        code = HOSTILE.format(file=str(world.folder / EXECUTED), name=name)
        (world.folder / name / "__init__.py").write_text(code)
    return world


def executed(world: World) -> list[str]:
    file = world.folder / EXECUTED
    return file.read_text().split() if file.exists() else []


@pytest.fixture
def command_in(hostile: World, scripts: Path) -> Callable[..., None]:
    """Run a command: nothing hostile is executed, and it ends as it should.

    Before any line of ours, `python -m` looks in the current folder for the program and for what it needs to
    find it; those names are left out there.
    """
    hostile.environments(hostile.stub().url, ENVIRONMENTS + "own: {{embedded: true}}\n")
    (hostile.folder / "schemathesis.toml").write_text("broken = [")
    found_first = imported_by_python_itself(scripts) | {"sessionload"}
    assert "csv" not in found_first

    def run(*options: str, code: int = 0, module: bool = False) -> None:
        program = [sys.executable, str(scripts / "sessionload")]
        if module:
            for name in found_first:
                shutil.rmtree(hostile.folder / name, ignore_errors=True)
                (hostile.folder / f"{name}.py").unlink(missing_ok=True)
            program = [sys.executable, "-m", "sessionload"]
        ended = hostile.run(program=[*program, *options])
        assert executed(hostile) == [], options
        assert ended.code == code, ended.out + ended.err

    return run


def test_run_and_stub_import_nothing_from_the_current_folder(
    hostile: World, command_in: Callable[..., None], scripts: Path
) -> None:
    command_in("run", hostile.scenario("20/s", "1s"), "--environment", "own")
    stub = hostile.start(program=[sys.executable, str(scripts / "sessionload"), "stub"])
    assert stub.stdout is not None
    assert stub.stdout.readline().startswith("http://127.0.0.1:")
    stub.send_signal(signal.SIGINT)
    assert hostile.end(stub).code == 0
    assert executed(hostile) == []


def test_check_imports_nothing_from_the_current_folder(command_in: Callable[..., None]) -> None:
    command_in("check", *FAST, module=True)


@pytest.mark.long
@pytest.mark.parametrize("module", [False, True], ids=["console script", "python -m"])
def test_no_command_imports_from_the_current_folder(
    hostile: World, command_in: Callable[..., None], *, module: bool
) -> None:
    scenario = hostile.scenario("20/s", "1s")
    command_in("--version", module=module)
    command_in("plan", scenario, module=module)
    command_in("run", scenario, "--environment", "own", "--out", "base", module=module)
    shutil.copytree(hostile.folder / "base", hostile.folder / "candidate")
    command_in("report", "base", "--format", "html,md,junit,csv,hgrm,png,svg", module=module)
    command_in("compare", "base", "candidate", code=3, module=module)
    command_in("history", ".", "--out", "history", module=module)
    command_in("check", *FAST, "--fuzz", "--max-cases", "4", module=module)


@pytest.mark.variation
def test_locust_f_imports_nothing_from_the_current_folder(hostile: World, scripts: Path) -> None:
    """Locust puts the current folder first on the module path, and executes our file there."""
    hostile.stub()
    (hostile.folder / "locustfile.py").write_text((ROOT / "locustfile.py").read_text())
    options = [
        "-f",
        "locustfile.py",
        "--headless",
        "--scenario",
        hostile.scenario("20/s", "1s"),
        "--out",
        "out",
    ]
    ended = hostile.run(program=[sys.executable, str(scripts / "locust"), *options])
    assert executed(hostile) == []
    assert ended.code == 0, ended.err
    assert (hostile.folder / "out" / "report.html").exists()


@pytest.mark.variation
def test_pytest_contracts_imports_nothing_from_the_current_folder(hostile: World, scripts: Path) -> None:
    hostile.stub()
    options = ["contracts", "--environment", "here", *FAST, "-p", "no:cacheprovider", "-p", "no:locust"]
    ended = hostile.run(program=[sys.executable, str(scripts / "pytest"), *options])
    assert executed(hostile) == []
    assert ended.code == 0, ended.out


@pytest.mark.variation
def test_what_the_user_puts_on_the_module_path_is_still_found(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """PYTHONPATH reaches the generator and the stub: this one replaces `sitecustomize` in each of them."""
    folder = tmp_path_factory.mktemp("path")
    seen = world.folder / "seen.txt"
    code = f"import sys\nopen({str(seen)!r}, 'a').write(' '.join(sys.orig_argv) + '\\n')\n"
    (folder / "sitecustomize.py").write_text(code)
    world.environments("", text="own: {{embedded: true}}\n")
    scenario = world.scenario("20/s", "1s")
    ended = world.run(
        "run", scenario, "--environment", "own", env={**world.variables, "PYTHONPATH": str(folder)}
    )
    assert ended.code == 0, ended.err
    started = seen.read_text()
    assert "sessionload.generator.worker" in started
    assert "sessionload.stub" in started

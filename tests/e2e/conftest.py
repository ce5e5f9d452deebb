"""After each test every byte that was printed or written is searched for the API key."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from world import HERE, ROOT, SUITE, Ended, World

from sessionload.cli.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sessionload.stub.process import StubProcess


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A folder to work in; no stub outlives it and no key was left in it."""
    here = World(tmp_path, f"VF.DM.{secrets.token_hex(12)}.{secrets.token_urlsafe(12)}")
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    try:
        yield here
    finally:
        here.close()
    assert here.leaks() == []


@pytest.fixture
def check(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run `sessionload check` against `here` in this process: the same path as the command, and sooner."""

    def run(*options: str) -> Ended:
        monkeypatch.chdir(world.folder)
        ended = CliRunner().invoke(cli, [*HERE, *options], env=world.variables)
        world.printed += [ended.stdout, ended.stderr]
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.output
        return Ended(world.folder, ended.exit_code, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def agrees() -> Callable[[StubProcess, dict[str, Any]], None]:
    """The stub's ledger and a result's account say the same, and no arrival came twice."""

    def check(stub: StubProcess, result: dict[str, Any]) -> None:
        ledger = stub.ledger()
        arrivals = result["arrivals"]
        assert ledger["arrivals"] == arrivals["sent"]
        assert ledger["repeated"] == []
        assert ledger["without_number"] == 0
        assert ledger["numbers"] == arrivals["sent"]
        assert arrivals["planned"] == arrivals["sent"] + arrivals["unsent"] + arrivals["lost"]
        assert arrivals["sent"] == sum(result["outcomes"].values())

    return check


@pytest.fixture
def call(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run a command in this process: the same code as the program, without its start."""

    def run(*arguments: str, **variables: str) -> Ended:
        monkeypatch.chdir(world.folder)
        env = {**world.variables, "GITHUB_STEP_SUMMARY": "", **variables}
        ended = CliRunner().invoke(cli, arguments, env=env)
        world.printed += [ended.stdout, ended.stderr]
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.output
        return Ended(world.folder, ended.exit_code, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def contracts_by_pytest(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run `pytest contracts` in this process and return the exit code that the command would have."""

    def run(*options: str) -> Ended:
        monkeypatch.chdir(world.folder)
        for name, value in world.variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = pytest.main([*SUITE, "-p", "no:locust", "--import-mode=importlib", *options])
        printed = capsys.readouterr()
        world.printed += [printed.out, printed.err]
        return Ended(world.folder, int(code), printed.out, printed.err)

    return run

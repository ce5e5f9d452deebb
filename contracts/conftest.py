# ruff: noqa: INP001 -- a folder of contracts, which pytest can run as well
"""`pytest contracts --environment NAME`: the cases of `sessionload check`, one test for each.

Cases, requests and judgement are those of the command. The suite is sent once, when the first test asks for
it, and each test looks at its own result. Pytest has exit codes of its own; a refused environment still ends
it with the codes of the command, 2 and 4.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sessionload.cli.check import run_suite
from sessionload.cli.setup_check import CheckOptions, PreparedCheck, prepare_check
from sessionload.config.shipped_files import default_contract, default_environments
from sessionload.errors import SessionloadError
from sessionload.process_limits import forbid_core_dumps

if TYPE_CHECKING:
    from sessionload.suite.suite_report import CaseResult, SuiteReport

PREPARED = pytest.StashKey[PreparedCheck]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `sessionload check` that choose what is sent and how it is judged."""
    group = parser.getgroup("contract", "the contract suite")
    group.addoption("--environment", metavar="NAME", help="an entry of the environments file; else the stub")
    group.addoption("--environments", type=Path, default=default_environments(), metavar="FILE")
    group.addoption("--contract", type=Path, default=default_contract(), metavar="FILE")
    group.addoption("--operation", metavar="ID", help="the operationId, or 'METHOD /path'")
    group.addoption("--confirm", metavar="NAME", help="type the name of a protected environment again")
    group.addoption(
        "--strict-contract", action="store_true", help="what the document does not list is a violation"
    )
    group.addoption("--with-interact", action="store_true", help="take turns too; they are paid for")
    group.addoption("--baseline", type=Path, metavar="FILE", help="a file of accepted deviations")
    group.addoption("--pace", metavar="RATE", help="the most requests per second")


def pytest_configure(config: pytest.Config) -> None:
    """Read and check what the options name, before anything is collected."""
    options = CheckOptions(
        environment=config.getoption("environment"),
        environments=config.getoption("environments"),
        contract=config.getoption("contract"),
        operation=config.getoption("operation"),
        confirmed=config.getoption("confirm"),
        strict=config.getoption("strict_contract"),
        with_interact=config.getoption("with_interact"),
        baseline=config.getoption("baseline"),
        pace=config.getoption("pace"),
    )
    forbid_core_dumps()
    try:
        config.stash[PREPARED] = prepare_check(options)
    except SessionloadError as error:
        pytest.exit(f"error: {error}", returncode=error.exit_code)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each case and rule, by its name."""
    if "result" in metafunc.fixturenames:
        names = [planned.name for planned in metafunc.config.stash[PREPARED].planned]
        metafunc.parametrize("result", names, ids=names, indirect=True)


@pytest.fixture(scope="session")
def suite_report(request: pytest.FixtureRequest) -> SuiteReport:
    """Return the whole check, sent once."""
    try:
        return run_suite(request.config.stash[PREPARED], lambda _: None)
    except SessionloadError as error:
        pytest.exit(f"error: {error}", returncode=error.exit_code)


@pytest.fixture
def result(request: pytest.FixtureRequest, suite_report: SuiteReport) -> CaseResult:
    """Return the result of one case or rule."""
    return next(result for result in suite_report.results if result.name == request.param)

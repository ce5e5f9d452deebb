"""The fixture `start_session` for any pytest suite: see docs/library.md.

The plugin is loaded wherever sessionload is installed, so it costs and changes nothing where it is not used:
it adds settings for the ini file, no option and no other hook, and imports the rest when a test asks for it.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sessionload.library.session import StartSession

_PREFIX = "sessionload_"
_WORKERS = "PYTEST_XDIST_WORKER_COUNT"
"""The variable in which pytest-xdist says how many processes run tests at once."""
_SETTINGS = {
    "environment": "the entry of the environments file to start sessions in; unset, the embedded stub",
    "environments": "the environments file, seen from the root folder; environments.yaml, or the shipped one",
    "contract": "the OpenAPI document, seen from the root folder; contracts/openapi.yaml, or the shipped one",
    "operation": "the operation that starts a session: its operationId, or 'METHOD /path'",
    "confirm": "the name of a protected environment, typed again",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the settings known, so that an ini file or `-o` may have them."""
    for name, meaning in _SETTINGS.items():
        parser.addini(f"{_PREFIX}{name}", f"start_session: {meaning}", type="string", default="")


@pytest.fixture(scope="session")
def start_session(pytestconfig: pytest.Config) -> Iterator[StartSession]:
    """Start one session for each call; the test fails with the finding if one breaks the contract."""
    from sessionload.config import shipped_files  # noqa: PLC0415 -- only who uses the fixture pays for it
    from sessionload.errors import SessionloadError  # noqa: PLC0415 -- the same
    from sessionload.library.session import SessionSettings, session_starter  # noqa: PLC0415 -- the same

    given = {name: str(pytestconfig.getini(f"{_PREFIX}{name}")) for name in _SETTINGS}
    root = pytestconfig.rootpath

    def file(setting: str, name: Path) -> Path:
        return root / given[setting] if given[setting] else shipped_files.own_or_shipped(name, root)

    settings = SessionSettings(
        file("environments", shipped_files.ENVIRONMENTS),
        file("contract", shipped_files.CONTRACT),
        environment=given["environment"] or None,
        operation=given["operation"] or None,
        confirmed=given["confirm"] or None,
        processes=int(os.environ.get(_WORKERS, "1")),
    )
    with ExitStack() as stack:
        try:
            start = stack.enter_context(session_starter(settings, os.environ))
        except SessionloadError as error:
            pytest.fail(f"start_session: {error}", pytrace=False)
        yield start

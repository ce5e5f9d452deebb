"""What all tests share: Hypothesis profiles, which tests gate coverage, which need a program of the system.

`fast` draws the same few examples each time, so that a test that passed passes again; `thorough` (for
`pytest --hypothesis-profile thorough`) draws many new ones. Neither has a deadline: a busy machine makes an
example slow, not wrong.

A test of a part that has pure modules is marked `pure` by its folder. Of a test marked `sample(n)`, the cases
after the first n are variations; variations are long. A test marked `needs(program)` is left
out where that program is not installed, and the last lines say so.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import container
import pytest
from hypothesis import HealthCheck, settings
from machines import can_be_made
from tests.test_floors import PURE

pytest.register_assert_rewrite("machine_faults")
pytest_plugins = ["real_parts", "pytester"]

settings.register_profile("fast", deadline=None, max_examples=30, derandomize=True)
settings.register_profile(
    "thorough", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fast")

TESTS = Path(__file__).parent
PURE_PARTS = {place.split("/")[0] for place in PURE}
CURES = {
    "check-jsonschema": "pipx install check-jsonschema",
    "chromium": "on Debian: apt-get install chromium",
    "containers": "the right to mount file systems, as root has it",
    "express": "on Debian: apt-get install nodejs node-express",
    "kubernetes-validate": "pipx install kubernetes-validate",
    "nginx": "on Debian: apt-get install nginx-light",
    "namespaces": "only root can make them, and with iproute2; on Debian: apt-get install iproute2",
    "sphinx": "make docs",
}
"""What a test may need, and how to get it."""
LEFT_OUT = pytest.StashKey[dict[str, int]]()
"""How many tests are left out because a program is not installed."""
CASES = pytest.StashKey[Counter[str]]()
"""How many cases of a test with a `sample` have been collected."""


def part_of(path: Path) -> str:
    """Return the part of the system that a test file is about."""
    return path.relative_to(TESTS).parts[0].removeprefix("test_").removesuffix(".py")


@cache
def is_installed(program: str) -> bool:
    """Tell whether a program is on the path, or where Debian puts servers, which not every path has.

    Express is no program, but a package that Node has to find; namespaces and containers are the system's;
    Sphinx is a package, with the theme and the Markdown that the site is made with.
    """
    if program == "sphinx":
        return all(map(find_spec, ("sphinx", "myst_parser", "furo")))
    if program == "containers":
        return container.can_run()
    if program == "namespaces":
        return can_be_made()
    if program == "express":
        asked = ["node", "-e", "require('express')"]
        return is_installed("node") and not subprocess.run(asked, check=False, capture_output=True).returncode
    return any(shutil.which(program, path=path) for path in (None, "/usr/sbin"))


def pytest_itemcollected(item: pytest.Item) -> None:
    if part_of(item.path) in PURE_PARTS:
        item.add_marker("pure")
    sample = item.get_closest_marker("sample")
    if sample is not None:
        cases = item.session.stash.setdefault(CASES, Counter())
        cases[item.nodeid.partition("[")[0]] += 1
        if cases[item.nodeid.partition("[")[0]] > sample.args[0]:
            item.add_marker("variation")
    if item.get_closest_marker("variation") is not None:
        item.add_marker("long")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, once `-m` and `-k` have left out what is not asked for."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    missing: Counter[str] = Counter()
    for item in items:
        needed = {program for mark in item.iter_markers("needs") for program in mark.args}
        lacking = [program for program in CURES if program in needed and not is_installed(program)]
        missing.update(lacking)
        (left if lacking else kept).append(item)
    items[:] = kept
    if left:
        config.hook.pytest_deselected(items=left)
    config.stash[LEFT_OUT] = dict(missing)
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = dict(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no public type for it
    """Take over what a worker left out; all workers collect the same."""
    if hasattr(node, "workeroutput"):
        node.config.stash[LEFT_OUT] = node.workeroutput.get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for program, count in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.line(f"{count} tests left out: they need {program}; {CURES[program]}")

"""The house stands: floors import downwards only, each library has its door, and the core is pure."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "sessionload"

FLOORS = ["words", "measure", "contract", "plan", "judge", "inputs", "view", "edges", "command"]
"""Ground floor first: a module imports from floors below its own, or from its own floor without a circle."""

PURE = FLOORS[: FLOORS.index("edges")]

DOORS = {
    "openapi_schema_validator": ["contract"],
    "jsonschema": ["contract"],
    "referencing": ["contract"],
    "numpy": ["measure/summing", "judge/comparison"],
    "altair": ["view"],
    "vl_convert": ["view"],
    "jinja2": ["view"],
    "markupsafe": ["view"],
    "yaml": ["edges/yaml_text"],
    "requests": ["edges/caller"],
    "schemathesis": ["edges/fuzz"],
    "hypothesis": ["edges/fuzz"],
    "certifi": ["edges/trust"],
    "gevent": [
        "edges/generator",
        "edges/deadlines",
        "edges/line",
        "edges/pacer",
        "edges/roster",
        "edges/swarm",
        "edges/users",
        "edges/yielding",
        "edges/wire",
        "command/locust_door",
    ],
    "locust": ["edges/generator", "edges/users", "command/locust_door"],
    "uvloop": ["edges/stub"],
    "httptools": ["edges/stub", "edges/framing"],
    "rich": ["command/live", "command/check_live"],
    "click": ["command/cli"],
}
"""Where each third-party package may be imported."""

IMPURE = {
    *("asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "queue", "secrets", "select"),
    *("shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
}
"""Standard modules with a clock, a file, a socket, a process or the machine's own state behind them."""

PURE_NAMES = {"pathlib.PurePath", "io.StringIO"}
"""What those modules have all the same that touches nothing."""


def modules() -> Iterator[Path]:
    return (path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_module(name: str) -> Path | None:
    """Return the file of an imported name of ours: the module, or the one that defines the name."""
    for parts in (name.split("."), name.split(".")[:-1]):
        path = SOURCE.joinpath(*parts)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


ALL = list(modules())


def test_every_module_stands_on_a_floor() -> None:
    assert {floor_of(path) for path in ALL} == set(FLOORS)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_module_imports_from_below_only(path: Path) -> None:
    height = FLOORS.index(floor_of(path))
    for name in imports_of(path):
        if name.startswith("sessionload."):
            other = own_module(name)
            assert other is not None, name
            if other.parent != PACKAGE:
                assert FLOORS.index(floor_of(other)) <= height, f"{name_of(path)} reaches up to {name}"


def test_no_floor_has_a_circle() -> None:
    below = {
        path: {other for name in imports_of(path) if (other := own_module(name)) and other in ALL} - {path}
        for path in ALL
    }
    done: set[Path] = set()
    while len(done) < len(ALL):
        ready = {path for path in ALL if path not in done and below[path] <= done}
        assert ready, f"in a circle: {sorted(name_of(path) for path in set(ALL) - done)}"
        done |= ready


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_third_party_package_comes_in_by_its_door(path: Path) -> None:
    for name in imports_of(path):
        package = name.split(".")[0]
        if package != "sessionload" and package not in sys.stdlib_module_names:
            assert package in DOORS, f"{package} has no door"
            doors = DOORS[package]
            assert any(name_of(path) == door or name_of(path).startswith(f"{door}/") for door in doors), (
                f"{name_of(path)} is no door of {package}"
            )


def test_every_door_is_used() -> None:
    used = {name.split(".")[0] for path in ALL for name in imports_of(path)}
    assert set(DOORS) <= used


@pytest.mark.parametrize("path", [path for path in ALL if floor_of(path) in PURE], ids=name_of)
def test_the_core_has_no_clock_file_socket_or_global_state(path: Path) -> None:
    for name in imports_of(path):
        package = name.split(".")[0]
        assert name in PURE_NAMES or package not in IMPURE, f"{name_of(path)} imports {name}"
        assert package != "random" or name in {"random", "random.Random"}
    tree = ast.parse(path.read_text())
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input", "exec", "eval"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random":
            assert node.attr == "Random", f"{name_of(path)} uses the global random state"


def test_nothing_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager"}
    assert not [name_of(path) for path in ALL if path.stem in empty or path.parent.name in empty]


def test_files_stay_small() -> None:
    long = {name_of(path): lines for path in ALL if (lines := len(path.read_text().splitlines())) > 350}
    assert not long, "a noun is missing"

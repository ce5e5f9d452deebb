"""Parts import only from parts before them, each third-party package has its door, and the core is pure."""

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

ORDER = [
    "errors",
    "units",
    "secret",
    "failure_causes",
    "tls_trust",
    "happy_eyeballs",
    "process_limits",
    "metrics",
    "workload",
    "contract",
    "bootstrap",
    "verdict",
    "comparison",
    "capacity",
    "stub",
    "storage",
    "config",
    "suite",
    "report",
    "generator",
    "distribution",
    "library",
    "pytest_plugin",
    "cli",
]
"""The parts in the order in which they may import: from those before them, and themselves."""

PURE = [
    *("errors", "units", "secret", "failure_causes"),
    *("metrics/", "workload/", "contract/", "bootstrap/", "verdict/", "comparison/", "capacity/"),
    *("stub/faults", "stub/fault_time", "stub/turn_faults", "stub/latency", "stub/settings"),
    *(
        "config/binding",
        "config/bundle",
        "config/contract_json",
        "config/document",
        "config/entries",
        "config/environment",
    ),
    *(
        "config/guard",
        "config/arrivals",
        "config/arrival_file",
        "config/scale",
        "config/slo",
        "config/plain_http",
        "config/json_entries",
        "config/load",
        "config/stages",
        "config/mistakes",
        "config/excerpt",
    ),
    *("config/node", "config/other_tools", "config/over_time_targets", "config/reference", "config/run_spec"),
    *("config/scenario", "config/turns", "config/url", "config/user_file", "config/users"),
    *("suite/baseline", "suite/cases/", "suite/curl", "suite/expectation", "suite/suite_report"),
    "report/",
]
"""What has no clock, socket, file or global random state: modules, and packages (with a / at the end).

Run as a script, this file prints them as patterns for `coverage report --include`.
"""

DOORS = {
    "openapi_schema_validator": ["contract/schema/validators"],
    "jsonschema": ["contract/"],
    "referencing": ["contract/schema/schema_rule"],
    "corvus_regex_ecma262": ["contract/schema/ecma_pattern"],
    "msgspec": [
        "capacity/capacity_report",
        "metrics/",
        "distribution/messages",
        "verdict/result",
        "verdict/result_form",
        "verdict/result_numbers",
        "verdict/run_header",
        "verdict/turn_section",
        "verdict/worker_row",
    ],
    "numpy": [
        "metrics/histogram_codec",
        "metrics/sums",
        "metrics/sliding_counts",
        "bootstrap/",
        "comparison/",
    ],
    "vl_convert": ["report/charts/"],
    "jinja2": ["report/template"],
    "markupsafe": ["report/template"],
    "yaml": ["config/yaml_source", "config/contract_yaml"],
    "requests": ["suite/http_client", "suite/transport"],
    "urllib3": ["suite/transport"],
    "schemathesis": ["suite/fuzz"],
    "hypothesis": ["suite/fuzz"],
    "certifi": ["tls_trust"],
    "gevent": [
        "generator/",
        "distribution/",
        "cli/locust_dealt_load",
        "cli/locust_integration",
        "cli/locust_load",
        "cli/locust_runs",
        "cli/locust_work",
    ],
    "locust": [
        "distribution/",
        "generator/worker",
        "generator/locust_users",
        "generator/locust_stats",
        "cli/locust_dealt_load",
        "cli/locust_integration",
        "cli/locust_load",
        "cli/locust_page",
        "cli/locust_roles",
        "cli/locust_runs",
        "cli/locust_work",
    ],
    "pytest": ["pytest_plugin"],
    "zmq": ["distribution/curve_keys", "distribution/secure_sockets"],
    "uvloop": ["stub/__main__"],
    "httptools": ["stub/connection", "generator/http_response"],
    "rich": ["cli/console", "cli/progress", "cli/check_progress"],
    "click": [
        "cli/capacity_command",
        "cli/cli",
        "cli/guide_commands",
        "cli/parameters",
        "cli/worker_commands",
    ],
}
"""Where each third-party package may be imported."""

IMPURE = {
    *("asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "queue", "secrets", "select"),
    *("shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
}
"""Standard modules with a clock, a file, a socket, a process or the machine's own state behind them."""

PURE_NAMES = {
    *("pathlib.PurePath", "io.StringIO", "socket.gaierror"),
    *("ssl.SSLCertVerificationError", "ssl.SSLEOFError", "ssl.SSLError"),
}
"""What those modules have all the same that touches nothing."""


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def part_of(path: Path) -> str:
    return name_of(path).split("/")[0]


def is_in(name: str, places: list[str]) -> bool:
    """Tell whether a module is one of `places`, or in a package that is."""
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


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


ALL = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if name_of(path) not in {"__init__", "__main__"} and not path.is_relative_to(PACKAGE / "shipped")
]  # the two at the top are the version and the command; `shipped` has links to what is no part of the package


def imported(path: Path) -> Iterator[Path]:
    """Yield the modules of ours that a module imports."""
    for name in imports_of(path):
        if name.startswith("sessionload."):
            other = own_module(name)
            assert other is not None, name
            if other != PACKAGE / "__init__.py":
                yield other


def circle_in(below: dict[str, set[str]]) -> set[str]:
    """Return the names that are in a circle, or need one that is; none where all can be put in an order."""
    done: set[str] = set()
    while ready := {name for name in below if name not in done and below[name] - {name} <= done}:
        done |= ready
    return set(below) - done


def test_the_house_has_these_parts_and_no_others() -> None:
    assert {part_of(path) for path in ALL} == set(ORDER)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_module_imports_from_parts_before_its_own(path: Path) -> None:
    for other in imported(path):
        assert ORDER.index(part_of(other)) <= ORDER.index(part_of(path)), (
            f"{name_of(path)} imports {name_of(other)}"
        )


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert not circle_in({name_of(path): {name_of(other) for other in imported(path)} for path in ALL})


def test_no_packages_import_each_other_in_a_circle() -> None:
    """A package inside a part is a package too: `report/model` does not import `report/charts`."""

    def package_of(path: Path) -> str:
        return name_of(path if path.parent == PACKAGE else path.parent)

    below: dict[str, set[str]] = {}
    for path in ALL:
        below.setdefault(package_of(path), set()).update(package_of(other) for other in imported(path))
    assert not circle_in(below)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_third_party_package_comes_in_by_its_door(path: Path) -> None:
    for name in imports_of(path):
        package = name.split(".")[0]
        if package != "sessionload" and package not in sys.stdlib_module_names:
            assert package in DOORS, f"{package} has no door"
            doors = DOORS[package]
            assert is_in(name_of(path), doors), f"{name_of(path)} is no door of {package}"


def test_every_door_is_used() -> None:
    used = {name.split(".")[0] for path in ALL for name in imports_of(path)}
    assert set(DOORS) <= used


@pytest.mark.parametrize("path", [path for path in ALL if is_in(name_of(path), PURE)], ids=name_of)
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


if __name__ == "__main__":
    patterns = (f"*/{PACKAGE.name}/{name}{'*' if name.endswith('/') else '.py'}" for name in PURE)
    sys.stdout.write(",".join(patterns))

"""`pyproject.toml` declares the packages that are imported, and no others."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = packages_distributions()
TYPES_ONLY = {"_typeshed"}
"""What type checkers bring with them, and no program can import."""
OWN = {"sessionload", "tests", "rig", *(path.stem for path in ROOT.glob("tests/shared/*.py"))}


def normal(name: str) -> str:
    """Return a distribution's name as PyPA's specification of names compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_in(requirements: list[str]) -> set[str]:
    matches = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    return {normal(match[0]) for match in matches if match} - {"sessionload"}


REQUIRED = names_in(PROJECT["dependencies"])
EXTRAS = {name: names_in(extra) for name, extra in PROJECT["optional-dependencies"].items()}


def imported_in(*places: str) -> set[str]:
    """Return the distributions that modules below these folders, or these modules, import anywhere."""
    packages = set()
    for place in places:
        for path in [ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                packages |= {name.split(".")[0] for name in names}
    foreign = packages - OWN - TYPES_ONLY - sys.stdlib_module_names
    return {normal(distribution) for package in foreign for distribution in DISTRIBUTIONS[package]}


OPTIONAL = EXTRAS["fuzz"] | EXTRAS["pytest"] | EXTRAS["report"]


def test_the_program_requires_what_it_imports_but_for_the_extras() -> None:
    assert imported_in("src", "locustfile.py") == REQUIRED | OPTIONAL
    assert not REQUIRED & OPTIONAL


def test_the_contract_suite_under_pytest_needs_the_extra_of_that_name_and_nothing_else() -> None:
    assert imported_in("contracts") - REQUIRED == EXTRAS["pytest"]


def test_tests_and_benchmarks_import_only_what_is_declared() -> None:
    declared = REQUIRED.union(*EXTRAS.values())
    assert imported_in("tests", "benchmarks") <= declared


def test_the_versions_that_are_known_to_pass_name_every_declared_distribution() -> None:
    known = names_in((ROOT / "constraints.txt").read_text().splitlines())
    assert REQUIRED.union(*EXTRAS.values()) <= known

"""`from sessionload import ...`: every name is there, typed, and costs nothing before it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sessionload


def imported_by(statement: str) -> set[str]:
    """Return the modules that a new interpreter has after a statement."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(ended.stdout.split())


def test_importing_the_package_imports_nothing_else() -> None:
    modules = imported_by("import sessionload")
    assert {name for name in modules if name.startswith("sessionload")} == {"sessionload"}
    assert {name.split(".")[0] for name in modules} <= {"sessionload", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", ["Scenario", "Contract", "Result"])
def test_a_name_brings_neither_the_load_loop_nor_the_charts(name: str) -> None:
    modules = imported_by(f"from sessionload import {name}")
    assert not {"gevent", "locust", "requests", "vl_convert", "jinja2", "schemathesis"} & modules
    assert not [module for module in modules if module.startswith(("sessionload.cli", "sessionload.report"))]


def test_all_names_are_there_and_those_that_type_checkers_see_are_the_same() -> None:
    source = Path(sessionload.__file__).read_text()
    branch = next(node for node in ast.parse(source).body if isinstance(node, ast.If))
    typed = {
        (alias.name, node.module)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name for name, _ in typed} == {*sessionload.__all__} - {"__version__"}
    for name, module in typed:
        assert getattr(sessionload, name) is getattr(sys.modules[str(module)], name)
    assert {*sessionload.__all__} <= {*dir(sessionload)}


def test_another_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'sessionload' has no attribute 'Scenaro'"):
        sessionload.Scenaro  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError):
        from sessionload import nothing  # type: ignore[attr-defined]  # noqa: F401, PLC0415

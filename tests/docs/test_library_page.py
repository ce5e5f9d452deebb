"""docs/library.md leaves out no public name, no attribute and no setting, and invents none."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import sessionload
from sessionload import pytest_plugin

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text()
SPANS = set(re.findall(r"`([^`\n]+)`", PAGE))
NAMED = {re.split(r"[(\[]", span)[0] for span in SPANS} | {
    span.partition(".")[2].split("(")[0] for span in SPANS
}
CLASSES = [name for name in sessionload.__all__ if inspect.isclass(getattr(sessionload, name))]


def attributes(kind: type) -> set[str]:
    """Return what a class offers by names without an underscore: methods, properties and fields."""
    fields = {name for each in kind.__mro__ for name in getattr(each, "__annotations__", {})}
    slots = {name for name in dir(kind) if not name.startswith("_")}
    return {name for name in fields | slots if not name.startswith("_")}


@pytest.mark.parametrize("name", ["Scenario", "Stage", "Contract", "Judgement", "Result", "StartedSession"])
def test_every_attribute_is_named(name: str) -> None:
    offered = attributes(getattr(sessionload, name))
    assert offered
    assert offered <= NAMED


def test_every_class_is_spoken_of() -> None:
    spoken = set(re.findall(r"\w+", PAGE))
    others = {"Finding": "findings", "Latency": "latency_ms", "Outcome": "outcome", "Target": "targets"}
    assert {others.get(name, name) for name in CLASSES} <= spoken | NAMED


def test_every_setting_has_its_row_and_no_other_has() -> None:
    rows = set(re.findall(r"^\| `(sessionload_\w+)` \|", PAGE, re.MULTILINE))
    assert rows == {f"sessionload_{name}" for name in pytest_plugin._SETTINGS}

"""The text views of known results, letter by letter. `GOLD=write pytest tests/report` writes them again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sessionload.report import csv, hgrm, junit, markdown, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel

GOLD = Path(__file__).with_name("gold")
VIEWS: dict[str, Callable[[ReportModel], str]] = {
    "txt": terminal.render,
    "md": markdown.render,
    "xml": junit.render,
    "csv": csv.render,
    "hgrm": hgrm.render,
}
CASES = [
    *((name, "txt") for name in ("met", "void", "interrupted", "aborted", "never", "queued")),
    *((name, view) for name in ("missed", "empty") for view in VIEWS),
    *(("talks", view) for view in ("txt", "md", "xml", "csv")),
]


@pytest.mark.parametrize(("name", "view"), CASES)
def test_a_view_of_a_known_result_is_known(models: dict[str, ReportModel], name: str, view: str) -> None:
    text = VIEWS[view](models[name])
    file = GOLD / f"{name}.{view}"
    if os.environ.get("GOLD") == "write":
        GOLD.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()


def test_no_gold_file_is_left_over() -> None:
    assert {file.name for file in GOLD.iterdir()} == {f"{name}.{view}" for name, view in CASES}

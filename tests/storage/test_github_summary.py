"""The page of a step of GitHub Actions: what is appended, what is cut, and what is only a warning."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sessionload.storage.github_summary import LARGEST, VARIABLE, append

if TYPE_CHECKING:
    from pathlib import Path


def named(path: Path) -> dict[str, str]:
    return {VARIABLE: str(path), "HOME": "/nowhere"}


@pytest.mark.parametrize("variables", [{}, {VARIABLE: ""}])
def test_without_a_page_nothing_happens(
    tmp_path: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert append("text", variables) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "## A\n\n"), ("", "## A\n\n"), ("# Mine", "# Mine\n## A\n\n"), ("x\n", "x\n\n## A\n\n")],
)
def test_text_is_appended_on_a_line_of_its_own(tmp_path: Path, before: str | None, after: str) -> None:
    page = tmp_path / "page.md"
    if before is not None:
        page.write_text(before)
    assert append("## A\n", named(page)) is None
    assert page.read_text() == after


def test_two_texts_stand_below_each_other(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for text in ("## A\n", "## ä😀\n"):
        assert append(text, named(page)) is None
    assert page.read_text() == "## A\n\n\n## ä😀\n\n"


def test_half_a_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    assert append("a\ud800b", named(tmp_path / "page.md")) is None
    assert (tmp_path / "page.md").read_text() == "a\\ud800b\n"


@pytest.mark.parametrize("used", [0, 1, 1000, LARGEST // 2])
@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("A paragraph.\n\n", "A paragraph.\n\n\n"),
        ("- a line\n", "- a line\n\n"),
        ("no end ", "\n"),
        ("€", "€\n"),
        ("\n\n" + "x" * LARGEST, "x\n"),
    ],
)
def test_what_is_too_long_is_cut_where_a_part_ends_and_says_so(
    tmp_path: Path, used: int, unit: str, end: str
) -> None:
    """The page is as large as it may be, to the last part that has no room."""
    page = tmp_path / "page.md"
    page.write_text("x" * used)
    assert append(unit * (LARGEST // len(unit.encode()) + 1), named(page)) is None
    data = page.read_bytes()
    assert LARGEST - 40 < len(data) <= LARGEST
    assert data[used:].decode().lstrip("\n").startswith("**This is cut: GitHub shows 1 MiB for a step.**")
    assert data.decode().endswith(end)


def test_what_just_fits_is_not_cut(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert append("x" * (LARGEST - 1), named(page)) is None
    assert page.stat().st_size == LARGEST
    assert page.read_bytes() == b"x" * (LARGEST - 1) + b"\n"


@pytest.mark.parametrize("used", [LARGEST - 300, LARGEST, LARGEST + 5])
def test_a_page_that_is_full_is_a_warning_and_stays_as_it_is(tmp_path: Path, used: int) -> None:
    page = tmp_path / "page.md"
    page.write_text("x" * used)
    warning = append("y" * 1000, named(page))
    assert warning is not None
    assert "full" in warning
    assert page.stat().st_size == used


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "not a file"),
        ("pipe", "not a file"),
        ("absent/page.md", "no such file"),
        ("x" * 300, "too long"),
    ],
)
def test_what_cannot_be_written_is_a_warning(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    warning = append("text", named(tmp_path / name))
    assert warning is not None
    assert warning.startswith(f"the summary was not appended to the file of {VARIABLE}: ")
    assert reason in warning


def test_a_disk_that_is_full_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.symlink_to("/dev/full")
    monkeypatch.setattr("pathlib.Path.is_file", lambda _: True)
    warning = append("text", named(page))
    assert warning is not None
    assert "the file cannot be written" in warning

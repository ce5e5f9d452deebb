"""A view that fails, however badly, fails alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from renders import dies, good, hangs, is_silent, large, leaves, prints, raises

from sessionload.cli import views
from sessionload.cli.views import ViewMaker, page_views, write_views
from sessionload.report.views import View
from sessionload.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


SHARED = Path(__file__).parents[1] / "shared"


@pytest.fixture(autouse=True)
def renders_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process that makes views."""
    monkeypatch.setenv("PYTHONPATH", str(SHARED))


@pytest.mark.parametrize(
    ("render", "reason"),
    [
        (raises, "ValueError: line 1 line 2xxx"),
        (dies, "ended by SIGKILL"),
        (leaves, "SystemExit: 7"),
        (is_silent, "said nothing"),
    ],
)
def test_a_view_that_fails_is_an_error_and_the_others_are_written(
    tmp_path: Path, render: Callable[[], Mapping[str, str | bytes]], reason: str
) -> None:
    written = write_views([View("first", good), View("bad", render), View("last", good)], RunFolder(tmp_path))
    (error,) = written.errors
    assert error.code == "view-failed"
    assert "the view bad could not be made" in error.message
    assert reason in error.message
    assert "\n" not in str(error)
    assert len(str(error)) < 500
    assert written.contents == good()
    assert written.files == [tmp_path / "good.txt", tmp_path / "charts" / "good.png"] * 2
    assert (tmp_path / "good.txt").read_text() == "good"


def test_a_view_that_takes_too_long_is_ended_and_the_next_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that hangs is ended after its time; another process makes what comes after it."""
    monkeypatch.setattr(views, "_LONGEST_S", 3.0)
    written = write_views([View("slow", hangs)], RunFolder(tmp_path))
    (error,) = written.errors
    assert "SIGKILL" in error.message
    monkeypatch.setattr(views, "_LONGEST_S", 30.0)
    assert write_views([View("good", good)], RunFolder(tmp_path)).contents == good()


def test_a_machine_without_another_process_is_an_error_for_each_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    written = write_views([View("one", good), View("other", good)], RunFolder(tmp_path))
    assert ["no process could be started" in error.message for error in written.errors] == [True, True]


def test_what_a_drawing_program_prints_is_no_answer(tmp_path: Path) -> None:
    assert write_views([View("loud", prints)], RunFolder(tmp_path)).contents == {"printed.txt": "good"}


def test_no_views_need_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(subprocess, "Popen")
    assert write_views([], RunFolder(tmp_path)).files == []


def test_a_view_that_cannot_be_written_is_an_error_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    pages = page_views("text", {"a.txt": str.upper, "b.txt": str.upper})
    written = write_views(pages, RunFolder(tmp_path))
    assert [error.code for error in written.errors] == ["result-unwritable"]
    assert written.files == [tmp_path / "b.txt"]
    assert (tmp_path / "b.txt").read_text() == "TEXT"


@pytest.mark.parametrize("waits", [True, False], ids=["it has died", "it is making one"])
def test_a_process_that_nobody_waits_for_ends(*, waits: bool) -> None:
    """Its first answer is more than a pipe holds, and the second would take ten minutes."""
    with ViewMaker([View("large", large), View("slow", hangs)]) as maker:
        process = maker._process
        assert process is not None
        if waits:
            process.kill()
            process.wait()
    assert process.poll() is not None


def test_the_process_imports_nothing_from_the_folder_where_a_command_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "csv.py").write_text("raise SystemExit('imported')")
    assert write_views([View("good", good)], RunFolder(tmp_path)).errors == []

"""A view that fails, however badly, fails alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sessionload.cli import views
from sessionload.cli.views import ViewProcess, page_views, write_views
from sessionload.errors import ResultError
from sessionload.report.views import View
from sessionload.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def good() -> Mapping[str, str | bytes]:
    return {"good.txt": "good", "charts/good.png": b"\x00" * 200_000}


def raises() -> Mapping[str, str | bytes]:
    raise ValueError("line 1\nline 2" + "x" * 1000)


def dies() -> Mapping[str, str | bytes]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def leaves() -> Mapping[str, str | bytes]:
    raise SystemExit(7)


def is_silent() -> Mapping[str, str | bytes]:
    os._exit(0)


def hangs() -> Mapping[str, str | bytes]:
    time.sleep(600)
    return {}


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


def test_a_view_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_LONGEST_S", 0.1)
    with pytest.raises(ResultError, match="SIGKILL"):
        ViewProcess(View("slow", hangs)).contents()


def test_a_machine_without_another_process_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(ResultError, match="no process could be started"):
        ViewProcess(View("good", good)).contents()


def test_a_view_that_cannot_be_written_is_an_error_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    pages = page_views("text", {"a.txt": str.upper, "b.txt": str.upper})
    written = write_views(pages, RunFolder(tmp_path))
    assert [error.code for error in written.errors] == ["result-unwritable"]
    assert written.files == [tmp_path / "b.txt"]
    assert (tmp_path / "b.txt").read_text() == "TEXT"


def test_a_view_is_made_for_a_user_without_a_home() -> None:
    """Such as the user of a container: no HOME, and no entry in the password file."""
    script = """
import pwd
def getpwuid(number):
    raise KeyError(number)
pwd.getpwuid = getpwuid
from pathlib import Path
from sessionload.cli.views import ViewProcess
from sessionload.report.views import View
print(ViewProcess(View("home", lambda: {"home": str(Path.home())})).contents()["home"])
"""
    variables = {name: value for name, value in os.environ.items() if name != "HOME"}
    ended = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, check=True)
    assert ended.stdout.strip()


def test_a_view_that_nobody_waits_for_ends() -> None:
    """Its content is more than a pipe holds; the process that wanted it ends without a look at it."""
    script = """
from sessionload.cli.views import ViewProcess
from sessionload.report.views import View
ViewProcess(View("large", lambda: {"large": "x" * 1_000_000}))
"""
    reader, writer = os.pipe()
    with subprocess.Popen([sys.executable, "-c", script], pass_fds=[writer]) as process:
        os.close(writer)
        assert os.read(reader, 1) == b""  # the last process that has the other end has ended
        assert process.wait() == 0
    os.close(reader)

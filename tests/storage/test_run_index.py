"""The runs of a folder: what is one, what is passed over, and what is not there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sessionload.errors import InputError
from sessionload.storage.run_folder import RESULT, SLICES
from sessionload.storage.run_index import runs_of

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, name: str = RESULT) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text("whatever")
    return path


def test_runs_are_found_directly_below_by_what_they_hold(tmp_path: Path) -> None:
    """A check, a folder of folders, an empty one and a file hold no run; nothing is read to know that."""
    whole, killed = put(tmp_path / "b"), put(tmp_path / "a", SLICES)
    put(tmp_path / "check", "examination.json")
    put(tmp_path / "deeper" / "run")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    assert [run.path for run in runs_of(tmp_path)] == [killed, whole]


def test_a_folder_that_is_a_run_is_one_of_its_own(tmp_path: Path) -> None:
    below = put(put(tmp_path) / "below")
    assert [run.path for run in runs_of(tmp_path)] == [tmp_path, below]


def test_a_link_to_a_run_does_not_make_it_two(tmp_path: Path) -> None:
    """The run goes by its own name where that is here, and else by the link's."""
    folder, elsewhere = tmp_path / "folder", put(tmp_path / "elsewhere")
    run = put(folder / "run")
    (folder / "a-latest").symlink_to(run)
    (folder / "a-self").symlink_to(folder)
    (folder / "b-other").symlink_to(elsewhere)
    assert [run.path for run in runs_of(folder)] == [run, folder / "b-other"]


def test_whatever_a_folder_is_called(tmp_path: Path) -> None:
    names = [b"\xff\xfe", b"new\nline", b"<b>", b"-rf", b"%41"]
    for name in names:
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)  # noqa: PTH102 - a name that is no text
        (tmp_path / os.fsdecode(name) / RESULT).write_text("")
    assert {os.fsencode(run.path.name) for run in runs_of(tmp_path)} == set(names)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", "has a result.json or a slices.jsonl"),
        ("absent", "no such file or directory"),
        ("file", "not a directory"),
        ("x" * 300, "file name too long"),
        ("nul\0", "not a name"),
    ],
)
def test_a_folder_without_runs_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        runs_of(tmp_path / name)
    assert caught.value.code == "no-runs"
    assert message in caught.value.message
    assert str(caught.value.place) == str(tmp_path / name)
    assert "reports" in caught.value.hint


def test_a_folder_that_will_not_say_may_hold_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether there is one shows when it is read."""
    (tmp_path / "closed").mkdir()

    def refuse(path: Path, **_: object) -> object:
        raise PermissionError(13, "permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.exists", refuse)
    assert [run.path for run in runs_of(tmp_path)] == [tmp_path, tmp_path / "closed"]

"""Nothing is written over: not a file, not a link, and not what appears while a command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.errors import InputError, ResultError
from sessionload.storage.output_folder import OutputFolder, is_taken, refuse_taken

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("report.html", "summary.md")


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_a_folder_that_has_a_file_of_a_name_to_come_is_refused_and_not_touched(
    tmp_path: Path, kind: str
) -> None:
    taken = tmp_path / "summary.md"
    if kind == "file":
        taken.write_text("mine")
    elif kind == "folder":
        taken.mkdir()
    else:
        taken.symlink_to(tmp_path / ("there" if kind == "link" else "nowhere"))
        (tmp_path / "there").write_text("mine")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError) as caught:
        OutputFolder.create(tmp_path, FILES)
    assert caught.value.code == "output-taken"
    assert caught.value.message == "there is a summary.md already, and nothing is written over"
    assert str(caught.value.place) == str(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_link_that_leads_nowhere_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError) as caught:
        OutputFolder.create(tmp_path / "out", FILES)
    assert caught.value.code == "output-unwritable"
    assert not (tmp_path / "nowhere").exists()


def test_a_name_that_is_taken_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    folder = OutputFolder.create(tmp_path, FILES)
    (tmp_path / "summary.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "report.html").write_text("mine")
    for name in FILES:
        with pytest.raises(ResultError):
            folder.write(name, "ours")
        with pytest.raises(ResultError):
            folder.write_views([(name, "ours")])
    assert (tmp_path / "report.html").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_views_are_made_again_where_they_are_ours(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path, again=True)
    for text in ("one", "two"):
        assert folder.write_views([("charts/a.svg", text)]) == [tmp_path / "charts" / "a.svg"]
        assert (tmp_path / "charts" / "a.svg").read_text() == text


def test_a_view_that_replaces_a_link_leaves_what_the_link_names(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    (tmp_path / "summary.md").symlink_to(tmp_path / "there")
    OutputFolder(tmp_path, again=True).write_views([("summary.md", "ours")])
    assert (tmp_path / "there").read_text() == "mine"
    assert (tmp_path / "summary.md").read_text() == "ours"


def test_a_name_that_no_file_can_have_is_not_taken(tmp_path: Path) -> None:
    assert not is_taken(tmp_path / "a\0b")
    assert not is_taken(tmp_path / ("x" * 300))
    refuse_taken([tmp_path / "a\0b"])

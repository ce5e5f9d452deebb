"""Files are read whole within a limit and written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sessionload.config.contract_files import read_contract
from sessionload.config.read import read_document, read_users
from sessionload.config.user_file import UserFile
from sessionload.errors import InputError, Place, ResultError, SessionloadError
from sessionload.storage.files import Appender, make_folder, read_bytes, read_text, write_new, write_whole
from sessionload.storage.run_folder import RunFolder
from sessionload.storage.run_index import runs_of

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Place("scenario.yaml", 4, 7)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("grüße".encode())
    assert read_bytes(path, 7, "the text") == "grüße".encode()
    assert read_text(path, 7, "the text") == "grüße"
    with pytest.raises(InputError) as caught:
        read_bytes(path, 6, "the text")
    assert (caught.value.code, caught.value.place) == ("file-too-large", Place(str(path)))


def test_a_missing_file_is_answered_with_the_name_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "smoke.yaml").write_text("a: 1")
    for name, hint in (
        ("smok.yaml", f"did you mean {tmp_path / 'smoke.yaml'}?"),
        ("launch.csv", "check the path, or the folder you are in"),
        ("none/smoke.yaml", f"there is no folder {tmp_path / 'none'} either; check the path"),
        ("smoke.yaml/a", f"there is no folder {tmp_path / 'smoke.yaml'} either; check the path"),
    ):
        with pytest.raises(InputError) as caught:
            read_document(tmp_path / name, "the scenario")
        assert (caught.value.code, caught.value.hint) == ("file-missing", hint)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path, "a folder"), (tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "device")):
        with pytest.raises(InputError) as caught:
            read_text(path, 10, "the scenario")
        assert caught.value.code == "file-not-regular"
        assert kind in caught.value.message


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / name, 10, "the scenario")
    assert caught.value.code == "file-unreadable"


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\ntwo \xff\n")
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / "a", 100, "the text")
    assert (caught.value.code, caught.value.place) == ("file-not-utf8", Place(str(tmp_path / "a"), 2))


def test_a_document_knows_its_file_and_its_own_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    assert read_document(path).data == {"a": 1}
    assert read_document(path).file == str(path)
    path.write_text("# " + "x" * 70_000)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert caught.value.code == "yaml-too-large"


def test_a_contract_may_be_larger_than_a_scenario_and_has_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    text = "a: " + "[" * 30 + "]" * 30 + "\n# " + "x" * 70_000
    path.write_text(text)
    data, digest = read_contract(path)
    assert list(data) == ["a"]
    assert digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "column", "ids"),
    [
        ("ann\nbob\n", None, ("ann", "bob")),
        ("ann\r\nbob", None, ("ann", "bob")),
        ("\ufeffann\n", None, ("ann",)),
        ("an n,x\n", None, ("an n,x",)),
        ("name,id\nAnn,1\nBob,2\n", "id", ("1", "2")),
        ("\ufeffid\r\n7\r\n", "id", ("7",)),
        ('id,note\n"a ""b"", c","two\nlines"\nd,\n', "id", ('a "b", c', "d")),
        ("id\u2028\n1\u20282\n", "id\u2028", ("1\u20282",)),
    ],
)
def test_ids_come_from_lines_or_from_a_column(
    tmp_path: Path, text: str, column: str | None, ids: tuple[str, ...]
) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes(text.encode())
    assert tuple(read_users(UserFile(str(path), column, HERE))[0]) == ids


@pytest.mark.parametrize(
    ("text", "column", "code", "line"),
    [
        ("", None, "no-user-ids", 1),
        ("id\n", "id", "no-user-ids", 1),
        ("", "id", "no-such-column", 1),
        ("user\nann\n", "id", "no-such-column", 1),
        ("ann\n\nbob\n", None, "empty-user-id", 2),
        ("ann\n  \n", None, "empty-user-id", 2),
        ("name,id\nAnn,1\nBob\n", "id", "empty-user-id", 3),
        ("id\nann\n\nbob\n", "id", "empty-user-id", 3),
        ('id\n"a"b\n', "id", "bad-csv", 2),
        ('id\n"a\n', "id", "bad-csv", 2),
    ],
)
def test_a_broken_list_of_ids_is_refused_with_its_line(
    tmp_path: Path, text: str, column: str | None, code: str, line: int
) -> None:
    path = tmp_path / "users.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_users(UserFile(str(path), column, HERE))
    assert (caught.value.code, caught.value.place) == (code, Place(str(path), line))
    assert caught.value.hint


def test_a_missing_list_of_ids_is_refused_at_the_place_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_users(UserFile(str(tmp_path / "users.csv"), None, HERE))
    assert (caught.value.code, caught.value.place) == ("file-missing", HERE)


@pytest.mark.parametrize("content", ["grüße\n", b"\x00\xff"])
def test_a_file_is_written_or_replaced_whole(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "result.json"
    for _ in range(2):
        write_whole(path, content)
        assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert names(tmp_path) == ["result.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_when_writing_fails_the_old_file_stays_and_no_part_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "result.json"
    write_whole(path, "old")
    monkeypatch.setattr(os if step == "fsync" else Path, step, no_space)
    with pytest.raises(ResultError) as caught:
        write_whole(path, "new")
    assert caught.value.code == "result-unwritable"
    assert "no space left" in caught.value.message
    assert caught.value.exit_code == 5
    assert names(tmp_path) == ["result.json"]
    assert path.read_text() == "old"


def test_an_interrupted_write_leaves_no_part_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "result.json", "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_replaces_nothing_also_where_a_file_system_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "result.json"
    write_new(path, iter((b"o", b"ne")))
    with pytest.raises(ResultError) as caught:
        write_new(path, "two")
    assert "file exists" in caught.value.message
    assert path.read_text() == "one"
    assert names(tmp_path) == ["result.json"]


KEY = "VF.DM.0123456789abcdef.wxyz"


@pytest.mark.parametrize(
    "use",
    [
        lambda folder: read_text(folder / KEY, 10, "a result"),
        lambda folder: read_text(folder / "x" / KEY, 10, "a result"),
        lambda folder: read_text(folder / KEY / "x", 10, "a result"),
        lambda folder: write_new(folder / KEY / "x", "text"),
        lambda folder: make_folder(folder / "file" / KEY),
        lambda folder: RunFolder.named(folder / KEY).read(),
        lambda folder: runs_of(folder / KEY),
        lambda folder: read_document(folder / KEY),
        lambda folder: read_users(UserFile(str(folder / KEY), None, HERE)),
    ],
)
def test_a_key_that_was_typed_in_place_of_a_file_is_not_shown(
    tmp_path: Path, use: Callable[[Path], object]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / f"{KEY}z").write_text("")  # what is nearest is a key too
    with pytest.raises(SessionloadError) as caught:
        use(tmp_path)
    assert KEY[:14] not in str(caught.value)


def test_a_file_in_no_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ResultError):
        write_whole(tmp_path / "none" / "result.json", "new")
    with pytest.raises(ResultError):
        Appender(tmp_path / "none" / "slices.jsonl")


def test_a_folder_that_cannot_be_pushed_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", no_space)
    write_whole(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"


def test_each_appended_line_can_be_read_at_once_by_others(tmp_path: Path) -> None:
    path = tmp_path / "slices.jsonl"
    path.write_text("zero\n")
    with Appender(path) as appender:
        for count, line in enumerate(("one", "zweï"), 2):
            appender.append(line)
            assert len(path.read_text().splitlines()) == count
        appender.close()
    assert path.read_text() == "zero\none\nzweï\n"


def test_a_full_disk_is_reported_by_every_step_of_appending(monkeypatch: pytest.MonkeyPatch) -> None:
    appender = Appender(Path("/dev/full"))
    with pytest.raises(ResultError) as caught:
        appender.append("line")
    assert caught.value.code == "result-unwritable"
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ResultError):
        appender.close()
    appender.close()


def test_a_folder_is_made_and_tried_out(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "a run"
    make_folder(path)
    make_folder(path)
    assert names(path) == []


def test_a_folder_that_cannot_be_used_is_refused_before_any_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none"), tmp_path / "a\0b"):
        with pytest.raises(InputError) as caught:
            make_folder(path)
        assert caught.value.code == "output-unwritable"
        assert caught.value.hint == "name another folder with --out"
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(InputError, match="no space left"):
        make_folder(tmp_path / "full")
    assert names(tmp_path / "full") == []

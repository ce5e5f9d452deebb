"""Files of keys: written once, for the owner alone, and read only where they belong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sessionload.distribution.curve_keys import MASTER, WORKER, keys_of, new_keys, read_keys, write_keys
from sessionload.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pair_fits_and_no_two_pairs_do(tmp_path: Path) -> None:
    master, worker = (
        read_keys(path, side) for path, side in zip(write_keys(tmp_path / "a"), (MASTER, WORKER), strict=True)
    )
    assert master.other == worker.public
    assert worker.other == master.public
    assert new_keys()[0].secret != new_keys()[0].secret != master.secret


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in write_keys(tmp_path / "keys")] == [0o600, 0o600]


@pytest.mark.parametrize("name", ["master.keys", "worker.keys"])
def test_keys_are_never_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")
    with pytest.raises(InputError) as caught:
        write_keys(tmp_path)
    assert caught.value.code == "keys-taken"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_keys_of_the_other_side_are_refused(tmp_path: Path) -> None:
    master, worker = write_keys(tmp_path)
    for path, side in ((master, WORKER), (worker, MASTER)):
        with pytest.raises(InputError) as caught:
            read_keys(path, side)
        assert caught.value.code == "keys-of-other-side"
        assert f"name the file {side}.keys" in str(caught.value)


@pytest.mark.parametrize(("mode", "refused"), [(0o600, False), (0o640, False), (0o604, True), (0o602, True)])
def test_keys_that_others_may_read_or_change_are_refused(tmp_path: Path, mode: int, *, refused: bool) -> None:
    path, _ = write_keys(tmp_path)
    path.chmod(mode)
    if not refused:
        assert read_keys(path, MASTER).side == MASTER
        return
    with pytest.raises(InputError) as caught:
        read_keys(path, MASTER)
    assert caught.value.code == "keys-open-to-others"


GOOD = {"sessionload": "master", "secret": "6" * 40, "other": "7" * 40}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        json.dumps({**GOOD, "secret": "short"}),
        json.dumps({**GOOD, "other": 7}),
        json.dumps({**GOOD, "secret": "~" * 40}),
        json.dumps({**GOOD, "secret": "é" * 40}),
        json.dumps({name: text for name, text in GOOD.items() if name != "other"}),
    ],
)
def test_what_is_no_file_of_keys_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    assert keys_of(text) is None
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InputError) as caught:
        read_keys(path, MASTER)
    assert caught.value.code == "bad-keys"
    assert GOOD["secret"] not in str(caught.value)


def test_the_secret_is_in_no_repr() -> None:
    keys, _ = new_keys()
    assert repr(keys) == str(keys) == "CurveKeys(master)"

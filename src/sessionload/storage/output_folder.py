"""A folder that a command writes into.

Nothing is written over: a folder in which a file of one of the names to come is there already, a link that
leads nowhere included, is refused before any traffic, and so is a name that is taken meanwhile. Views that a
command makes again of what is in the folder, as `report` and `history` do, replace those that it made before.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from sessionload.errors import InputError, Place
from sessionload.storage.files import add_folder, make_folder, shown, write_new, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class OutputFolder:
    """The files of a command below `path`; with `again`, it replaces the views that it made before."""

    def __init__(self, path: Path, *, again: bool = False) -> None:
        self.path = path
        self._again = again

    @classmethod
    def create(cls, path: Path, files: Iterable[str]) -> Self:
        """Make the folder, and prove that these files can be written into it, over nothing.

        Raises `InputError` (output-taken, output-unwritable).
        """
        refuse_taken(path / file for file in files)
        make_folder(path)
        return cls(path)

    def discard(self) -> None:
        """Remove the folder if nothing was written into it."""
        with suppress(OSError):
            self.path.rmdir()

    def write(self, file: str, content: str | bytes | Iterable[bytes]) -> Path:
        """Write a file that is new, and return its path. Raises `ResultError`."""
        path = self.path / file
        write_new(path, content)
        return path

    def write_views(self, views: Iterable[tuple[str, str | bytes]]) -> list[Path]:
        """Write views, each a file below the folder and its content; return their paths.

        Raises `ResultError`.
        """
        written = []
        for file, content in views:
            path = self.path / file
            if path.parent != self.path:
                add_folder(path.parent)
            (write_whole if self._again else write_new)(path, content)
            written.append(path)
        return written


def refuse_taken(paths: Iterable[Path]) -> None:
    """Raise `InputError` (output-taken) if a file that is to be written is there already."""
    for path in paths:
        if is_taken(path):
            raise InputError(
                "output-taken",
                f"there is a {path.name} already, and nothing is written over",
                place=Place(shown(path.parent)),
                hint="name another with --out, or move it away",
            )


def is_taken(path: Path) -> bool:
    """Whether something has this name, a link that leads nowhere included."""
    return os.path.lexists(path)  # false, too, where no file can have this name: writing it says why

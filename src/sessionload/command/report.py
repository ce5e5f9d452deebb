"""`sessionload report`: the views again, from what a run left on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.edges.folder import FORMATS, RunFolder
from sessionload.words.errors import InputError, Place, nearest

if TYPE_CHECKING:
    from pathlib import Path


def report(folder: Path, formats: str) -> list[Path]:
    """Write the views of the run in `folder` and return their files. Raises `SessionloadError`."""
    names = [name.strip() for name in formats.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(
                "unknown-format",
                f"there is no format '{name}'",
                place=Place("--format"),
                hint=nearest(name, FORMATS),
            )
    run = RunFolder(folder)
    return run.write_views(run.read(), names)

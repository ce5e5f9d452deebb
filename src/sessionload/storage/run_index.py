"""The runs of a folder: those in the folders directly below it, and the folder itself if it is one.

A folder without a run is passed over, and one with a broken run is not. Finding runs looks for names only,
and each is read when it is needed. A link such as `latest` leads to a run that is there already, and does not
count twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place
from sessionload.storage.files import shown
from sessionload.storage.run_folder import RESULT, SLICES, RunFolder

if TYPE_CHECKING:
    from pathlib import Path


def runs_of(folder: Path) -> list[RunFolder]:
    """Return the runs of `folder`. Raises `InputError` (no-runs) if there are none."""
    try:
        below = sorted(folder.iterdir(), key=lambda path: (path.is_symlink(), path))
    except (OSError, ValueError) as fault:
        reason = fault.strerror.lower() if isinstance(fault, OSError) and fault.strerror else "not a name"
        raise _none(folder, f"this folder cannot be listed: {reason}") from None
    by_place: dict[Path, RunFolder] = {}
    for path in (folder, *below):
        run = RunFolder(path)
        if run.is_run():
            by_place.setdefault(path.resolve(), run)
    if not by_place:
        raise _none(folder, f"neither this folder nor one directly below it has a {RESULT} or a {SLICES}")
    return list(by_place.values())


def _none(folder: Path, message: str) -> InputError:
    hint = "name the folder that holds the folders of runs, such as reports"
    return InputError("no-runs", message, place=Place(shown(folder)), hint=hint)

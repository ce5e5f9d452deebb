"""The files that come with sessionload, and when they are taken.

A command that is told no file takes the one of that name in the current folder; where there is none it takes
the one that comes with sessionload, and says so. A scenario can be named without a path: `demo`.

`shipped/` holds links to files at the top of the repository, so that each file has one source. A wheel has
copies of what the links lead to.
"""

from __future__ import annotations

import os
from pathlib import Path

import sessionload
from sessionload.errors import InputError, Place, nearest
from sessionload.storage.files import shown

SHIPPED = Path(sessionload.__file__).parent / "shipped"
HERE = Path()
CONTRACT = Path("contracts/openapi.yaml")
ENVIRONMENTS = Path("environments.yaml")
SCENARIOS = Path("scenarios")
_SUFFIX = ".yaml"


def own_or_shipped(name: Path, folder: Path = HERE) -> Path:
    """Return the file `name` of a folder if there is anything of that name, else the file that is shipped."""
    return folder / name if os.path.lexists(folder / name) else SHIPPED / name


def default_contract() -> Path:
    """Return the OpenAPI document of a command that is told none."""
    return own_or_shipped(CONTRACT)


def default_environments() -> Path:
    """Return the environments file of a command that is told none."""
    return own_or_shipped(ENVIRONMENTS)


def scenario_file(named: Path) -> Path:
    """Return the file of a scenario that was named by its path, or by its name alone.

    Raises `InputError` (unknown-scenario) for a name alone that no scenario has.
    """
    if named.is_file() or len(named.parts) != 1 or named.suffix:
        return named
    path = own_or_shipped(SCENARIOS / f"{named}{_SUFFIX}")
    if not os.path.lexists(path):
        raise InputError(
            "unknown-scenario",
            "no scenario has this name, and no file either",
            place=Place(shown(named)),
            hint=nearest(str(named), scenario_names()),
        )
    return path


def scenario_names() -> list[str]:
    """Return the names of the scenarios in the current folder and of those that are shipped."""
    folders = (SCENARIOS, SHIPPED / SCENARIOS)
    return sorted({path.stem for folder in folders for path in folder.glob(f"*{_SUFFIX}")})


def name_of(path: Path) -> str:
    """Return how a result names a file: where a shipped one lies on this machine is nobody's business."""
    if not path.is_relative_to(SHIPPED):
        return str(path)
    return f"{path.relative_to(SHIPPED)} (comes with sessionload)"


def shipped_note(*paths: Path) -> str:
    """Return a sentence that names those of `paths` that are shipped; nothing where there are none."""
    names = [str(path.relative_to(SHIPPED)) for path in paths if path.is_relative_to(SHIPPED)]
    if not names:
        return ""
    *others, last = names
    if not others:
        return f"note: this folder has no {last}: the one that comes with sessionload is used"
    return (
        f"note: this folder has no {', '.join(others)} or {last}: those that come with sessionload are used"
    )

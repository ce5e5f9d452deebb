"""What the options that name a run ask for, and the note on files that the current folder does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.cli.console import warn
from sessionload.config.shipped_files import scenario_file, shipped_note

if TYPE_CHECKING:
    from pathlib import Path


def run_request(asked: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return what the options of `run_options` name."""
    from sessionload.config.read import RunRequest  # noqa: PLC0415

    scenario = scenario_file(asked["scenario"])
    tell_shipped(scenario, asked["environments"], asked["contract"])
    return RunRequest(
        scenario=scenario,
        environment=asked["environment"],
        operation=asked["operation"],
        environments=asked["environments"],
        contract=asked["contract"],
        overrides=asked["overrides"],
        scale=asked["scale"],
        labels=asked["labels"],
        confirmed=asked["confirm"],
        with_interact=asked.get("with_interact", False),
    )


def tell_shipped(*paths: Path) -> None:
    """Say which files were not in the current folder, so that a wrong folder is noticed."""
    note = shipped_note(*paths)
    if note:
        warn(note)

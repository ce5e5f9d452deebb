"""`sessionload plan`: what would be sent. No traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.cli.setup_run import prepare_run
from sessionload.generator.worker_process import run_variables
from sessionload.report.model.outline import outline

if TYPE_CHECKING:
    from sessionload.config.read import RunRequest


def plan(request: RunRequest) -> str:
    """Return the plan of a run as text. Raises `InputError`."""
    return outline(prepare_run(request, run_variables()).spec)

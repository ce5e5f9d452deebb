"""`sessionload plan`: what would be sent. No traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.command.opening import open_run
from sessionload.edges.generator_process import run_variables
from sessionload.view.outline import outline

if TYPE_CHECKING:
    from sessionload.edges.briefing import Request


def plan(request: Request) -> str:
    """Return the plan of a run as text. Raises `InputError`."""
    return outline(open_run(request, run_variables()).brief)

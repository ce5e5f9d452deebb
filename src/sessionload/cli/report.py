"""`sessionload report`: the views again, from what a run left on disk.

Law: the result is read once and turned into rows once, so that all views show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.cli.finish_run import add_to_step_summary
from sessionload.errors import InputError, Place, nearest
from sessionload.report import markdown
from sessionload.report.model.build import build_report_model
from sessionload.report.views import FORMATS, rendered
from sessionload.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path


def report(run: Path, formats: str) -> list[Path]:
    """Write the views of a run, its folder or the file of its result, and return their files.

    The Markdown goes to the page of a step of GitHub Actions too, if there is one. Raises
    `SessionloadError`.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(
                "unknown-format",
                f"there is no format '{name}'",
                place=Place("--format"),
                hint=nearest(name, FORMATS),
            )
    folder = RunFolder.named(run)
    model = build_report_model(folder.read())
    written = folder.write_views(rendered(model, names))
    if "md" in names:
        add_to_step_summary(markdown.render(model))
    return written

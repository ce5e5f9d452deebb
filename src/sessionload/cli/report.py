"""`sessionload report`: the views again, from what a run left on disk.

The result is read once and turned into rows once, so that all views show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.cli.baseline import kept_baseline
from sessionload.cli.console import say, warn
from sessionload.cli.finish_run import add_to_step_summary
from sessionload.cli.report_extra import refuse_drawn
from sessionload.cli.setup_run import new_run_folder
from sessionload.cli.views import write_views
from sessionload.errors import InputError, Place, ResultError, nearest
from sessionload.report.model.build import build_report_model
from sessionload.report.views import FORMATS, views
from sessionload.storage.run_folder import BASELINE, RunFolder, recovered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sessionload.verdict.result import Result


def report(runs: Sequence[Path], formats: str, out: Path | None) -> int:
    """Write the views of a run, its folder or the file of its result, and return the exit code.

    Of several folders, those that the workers of one run have kept, a new folder is made with one result.
    Prints the files. The Markdown goes to the page of a step of GitHub Actions too, if there is one. Raises
    `InputError`.
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
    refuse_drawn(names)
    folder, result = _found(runs, out)
    model = build_report_model(result)
    baseline = kept_baseline(result, folder)
    warnings = []
    if baseline is not None:
        model, _ = baseline.compared(model, result)
    elif result.run.baseline is not None:
        warnings.append(
            f"warning: run {result.run.baseline.run} is not here as {BASELINE}: no comparison is shown"
        )
    written = write_views(views(model, names), folder)
    warnings += add_to_step_summary(written, FORMATS["md"].file)
    for path in written.files:
        say(path)
    for warning in (*warnings, *(f"error: {error}" for error in written.errors)):
        warn(warning)
    return ResultError.exit_code if written.errors else 0


def _found(runs: Sequence[Path], out: Path | None) -> tuple[RunFolder, Result]:
    """Return the folder for the views, and the result. Raises `InputError` and `ResultError`."""
    first, *others = runs
    if not others and out is None:
        folder = RunFolder.named(first)
        return folder, folder.read()
    result = recovered(
        [RunFolder(run) for run in runs],
        notes=[f"put together from {len(runs)} folders, because the master was lost"],
    )
    folder = new_run_folder(f"recovered-{result.run.id}", out)
    folder.write_result(result)
    return folder, result

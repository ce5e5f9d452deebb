"""What a failed preflight leaves for a CI server: its JUnit file, and the page of a step of GitHub Actions.

The file is written only where a person named a place: a folder that nobody asked for is left by a run, not by
one that could not begin. The next attempt replaces it, and nothing else. Whatever becomes of either, the exit
code stays that of the preflight.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sessionload.cli.console import warn
from sessionload.errors import InputError, ResultError
from sessionload.report import failed_preflight as views
from sessionload.report.views import FORMATS
from sessionload.storage import github_summary
from sessionload.storage.files import read_at_most, write_new

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sessionload.report.failed_preflight import FailedPreflight

JUNIT = FORMATS["junit"].file


def report_failed_preflight(failed: FailedPreflight, files: Iterable[Path]) -> None:
    """Write JUnit `files`, and append to the page of a step; what cannot be written is a warning."""
    warnings = []
    for file in files:
        try:
            write_new(file, views.junit(failed))
        except ResultError as error:
            warnings.append(str(error))
    warnings.append(github_summary.append(views.markdown(failed), os.environ) or "")
    for warning in filter(None, warnings):
        warn(f"warning: {warning}")


def forget_failed_preflight(file: Path | None) -> None:
    """Remove a JUnit file if it says that an earlier preflight failed, and no other file."""
    if file is None:
        return
    mark = views.MARK.encode()
    with suppress(InputError, OSError):
        if read_at_most(file, len(mark), "the JUnit file").startswith(mark):
            file.unlink()

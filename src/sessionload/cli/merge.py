"""`sessionload merge`: one result from those of several runs, exactly, with the views of a run.

For load from machines that did not know of each other. Everything is read before anything is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sessionload
from sessionload.cli.finish_run import finish_run
from sessionload.cli.setup_run import new_run, new_run_folder
from sessionload.errors import ResultError
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.merge import merge_results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def merge(runs: Sequence[Path], out: Path | None) -> int:
    """Merge runs, their folders or the files of their results, and return the exit code.

    Prints the summary, and the new folder last. The verdict does not change the exit code: like `report`,
    this says what was measured before. Raises `InputError`.
    """
    results = {str(path): RunFolder.named(path).read() for path in runs}
    run_id, _ = new_run()
    result = merge_results(results, run_id=run_id, version=sessionload.__version__)
    ending = finish_run(result, new_run_folder(f"merged-{run_id}", out))
    ending.say()
    return ending.exit_code if ending.exit_code == ResultError.exit_code else 0

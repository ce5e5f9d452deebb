"""From what was measured to what people get: the result, its views, the summary and the exit code.

Law: the result is written first and the views after it; if it cannot be written where it should
be, it is kept where it can, and the exit code says so.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.command.live import show
from sessionload.edges.folder import FORMATS, RunFolder
from sessionload.judge.verdict import State
from sessionload.view import terminal
from sessionload.view.figures import prepare
from sessionload.words.errors import ResultError

if TYPE_CHECKING:
    from sessionload.judge.result import Result

_EXIT_CODES = {State.MET: 0, State.MISSED: 1, State.VOID: 3}


def exit_code_of(result: Result) -> int:
    """Return the exit code that says what `result` says."""
    number = signal.Signals.__members__.get(result.run.interrupted or "")
    if number is not None:
        return 128 + number.value
    return _EXIT_CODES[result.verdict.state]


def close_run(result: Result, folder: RunFolder) -> None:
    """Print the summary, write the result and its views, and print the folder. Raises `ResultError`."""
    show(terminal.render(prepare(result)))
    try:
        folder.write_result(result)
        folder.write_views(result, FORMATS)
    except ResultError:
        spare = RunFolder(Path(tempfile.mkdtemp(prefix="sessionload-")))
        spare.write_result(result)
        print(f"the result is kept in {spare.path}", file=sys.stderr)  # noqa: T201
        raise
    print(folder.path, flush=True)  # noqa: T201

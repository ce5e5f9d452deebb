"""What a check shows on standard error while it goes on: a line for each result, as it comes.

A terminal gets colors and a bar below the lines; anything else gets plain lines. The name of a case may look
like markup, so nothing is parsed as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessionload.cli.console import ProgressStream, console_on
from sessionload.report.model.text_layout import COLUMNS
from sessionload.report.suite.model import case_row
from sessionload.report.suite.terminal import line

if TYPE_CHECKING:
    from sessionload.report.suite.model import CaseRow
    from sessionload.suite.suite_report import CaseResult

_COLORS = {"met": "green", "missed": "bold red", "void": "magenta", "open": "dim"}


class CheckProgress:
    """Shows each result as it comes. A context manager; `quiet` shows nothing."""

    def __init__(self, total: int, *, strict: bool, quiet: bool = False) -> None:
        self._total = total
        self._strict = strict
        self._quiet = quiet
        self._done = 0
        self._stream = ProgressStream()
        self._console = console_on(self._stream)
        self._columns = min(COLUMNS, self._console.width) if self._console.is_terminal else COLUMNS
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._live = Live(
                self._bar(""),
                console=self._console,
                transient=True,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._stream.close()

    def update(self, result: CaseResult) -> None:
        """Show a result."""
        self._done += 1
        if self._quiet:
            return
        row = case_row(result, strict=self._strict)
        self._console.print(_colored(row, self._columns), soft_wrap=True)
        if self._live is not None:
            self._live.update(self._bar(row.name), refresh=True)

    def _bar(self, name: str) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(
            ProgressBar(total=self._total, completed=self._done, width=40),
            Text(f"{self._done} of {self._total}"),
            Text(name),
        )
        return grid


def _colored(row: CaseRow, columns: int) -> Text:
    text = Text(line(row, columns))
    text.stylize(_COLORS[row.tone], 0, len(row.verdict))
    return text

"""What a run shows: progress on standard error while it goes on, and its summary at the end.

Law: a terminal gets a panel that redraws itself, anything else gets a plain line every few seconds, and
neither is ever mixed into the summary, which alone is on standard output. Idea: rich draws, the view
says what. Trap: the panel must be taken down before anything else is printed, also when the run ends badly.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessionload.report.model.progress import RECENT, Snapshot, snapshot

if TYPE_CHECKING:
    from sessionload.metrics.delta import Delta, RunTotals
    from sessionload.verdict.run_header import RunHeader

_LINE_EVERY_S = 5.0
_GOOD, _BAD, _OPEN = "bold green", "bold red", "bold magenta"
_VERDICTS = {
    "MET": _GOOD,
    "MISSED": _BAD,
    "VOID": _OPEN,
    "KEPT": _GOOD,
    "VIOLATED": _BAD,
    "INCOMPLETE": _OPEN,
    "SLOWER": _BAD,
    "NOT SLOWER": _GOOD,
    "CANNOT SAY": _OPEN,
    "WITHIN": _GOOD,
    "OPEN": _OPEN,
}
"""The words that begin a line of a summary: of a run, a check and a comparison."""


class Progress:
    """Shows a run's progress. A context manager; `quiet` shows nothing."""

    def __init__(self, header: RunHeader, *, quiet: bool = False) -> None:
        self._header = header
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._recent: deque[Delta] = deque(maxlen=RECENT)
        self._live: Live | None = None
        self._next_line = time.monotonic() + _LINE_EVERY_S

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._live = Live(console=self._console, transient=True, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, totals: RunTotals, delta: Delta) -> None:
        """Show where the run stands after `delta`."""
        self._recent.append(delta)
        if self._quiet:
            return
        if self._live is not None:
            self._live.update(
                _panel(self._header, snapshot(self._header, totals, self._recent)), refresh=True
            )
        elif time.monotonic() >= self._next_line:
            self._next_line += _LINE_EVERY_S
            print(snapshot(self._header, totals, self._recent).line(), file=sys.stderr, flush=True)  # noqa: T201

    def say(self, text: str) -> None:
        """Print a line above the panel, or in the log."""
        if not self._quiet:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def show(text: str) -> None:
    """Print a summary on standard output, its verdicts in color where that is wanted."""
    console = Console(soft_wrap=True, highlight=False)
    summary = Text(text)
    for word, style in _VERDICTS.items():
        summary.highlight_regex(rf"(?m)^ *{word}\b", style)
    console.print(summary)


def _panel(header: RunHeader, now: Snapshot) -> Panel:
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(4):
        grid.add_column()
    grid.add_row(
        f"[bold]{now.elapsed}[/] of {now.length}",
        f"sent [bold]{now.sent}[/] of {now.planned}",
        f"[bold]{now.achieved}[/] of {now.wanted}",
        f"in flight [bold]{now.in_flight}[/]",
    )
    grid.add_row(
        f"p50 [bold]{now.p50}[/]  p95 [bold]{now.p95}[/]",
        f"p99 [bold]{now.p99}[/]",
        f"errors {_alarm(now.errors)}",
        f"violations {_alarm(now.violations)}",
    )
    body = Table.grid(expand=True)
    body.add_row(ProgressBar(total=1.0, completed=now.share_done))
    body.add_row(grid)
    title = f"{header.scenario['name']} · {header.environment['name']} · {now.stage}"
    return Panel(body, title=title, title_align="left", border_style="cyan")


def _alarm(count: str) -> str:
    return f"[bold]{count}[/]" if count == "0" else f"[bold red]{count}[/]"

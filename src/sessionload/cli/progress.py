"""What a run shows on standard error while it goes on.

A terminal gets a panel that redraws itself; anything else gets a plain line every few seconds. Progress
cannot hold a run up or end it: it is written by a thread of its own, and a panel that cannot be drawn is left
out.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessionload.cli.console import ProgressStream, console_on
from sessionload.report.model.progress import RECENT, Snapshot, snapshot

if TYPE_CHECKING:
    from sessionload.metrics.delta import Delta
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.verdict.run_header import RunHeader

_LINE_EVERY_S = 5.0


class Progress:
    """Shows a run's progress. A context manager; `quiet` shows nothing."""

    def __init__(self, header: RunHeader, *, workers: int = 1, quiet: bool = False) -> None:
        self._header = header
        self._quiet = quiet
        self._stream = ProgressStream()
        self._console = console_on(self._stream)
        self._recent: deque[Delta] = deque(maxlen=RECENT * max(workers, 1))
        self._live: Live | None = None
        self._next_line = time.monotonic() + _LINE_EVERY_S

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._live = Live(
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

    def update(self, totals: RunTotals, delta: Delta) -> None:
        """Show where the run stands after `delta`."""
        self._recent.append(delta)
        if self._quiet:
            return
        try:
            self._show(totals)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, the run goes on
            self.say(f"no more progress is shown: {type(fault).__name__}")
            self._quiet = True

    def say(self, text: str) -> None:
        """Print a line above the panel, or in the log."""
        if not self._quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Print a line as `say` does, and also when this is quiet."""
        self._console.print(Text(text))

    def _show(self, totals: RunTotals) -> None:
        if self._live is not None:
            now = snapshot(self._header, totals, self._recent)
            self._live.update(_panel(self._header, now), refresh=True)
        elif time.monotonic() >= self._next_line:
            self._next_line += _LINE_EVERY_S
            self.say(snapshot(self._header, totals, self._recent).line())


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
    title = Text(f"{header.scenario['name']} · {header.environment['name']} · {now.stage}")
    return Panel(body, title=title, title_align="left", border_style="cyan")


def _alarm(count: str) -> str:
    return f"[bold]{count}[/]" if count == "0" else f"[bold red]{count}[/]"

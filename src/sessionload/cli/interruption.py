"""Ctrl-C and SIGTERM, at any moment of a run.

Law: a run that is interrupted still reports what it measured. Idea: before the load a signal
unwinds at once; during it, the first asks for a drain and the second cuts it short; after it,
there is little left to do and signals are left alone. Trap: a shell starts background jobs with
SIGINT ignored, and Python then installs no handler for it; ours are installed whatever came before.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal came while nothing needed a drain; it stands for KeyboardInterrupt."""


class Interruption:
    """Which signal came first, if any, and what is done about it. A context manager."""

    def __init__(self) -> None:
        self.name: str | None = None
        self._count = 0
        self._unwinding = True
        self._drain: Callable[[], None] | None = None
        self._cut: Callable[[], None] | None = None
        self._before: list[object] = []

    def __enter__(self) -> Self:
        self._before = [signal.signal(number, self._handle) for number in _SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in zip(_SIGNALS, self._before, strict=True):
            signal.signal(number, before)  # type: ignore[arg-type]  # what signal.signal itself returned

    def under_load(self, drain: Callable[[], None], cut: Callable[[], None]) -> None:
        """From now on the first signal calls `drain` and a further one `cut`."""
        self._drain, self._cut = drain, cut
        self._unwinding = False

    def concluding(self) -> None:
        """From now on signals change nothing: what is left to do is short and must be whole."""
        self._drain = self._cut = None
        self._unwinding = False
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal that came first, as shells have it."""
        return 128 + signal.Signals[self.name or "SIGINT"].value

    def _handle(self, number: int, _: FrameType | None) -> None:
        self._count += 1
        self.name = self.name or signal.Signals(number).name
        if self._unwinding:
            self._unwinding = False
            raise Interrupted
        action = self._drain if self._count == 1 else self._cut
        if action is not None:
            action()

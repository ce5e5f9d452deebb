"""Ctrl-C, SIGTERM and a closed terminal, at any moment of a command.

A run that is interrupted still reports what it measured. Before the load a signal unwinds at once. Under load
the first one asks for a drain, a second one cuts it short, and an alarm ends a generator that obeys neither.
From the last delta on signals change nothing: what is left to do is short, and must be complete. A signal
ends the printing of text that nobody reads.

A shell starts background jobs with SIGINT ignored, and Python then installs no handler for it; ours is
installed all the same. `nohup` ignores SIGHUP, and that is what the user wants. Under load Ctrl-Z is ignored:
it would stop the command and not the load, which no target could end then.

A signal in the middle of an import waits until the import is done: an extension module that was loaded half
cannot be loaded again, and what is left to do (a result) may need it.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Self

from sessionload.cli.console import silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What interrupts a command."""
_JOB_CONTROL = (signal.SIGTSTP, signal.SIGTTOU)
"""Ctrl-Z, and what a terminal may send to a background job that writes to it."""
DEFAULT_GRACE_S = 10.0
_IMPORT = "<frozen importlib._bootstrap>"
"""The file name of every frame that imports something."""
_LOOK_AGAIN_S = 0.01
DRAIN_SHARE = 0.7
"""How much of the grace is for what is in flight; the rest is for the report."""


class Interrupted(BaseException):
    """A signal came while nothing needed a drain; it stands for KeyboardInterrupt."""


class _Phase(Enum):
    UNWINDING = auto()
    LOAD = auto()
    CONCLUDING = auto()


class Interruption:
    """Which signal came first, if any, and what is done about it. A context manager.

    `grace_s` is how long an interrupted run may go on, in seconds; it can be set until there is load.
    """

    def __init__(self, grace_s: float = DEFAULT_GRACE_S) -> None:
        self.name: str | None = None
        self.grace_s = grace_s
        self._phase = _Phase.UNWINDING
        self._drain: Callable[[float], None] | None = None
        self._cut: Callable[[], None] | None = None
        self._kill: Callable[[], None] | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        numbers = set(SIGNALS)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            numbers.remove(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._look_again)
        return self

    def __exit__(self, *_: object) -> None:
        if self._phase is _Phase.CONCLUDING:
            return  # until the process ends, a signal must not change its exit code
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what signal.signal itself returned

    def under_load(
        self, drain: Callable[[float], None], cut: Callable[[], None], kill: Callable[[], None]
    ) -> None:
        """From now on the first signal calls `drain`, with its seconds, and a further one `cut`.

        When the grace has passed and the load has not ended, `kill` is called. Raises `Interrupted` for a
        signal that still waits for the end of an import.
        """
        if self.name is not None:
            self._phase = _Phase.CONCLUDING
            raise Interrupted
        for number in _JOB_CONTROL:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, self._time_out)
        self._drain, self._cut, self._kill = drain, cut, kill
        self._phase = _Phase.LOAD

    def between_loads(self) -> None:
        """From now on, until there is load again, a signal unwinds at once."""
        self._phase = _Phase.UNWINDING
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._look_again)

    def concluding(self) -> None:
        """From now on signals change nothing."""
        self._phase = _Phase.CONCLUDING
        signal.setitimer(signal.ITIMER_REAL, 0)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """End what is said within at a signal, and nothing else: all is written by now."""
        self._phase = _Phase.UNWINDING
        try:
            yield
        except Interrupted:
            silence()
        finally:
            self._phase = _Phase.CONCLUDING

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal that came first, as shells have it."""
        return 128 + signal.Signals[self.name or "SIGINT"].value

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._phase is _Phase.CONCLUDING:
            return
        first = self.name is None
        self.name = self.name or signal.Signals(number).name
        if self._phase is _Phase.UNWINDING:
            self._unwind(frame)
        elif first and self._drain is not None:
            signal.setitimer(signal.ITIMER_REAL, self.grace_s)
            self._drain(self.grace_s * DRAIN_SHARE)
        elif self._cut is not None:
            self._cut()

    def _unwind(self, frame: FrameType | None) -> None:
        if _imports(frame):
            signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN_S)
            return
        self._phase = _Phase.CONCLUDING
        raise Interrupted

    def _look_again(self, _: int, frame: FrameType | None) -> None:
        if self._phase is _Phase.UNWINDING:
            self._unwind(frame)

    def _time_out(self, _: int, __: FrameType | None) -> None:
        if self._phase is _Phase.LOAD and self._kill is not None:
            self._kill()


def _imports(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename != _IMPORT:
        frame = frame.f_back
    return frame is not None

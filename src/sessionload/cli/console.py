"""Everything that a command prints, on streams that never fail.

No reader can change a verdict: a closed pipe, a full device, an encoding without `µ` or a descriptor that was
never open loses text and nothing else. `open_streams` comes before anything is printed, by us or by a
library, and replaces both streams, so that Python's own flush at exit cannot fail either.

A reader that is slow is waited for, except by progress: its text is dropped, because load goes out meanwhile.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
import traceback
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, TextIO, cast

from sessionload.report.console_text import console_text

if TYPE_CHECKING:
    from rich.console import Console

_DEFECT = 70
"""The exit code of a defect of the program itself (EX_SOFTWARE of sysexits.h)."""
_SPELL = "sessionload.spell"
_WAITING_TEXTS = 64
"""Progress texts that wait for the terminal; more than these are dropped."""
_LAST_TEXT_S = 1.0
_WIDTHS = range(20, 1001)
"""Widths that `COLUMNS` may ask for; any other one is ignored."""

_GOOD, _BAD, _OPEN = "bold green", "bold red", "bold magenta"
_NARROWEST = 60
"""A narrower terminal breaks the lines of a summary itself."""
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


def open_streams() -> None:
    """Make standard output and standard error streams that never fail, whatever they were.

    A standard descriptor that is closed is opened on the null device, so that no file of ours gets its
    number.
    """
    missing = [number for number in range(3) if not _is_open(number)]
    for number in missing:
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)
    codecs.register_error(_SPELL, _spell)
    sys.stdout, sys.stderr = _lasting(sys.stdout, 1), _lasting(sys.stderr, 2)


def silence() -> None:
    """Drop all that is still to be printed, by us and by Python at exit: nobody waits for it any more."""
    for stream in (sys.stdout, sys.stderr):
        raw = getattr(getattr(stream, "buffer", None), "raw", None)
        if isinstance(raw, _Lasting):
            raw.silent = True


def say(text: object) -> None:
    """Print a line, or several, on standard output."""
    print(text, flush=True)  # noqa: T201


def warn(text: object) -> None:
    """Print a line, or several, on standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def defect() -> int:
    """Print the traceback of the exception that is being handled, and return the exit code of a defect."""
    warn(f"{traceback.format_exc()}error: this is a defect of sessionload")
    return _DEFECT


def show(summary: str) -> None:
    """Print a summary on standard output, its verdicts in color where that is wanted."""
    from rich.text import Text  # noqa: PLC0415 -- `--help` does not need it

    text = Text(summary)
    for word, style in _VERDICTS.items():
        text.highlight_regex(rf"(?m)^ *{word}\b", style)
    console_on(sys.stdout).print(text)
    sys.stdout.flush()


def columns_of_output() -> int:
    """Return how many columns a summary on standard output may take: no more than its terminal has."""
    from sessionload.report.model.text_layout import COLUMNS  # noqa: PLC0415 -- `--help` does not need it

    return max(_NARROWEST, min(COLUMNS, console_on(sys.stdout).width)) if sys.stdout.isatty() else COLUMNS


def console_on(stream: TextIO | ProgressStream) -> Console:
    """Return rich's view of `stream`, in a width that can be drawn. Foreign text goes in as a `Text`."""
    from rich.console import Console  # noqa: PLC0415 -- `--help` does not need it

    columns = os.environ.get("COLUMNS", "")
    usable = columns.isascii() and columns.isdigit() and len(columns) < 5 and int(columns) in _WIDTHS
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS" or usable}
    return Console(file=cast("TextIO", stream), soft_wrap=True, highlight=False, _environ=environ)


class ProgressStream(io.TextIOBase):
    """Standard error for progress: a text that cannot be written at once waits, or is dropped.

    A thread of its own writes. A terminal that was stopped (Ctrl-S) or a pipe that nobody reads must not hold
    up the run: deltas would wait, and no target could end it.
    """

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._stream.flush()
        self._texts: Queue[bytes | None] = Queue(_WAITING_TEXTS)
        self._thread = Thread(target=self._write_all, daemon=True, name="progress")
        self._thread.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in typeshed
        """The encoding of standard error."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether standard error is a terminal."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take a text, to be written as soon as may be."""
        with suppress(Full):
            self._texts.put_nowait(text.encode(self._stream.encoding, _SPELL))
        return len(text)

    def close(self) -> None:
        """Write what waits, and do not wait for that longer than a moment."""
        if self.closed:
            return
        try:
            self._texts.put(None, timeout=_LAST_TEXT_S)
        except Full:
            pass
        else:
            self._thread.join(_LAST_TEXT_S)
        super().close()

    def _write_all(self) -> None:
        # Past Python's buffer: its lock, held by a thread that waits, would end the process with an error.
        buffer = self._stream.buffer
        raw = getattr(buffer, "raw", buffer)
        while (text := self._texts.get()) is not None:
            raw.write(text)


class _Lasting(io.RawIOBase):
    """A descriptor to write to. What it does not take is dropped, and no error is raised."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.silent = False

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 -- bytes of any kind
        rest = memoryview(data).cast("B")
        size = len(rest)
        with suppress(OSError):
            while rest and not self.silent:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:  # another process that shares the file made it so
                    room = select.poll()
                    room.register(self._descriptor, select.POLLOUT)
                    room.poll()
        return size


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _lasting(stream: TextIO | None, number: int) -> TextIO:
    """Return a stream for the descriptor of `stream`; one that Python found closed goes nowhere."""
    if stream is None:  # its number may be another file's by now
        return io.TextIOWrapper(_buffered(os.open(os.devnull, os.O_WRONLY)), "utf-8", _SPELL)
    return io.TextIOWrapper(
        _buffered(number), stream.encoding, _SPELL, line_buffering=number == 2 or stream.isatty()
    )


def _buffered(descriptor: int) -> io.BufferedWriter:
    return io.BufferedWriter(_Lasting(descriptor))


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks by a spelling that it has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return console_text(error.object[error.start : error.end], error.encoding), error.end

"""Views are made and written one by one, each in a process of its own.

A view cannot change a verdict or lose a result. The program that draws charts takes its process with it where
address space or threads are short, so no view is made in the process that has the result; what goes wrong
with one is an error beside the others.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from sessionload.errors import ResultError
from sessionload.report.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sessionload.storage.output_folder import OutputFolder

    Contents = Mapping[str, str | bytes]

Model = TypeVar("Model")

_LONGEST_S = 300.0
_LONGEST_REASON = 200
_CHUNK = 1 << 20


@dataclass(slots=True)
class Written:
    """What became of views: contents by file below the folder, files, and an error for each that failed."""

    contents: dict[str, str | bytes] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    errors: list[ResultError] = field(default_factory=list)


def write_views(views: Iterable[View], folder: OutputFolder) -> Written:
    """Make views and write them into `folder`. One that fails is an error of its own, and the rest go on."""
    written = Written()
    for view in views:
        try:
            contents = ViewProcess(view).contents()
            written.files += folder.write_views(contents.items())
            written.contents.update(contents)
        except ResultError as error:
            written.errors.append(error)
    return written


def page_views(model: Model, pages: Mapping[str, Callable[[Model], str]]) -> list[View]:
    """Return views that are one file each: what renders `model`, by the name of the file."""
    return [View(file, partial(_page, file, render, model)) for file, render in pages.items()]


def _page(file: str, render: Callable[[Model], str], model: Model) -> Contents:
    return {file: render(model)}


class ViewProcess:
    """A process that makes one view. It is a copy of this one, so that nothing is read or imported again."""

    def __init__(self, view: View) -> None:
        """Begin to make `view`."""
        self._format = view.format
        self._reader, writer = os.pipe()
        try:
            self._process_id = os.fork()
        except OSError:  # no more processes, or no memory for one
            self._process_id = -1
        if self._process_id == 0:
            os.close(self._reader)  # else it would never learn that nobody waits for it any more
            _make(view.render, writer)
        os.close(writer)

    def contents(self) -> Contents:
        """Wait for the view and return its contents by file. Raises `ResultError` (view-failed)."""
        if self._process_id < 0:
            os.close(self._reader)
            raise self._failed("no process could be started for it")
        answer = self._answer()
        _, status = os.waitpid(self._process_id, 0)
        if os.WIFSIGNALED(status):
            raise self._failed(f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}")
        contents: Contents
        contents, reason = pickle.loads(answer) if answer else ({}, "its process said nothing")  # noqa: S301
        if reason:
            raise self._failed(reason)
        return contents

    def _answer(self) -> bytes:
        """Return all that the process writes; end it when it takes too long."""
        answer = bytearray()
        ready = select.poll()
        ready.register(self._reader, select.POLLIN)
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end:
            if ready.poll(1000):
                chunk = os.read(self._reader, _CHUNK)
                if not chunk:
                    break
                answer += chunk
        else:
            os.kill(self._process_id, signal.SIGKILL)
        os.close(self._reader)
        return bytes(answer)

    def _failed(self, reason: str) -> ResultError:
        return ResultError(
            "view-failed",
            f"the view {self._format} could not be made: {reason}",
            hint="the result is not touched; 'sessionload report' makes its views again, on any machine",
        )


def _make(render: Callable[[], Contents], writer: int) -> NoReturn:
    """Make a view, write it to a pipe, and end this process without anything that it inherited."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the process that waits for the view decides
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):  # what the drawing program says when it dies, and pipes that others wait for
            os.dup2(null, stream)
        if _is_homeless():
            os.environ["HOME"] = tempfile.gettempdir()  # a library that draws may ask for it
        answer = pickle.dumps((dict(render()), ""))
    except BaseException as fault:  # noqa: BLE001 -- whatever it is, it concerns this view alone
        reason = " ".join(f"{type(fault).__name__}: {fault}".split())[:_LONGEST_REASON]
        answer = pickle.dumps(({}, reason))
    with suppress(BaseException), open(writer, "wb") as pipe:
        pipe.write(answer)
    os._exit(0)


def _is_homeless() -> bool:
    """Whether this user has no home folder, like an id without an entry in the password file."""
    try:
        Path.home()
    except RuntimeError:
        return True
    return False

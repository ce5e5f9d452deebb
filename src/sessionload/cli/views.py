"""Views are made in a process of their own and written one by one.

A view cannot change a verdict or lose a result. The program that draws charts takes its process with it where
address space or threads are short, so no view is made in the process that has the result; what goes wrong
with one is an error beside the others. The process is a new one, not a copy: a copy of a process with threads
may wait for ever for a lock that none of its own threads holds.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

from sessionload.cli.make_views import SIZE
from sessionload.cli.report_extra import divided
from sessionload.errors import ResultError
from sessionload.report.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sessionload.storage.output_folder import OutputFolder

    Contents = Mapping[str, str | bytes]

Model = TypeVar("Model")

_LONGEST_S = 300.0
"""The time for one view."""
_CHUNK = 1 << 20


@dataclass(slots=True)
class Written:
    """What became of views: contents by file below the folder, files, an error for each that failed."""

    contents: dict[str, str | bytes] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    errors: list[ResultError] = field(default_factory=list)
    undrawn: tuple[str, ...] = ()
    """What was not begun, because the program that draws is not installed."""


def write_views(views: Iterable[View], folder: OutputFolder) -> Written:
    """Make views and write them into `folder`. One that fails is an error of its own, and the rest go on."""
    kept, undrawn = divided(views)
    written = Written(undrawn=undrawn)
    with ViewMaker(kept) as maker:
        for contents in maker.results():
            if isinstance(contents, ResultError):
                written.errors.append(contents)
                continue
            try:
                written.files += folder.write_views(contents.items())
                written.contents.update(contents)
            except ResultError as error:
                written.errors.append(error)
    return written


def page_views(
    model: Model, pages: Mapping[str, Callable[[Model], str]], drawn: Collection[str] = ()
) -> list[View]:
    """Return views that are one file each: what renders `model`, by the name of the file.

    Those named in `drawn` have charts.
    """
    return [View(file, partial(_page, file, render, model), file in drawn) for file, render in pages.items()]


def _page(file: str, render: Callable[[Model], str], model: Model) -> Contents:
    return {file: render(model)}


class ViewMaker:
    """Makes views in a process that begins at once. A context manager; the process ends on the way out."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._process = self._start(views)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def results(self) -> Iterator[Contents | ResultError]:
        """Yield the contents of each view by file, or an error (view-failed), in the order of the views."""
        for number, view in enumerate(self._views):
            if self._process is None:
                self._process = self._start(self._views[number:])
            contents: Contents = {}
            if self._process is None:
                reason = "no process could be started for it"
            elif (answer := self._answer()) is None:
                reason = self._end()
            else:
                contents, reason = pickle.loads(answer)  # noqa: S301 -- from our own process
            yield self._failed(view, reason) if reason else contents

    def _start(self, views: Sequence[View]) -> subprocess.Popen[bytes] | None:
        """Return a process that makes `views`; none for no views, and where the machine has none to give."""
        if not views:
            return None
        renders = pickle.dumps([view.render for view in views])
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sessionload.cli.make_views"],  # -P: not from the current folder
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a signal from the terminal is for the process that waits
            )
        except OSError:
            return None
        assert process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with suppress(OSError):  # it has died: that is seen when its answer does not come
            process.stdin.write(renders)
            process.stdin.close()
        return process

    def _answer(self) -> bytes | None:
        """Return the next answer; none when the process ends before it, or takes too long for it."""
        end = time.monotonic() + _LONGEST_S
        head = self._read(SIZE.size, end)
        return None if head is None else self._read(SIZE.unpack(head)[0], end)

    def _read(self, size: int, end: float) -> bytes | None:
        assert self._process is not None  # noqa: S101  # there is one while its answer is read
        assert self._process.stdout is not None  # noqa: S101  # it was opened as a pipe
        descriptor = self._process.stdout.fileno()
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        data = bytearray()
        while len(data) < size:
            if time.monotonic() >= end:
                self._process.kill()
                return None
            if ready.poll(1000):
                chunk = os.read(descriptor, min(size - len(data), _CHUNK))
                if not chunk:
                    return None
                data += chunk
        return bytes(data)

    def _end(self) -> str:
        """End the process, and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return ""
        if process.stdout is not None:
            process.stdout.close()  # it ends by itself when nobody reads any more
        try:
            status = process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if status < 0:
            return f"its process was ended by {signal.Signals(-status).name}"
        return "its process said nothing"

    @staticmethod
    def _failed(view: View, reason: str) -> ResultError:
        return ResultError(
            "view-failed",
            f"the view {view.format} could not be made: {reason}",
            hint="the result is not touched; 'sessionload report' makes its views again, on any machine",
        )

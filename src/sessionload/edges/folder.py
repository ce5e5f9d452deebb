"""The folder of a run: its slices while it goes on, its result and the views of it afterwards.

Law: a result is written whole or not at all, and a run that was killed can still be reported. Idea:
`slices.jsonl` begins with the skeleton of the result and grows by one delta a second, so that it
holds all that `result.json` does, in ASCII, so that it is text wherever it was cut. Trap: nothing
may be written over; a folder that has a result is full.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from sessionload.edges.files import Appender, make_folder, read_text, write_whole
from sessionload.inputs.brief import conclude
from sessionload.judge.result import Result
from sessionload.measure.delta import Delta, Tally
from sessionload.view import junit, markdown, report, tables
from sessionload.view.figures import prepare
from sessionload.words.errors import InputError, Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sessionload.view.rows import Sheet

RESULT = "result.json"
SLICES = "slices.jsonl"
_LONGEST_FILE = 1 << 30


class RunFolder:
    """One run's files below `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._slices: Appender | None = None

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Make the folder, and prove that it can be written to. Raises `InputError`."""
        if (path / RESULT).exists() or (path / SLICES).exists():
            raise InputError(
                "output-taken",
                "there is a run in this folder already",
                place=Place(str(path)),
                hint="name another with --out, or move it away",
            )
        make_folder(path)
        return cls(path)

    def discard(self) -> None:
        """Remove the folder if nothing was written into it."""
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def begin(self, skeleton: Result) -> None:
        """Open the slices with everything that is known before the first arrival. Raises `ResultError`."""
        self._slices = Appender(self.path / SLICES)
        try:
            self._slices.append(_line(skeleton.to_json(), ascii_only=True))
        except ResultError:
            self.end()
            raise

    def append(self, delta: Delta) -> None:
        """Keep a delta on disk, as long as the disk takes it: a full one must not end a run."""
        if self._slices is not None:
            try:
                self._slices.append(_line(delta.to_json(), ascii_only=True))
            except ResultError:
                self.end()

    def end(self) -> None:
        """Close the slices."""
        if self._slices is not None:
            with contextlib.suppress(ResultError):
                self._slices.close()
            self._slices = None

    def write_result(self, result: Result) -> None:
        """Write `result.json`. Raises `ResultError`."""
        self.end()
        members = (f"{_line(name)}: {_lines(value)}" for name, value in result.to_json().items())
        write_whole(self.path / RESULT, "{{\n{}\n}}\n".format(",\n".join(members)))

    def write_views(self, result: Result, formats: Iterable[str]) -> list[Path]:
        """Write the views named and return their files. Raises `ResultError`."""
        sheet = prepare(result)
        written = []
        for name in formats:
            file, render = FORMATS[name]
            write_whole(self.path / file, render(sheet))
            written.append(self.path / file)
        return written

    def read(self) -> Result:
        """Return the result of the run, from its slices if it was killed. Raises `InputError`."""
        path = self.path / RESULT
        if path.exists():
            return Result.from_json(_json(read_text(path, _LONGEST_FILE, "a result"), path), file=str(path))
        if (self.path / SLICES).exists():
            return self._recover()
        raise InputError(
            "no-run",
            f"there is no {RESULT} and no {SLICES} here",
            place=Place(str(self.path)),
            hint="name the folder that 'sessionload run' printed last",
        )

    def _recover(self) -> Result:
        path = self.path / SLICES
        first, *rest = read_text(path, _LONGEST_FILE, "the slices of a run").split("\n")
        skeleton = Result.from_json(_json(first, path), file=str(path))
        tally = Tally()
        for line in rest:
            try:
                tally.add(Delta.from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError):
                break  # the line that was being written when the run was killed
        return conclude(skeleton, tally, interrupted="killed")


FORMATS: dict[str, tuple[str, Callable[[Sheet], str]]] = {
    "html": ("report.html", report.render),
    "md": ("summary.md", markdown.render),
    "junit": ("junit.xml", junit.render),
    "csv": ("timeline.csv", tables.timeline),
    "hgrm": ("spectrum.hgrm", tables.spectrum),
}
"""The views of a result: the file each is written to, and what makes it."""


def _lines(value: object) -> str:
    """Return JSON with one line for each item of a list: a slice is a line, and not one for each number."""
    if isinstance(value, list) and value:
        return "[\n{}\n]".format(",\n".join(_line(item) for item in value))
    return _line(value)


def _line(data: object, *, ascii_only: bool = False) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=ascii_only)


def _json(text: str, path: Path) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise InputError(
            "broken-result", "this is not JSON", place=Place(str(path)), hint="it was cut or edited"
        ) from None

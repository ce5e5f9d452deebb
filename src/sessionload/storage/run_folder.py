"""The folder of a run: its slices while it goes on, its result and the views of it afterwards.

A result is written whole or not at all, and a run that was killed can still be reported: `slices.jsonl`
begins with the header of the run and grows by one delta a second, so that it holds all that `result.json`
does. It is in ASCII, so that it is text wherever it was cut. When the disk takes no more of it, the run goes
on, and says so.

The views of a run can be made again, and then replace those in its folder; beside a result that a person
keeps under another name, nothing is replaced, because the views there may be of another run.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Self

from sessionload.errors import InputError, Place, ResultError
from sessionload.metrics.delta import Delta
from sessionload.metrics.file_form import fault_text, json_text, report_from_json, report_to_json
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.slices import HISTOGRAMS
from sessionload.metrics.spooled_slices import SpooledSlices
from sessionload.storage.files import Appender, read_text, shown
from sessionload.storage.output_folder import OutputFolder
from sessionload.units import duration_text
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.result import Result, before_the_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from sessionload.metrics.worker_events import WorkerEvent
    from sessionload.verdict.run_header import RunHeader

RESULT = "result.json"
SLICES = "slices.jsonl"
BASELINE = "baseline.json"
"""The result of the run that this one was compared with."""
SUITE_REPORT = "examination.json"
"""What a check writes into a folder of its own."""
BELONG_TO_ONE = (RESULT, SLICES, SUITE_REPORT)
"""A folder with one of these belongs to one run or check, and nothing of another goes into it."""
_LONGEST_FILE = 1 << 30
_WORKER = "worker-"
_BESIDE_RESPONSES = frozenset(HISTOGRAMS) - {"valid"}


class RunFolder(OutputFolder):
    """One run's files below `path`; its result has another name where a person keeps it under one."""

    def __init__(self, path: Path, result: str = RESULT) -> None:
        super().__init__(path, again=result == RESULT)
        self._result = path / result
        self._slices: Appender | None = None
        self._kept_bytes = 0
        self.notes: list[str] = []
        """What could not be kept while the run went on, as sentences for its result."""

    @classmethod
    def named(cls, path: Path) -> RunFolder:
        """Return the run that a person means by `path`: its folder, or the file of its result."""
        if not _is_file(path):
            return cls(path)
        return cls(path.parent, RESULT if path.name == SLICES else path.name)

    @classmethod
    def create(cls, path: Path, files: Iterable[str] = ()) -> Self:
        """Make the folder of a run with views in `files`. Raises `InputError` as `OutputFolder` does.

        The folder of a check is none, and neither is that of a run that was killed.
        """
        return super().create(path, (*BELONG_TO_ONE, *files))

    def begin(self, header: RunHeader) -> None:
        """Open the slices with everything that is known before the first arrival. Raises `ResultError`."""
        self._slices = Appender(self.path / SLICES, new=True)
        try:
            self._slices.append(_line(before_the_run(header).to_json(), ascii_only=True))
        except ResultError:
            self.end()
            raise

    def totals(self) -> RunTotals:
        """Return the totals of a run that begins; what has settled is kept in a file without a name."""
        try:
            file = TemporaryFile(dir=self.path, buffering=0)  # noqa: SIM115 - the slices close it
        except OSError:
            return RunTotals()
        return RunTotals(Measurement(SpooledSlices(file)))

    def append(self, delta: Delta | WorkerEvent) -> str | None:
        """Keep a delta or an event on disk, as long as the disk takes it: a full one must not end a run.

        When it takes no more, that is a note, returned once, and nothing more is kept.
        """
        if self._slices is not None:
            try:
                self._slices.append(_line(report_to_json(delta), ascii_only=True))
            except ResultError as error:
                self.end()
                at = f" {duration_text(delta.elapsed_ns)} after the start" if isinstance(delta, Delta) else ""
                note = f"{SLICES} ends{at}, and a kill after that would lose the rest"
                self.notes.append(f"{note}: {error.message}")
                return self.notes[-1]
        return None

    def append_line(self, line: bytes) -> None:
        """Keep a line that a generator has made, while the file is not too long to be read again.

        Raises `ResultError` when the disk takes no more; then nothing more is kept.
        """
        if self._slices is None:
            return
        self._kept_bytes += len(line)
        if self._kept_bytes > _LONGEST_FILE:
            self.end()
            return
        try:
            self._slices.append(line.decode().rstrip("\n"))
        except ResultError:
            self.end()
            raise

    def drop(self) -> None:
        """Remove the slices, and the folder if nothing else is in it."""
        self.end()
        with contextlib.suppress(OSError):
            (self.path / SLICES).unlink()
        self.discard()

    def end(self) -> None:
        """Close the slices."""
        if self._slices is not None:
            with contextlib.suppress(ResultError):
                self._slices.close()
            self._slices = None

    def write_result(self, result: Result) -> None:
        """Write `result.json`, and remove what workers have kept, which is in it. Raises `ResultError`."""
        self.end()
        # Half a surrogate, which UTF-8 cannot hold, becomes its escape, which JSON reads again.
        self.write(RESULT, (text.encode(errors="backslashreplace") for text in _text(result)))
        for worker in self.workers:
            worker.drop()

    def write_baseline(self, result: Result) -> None:
        """Write `baseline.json`: the run that this one is compared with. Raises `ResultError`."""
        self.write(BASELINE, (text.encode(errors="backslashreplace") for text in _text(result)))

    def is_run(self) -> bool:
        """Whether there is a result here, or what a killed run left."""
        return _is_there(self._result) or _is_there(self.path / SLICES)

    def read(self) -> Result:
        """Return the result of the run, from its slices if it was killed. Raises `InputError`."""
        return self._read(_as_it_is)

    def read_responses(self) -> Result:
        """Return the result as `read` does, several times sooner, with response times as its only durations.

        Service times, lag and the response times of what was refused are left out of its slices. Those of a
        run that was killed, or that a target stopped, are whole: they have to be judged again.
        """
        return self._read(_responses_only)

    def _read(self, choose: Callable[[object], object]) -> Result:
        path = self._result
        if _is_there(path):
            data = _json(read_text(path, _LONGEST_FILE, "a result"), path)
            return Result.from_json(choose(data), file=str(path))
        if _is_there(self.path / SLICES):
            return self._recover()
        raise InputError(
            "no-run",
            f"there is no {RESULT} and no {SLICES} here",
            place=Place(shown(self.path)),
            hint="name the folder that 'sessionload run' printed last",
        )

    def _recover(self) -> Result:
        return recovered([self])

    def slices(self) -> tuple[Result, Iterator[Delta | WorkerEvent]]:
        """Return what was known before the first arrival, and each line after it. Raises `InputError`."""
        path = self.path / SLICES
        first, *rest = read_text(path, _LONGEST_FILE, "the slices of a run").split("\n")
        header = Result.from_json(_json(first, path), file=str(path))
        # The last was being written when the run was killed.
        lines = enumerate(rest[:-1], 2)
        return header, (_delta(line, header, Place(shown(path), number)) for number, line in lines)

    def of_worker(self, number: int) -> RunFolder:
        """Return the folder in which a worker of this machine keeps what it measured; numbers are from 1."""
        return RunFolder(self.path / f"{_WORKER}{number}")

    @property
    def kept_bytes(self) -> int:
        """How much the workers of this machine have kept in this folder."""
        with contextlib.suppress(OSError):
            return sum((worker.path / SLICES).stat().st_size for worker in self.workers)
        return 0

    @property
    def has_begun(self) -> bool:
        """Whether there is a whole line in the slices: a worker may have been killed before that."""
        with contextlib.suppress(OSError), (self.path / SLICES).open("rb") as file:
            return file.readline(_LONGEST_FILE).endswith(b"\n")
        return False

    @property
    def workers(self) -> list[RunFolder]:
        """The folders of such workers that are there, in the order of their numbers."""
        with contextlib.suppress(OSError):
            paths = [path for path in self.path.glob(f"{_WORKER}*") if _is_there(path / SLICES)]
            return [RunFolder(path) for path in sorted(paths, key=lambda path: (len(path.name), path.name))]
        return []


def recovered(folders: Sequence[RunFolder], notes: Sequence[str] = ()) -> Result:
    """Return the result of a run that was killed, from its slices and from what its workers have kept.

    What stands in several folders counts once. Raises `InputError`.
    """
    known = [each for folder in folders for each in (folder, *folder.workers)]
    known = [each for each in known if each in folders or each.has_begun]
    totals = RunTotals()
    header: Result | None = None
    for folder in known:
        of_folder, reports = folder.slices()
        header = header or of_folder
        if of_folder.run.id != header.run.id:
            raise InputError(
                "other-run",
                f"this is of run {of_folder.run.id}, and {shown(known[0].path)} of run {header.run.id}",
                place=Place(shown(folder.path)),
                hint="name the folders of one run; results of several runs are for 'sessionload merge'",
            )
        for report in reports:
            totals.add(report)
    assert header is not None  # noqa: S101 - there is a folder
    return finalize_result(header, totals, interrupted="killed", notes=notes)


def _text(result: Result) -> Iterator[str]:
    """Yield the text of a result bit by bit: a slice is a line, and not one for each number."""
    before = "{\n"
    for name, value in result.members():
        yield f"{before}{_line(name)}: "
        yield from _lines(value)
        before = ",\n"
    yield "\n}\n"


def _lines(value: object) -> Iterator[str]:
    if not isinstance(value, list | Iterator):
        yield _line(value)
        return
    before = "[\n"
    for line in map(_line if isinstance(value, list) else json_text, value):
        yield before + line
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def _line(data: object, *, ascii_only: bool = False) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=ascii_only)


def _json(text: str, path: Path) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(
            "broken-result", "this is not JSON", place=Place(shown(path)), hint="it was cut or edited"
        ) from None


def _as_it_is(data: object) -> object:
    return data


def _responses_only(data: object) -> object:
    """Leave out what `read_responses` does. What is no result stays as it is: who reads it says why."""
    match data:
        case {"run": {"aborted_by": None} as run, "slices": list(slices), **rest}:
            return {**rest, "run": run, "slices": [_slimmed(part) for part in slices]}
    return data


def _slimmed(part: object) -> object:
    if not isinstance(part, dict):
        return part
    return {name: value for name, value in part.items() if name not in _BESIDE_RESPONSES}


def _delta(line: str, header: RunHeader, place: Place) -> Delta | WorkerEvent:
    """Return the delta or the event of a line. Raises `InputError` (broken-result)."""
    try:
        delta = report_from_json(json.loads(line))
    except (json.JSONDecodeError, RecursionError):
        reason = "it is not JSON"
    except ValueError as fault:
        reason = fault_text(fault)
    else:
        slices = delta.measurement.slices if isinstance(delta, Delta) else ()
        if all(stage < len(header.stages) for stage, _ in slices):
            return delta
        reason = "a slice is of a stage that there is not"
    hint = "take the file as the run left it, or remove this line and those after it"
    message = f"this is no line that a run has written: {reason}"
    raise InputError("broken-result", message, place=place, hint=hint)


def _is_there(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:
        return True  # the system does not say; reading it shows why


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False

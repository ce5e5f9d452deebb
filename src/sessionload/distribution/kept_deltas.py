"""What a worker has measured, on its own disk until its master has all of it.

A master that is lost takes nothing with it then: `sessionload report` makes a report of what the workers have
kept. The lines are those that go to the master, after the same first line as in the folder of a run. A disk
that takes no more ends no load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.errors import SessionloadError
from sessionload.metrics.worker_events import WorkDealt, event_line
from sessionload.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.run_header import RunHeader
    from sessionload.workload.deal import Part

REPORTS = Path("reports")


class KeptDeltas:
    """The lines of one worker, in a folder that goes when they are not needed any more."""

    def __init__(self, folder: RunFolder, worker: int, tell: Callable[[str], object]) -> None:
        """Keep the lines of a worker in `folder`; `tell(sentence)` hears why nothing more is kept."""
        self._folder = folder
        self._worker = worker
        self._tell = tell

    @classmethod
    def of(
        cls, folder: RunFolder, header: RunHeader, worker: int, tell: Callable[[str], object]
    ) -> KeptDeltas:
        """Make the folder, and begin with what is known before the first arrival."""
        kept = cls(folder, worker, tell)

        def begin() -> None:
            kept._folder = RunFolder.create(folder.path)
            kept._folder.begin(header)

        kept._try(begin)
        return kept

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    def add(self, line: bytes) -> None:
        """Keep a delta."""
        self._try(lambda: self._folder.append_line(line))

    def deal(self, part: Part) -> None:
        """Keep what the worker was dealt."""
        self.add(event_line(WorkDealt(part.first, [(self._worker, part.stripe, part.stripes)])))

    def drop(self) -> None:
        """Remove the folder: the master has everything."""
        self._folder.drop()

    def close(self) -> None:
        """Leave the folder as it is."""
        self._folder.end()

    def _try(self, keep: Callable[[], object]) -> None:
        try:
            keep()
        except SessionloadError as error:
            self._tell(f"what is measured here is not kept on this disk: {error}")

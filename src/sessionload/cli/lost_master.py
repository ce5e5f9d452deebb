"""What is left of a run by local workers when their master was lost: what they have kept on disk themselves.

They notice at once, cut what is in flight and write a last delta; so much is waited for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessionload.errors import InputError

if TYPE_CHECKING:
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.storage.run_folder import RunFolder

LOST = "the master was lost"
_LONGEST_S = 10.0
_QUIET_S = 1.5
"""A worker that writes nothing more for so long has ended, or never will."""


def take_what_workers_kept(folder: RunFolder, totals: RunTotals) -> str:
    """Add what the workers of a run have kept to its totals, once they have ended; return a note on it."""
    _wait_until_quiet(folder)
    before = sum(delta.number + 1 for delta in totals.latest.values())
    for worker in folder.workers:
        try:
            for report in worker.slices()[1]:
                totals.add(report)
        except InputError as error:
            return f"{LOST}, and what a worker has kept cannot be read: {error.message}"
    more = sum(delta.number + 1 for delta in totals.latest.values()) - before
    return f"{LOST}; {more:,} of its workers' reports were found on this disk"


def _wait_until_quiet(folder: RunFolder) -> None:
    end_s = time.monotonic() + _LONGEST_S
    known, since_s = folder.kept_bytes, time.monotonic()
    while time.monotonic() < min(end_s, since_s + _QUIET_S):
        time.sleep(0.1)
        now = folder.kept_bytes
        if now != known:
            known, since_s = now, time.monotonic()

"""Judges responses by the contract and records them.

Each session start that was sent is recorded once, with one outcome. A response is read at once and judged a
little later, up to 64 together: reading is part of a service time, judging is not, and many in a row take
half as long. An exchange that is not judged yet has ended but is not in the measurement, so `flush` judges
all of them first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessionload.contract.response.seen_keys import REPEATED_KEY, SeenKeys
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.named_recorder import NamedRecorder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.contract.contract import Contract
    from sessionload.generator.session_start import SessionStart
    from sessionload.generator.shared_keys import SharedKeys
    from sessionload.metrics.key_repeat import KeyRepeat
    from sessionload.metrics.named_arrivals import NamedArrival

_BATCH = 64
"""How many are judged at once at most: that takes half a millisecond."""
_LONGEST_DELAY_NS = 1_600_000
"""Nothing waits much longer than this to be judged while arrivals follow each other without a pause."""
_PAUSE_NS = 1_000_000
"""As long a time without arrivals is used for judging."""


class Recorder:
    """Judges answers by the contract and records them."""

    def __init__(self, contract: Contract, keys: SeenKeys, shared_keys: SharedKeys | None = None) -> None:
        self._shared_keys = shared_keys
        self._judge = contract.judge
        self._keys = keys
        self._sent_ns: list[int] = []
        self._ended: list[SessionStart] = []
        # A list takes what was sent and what has ended without a call of our own.
        self.on_sent = self._sent_ns.append
        """Counts a session start that is sent at an instant, however it will end."""
        self.on_done = self._ended.append
        """Takes a session start that has ended, with its response."""
        self._judged_ns = 0
        self._measurement = MeasurementRecorder()
        self._named = NamedRecorder()

    def use_pause(self, pause_ns: int) -> None:
        """Judge a batch if enough have ended, if the last batch is long ago, or if the next arrival is."""
        if not self._ended:
            return
        now_ns = time.monotonic_ns()
        waited_ns = now_ns - self._judged_ns
        if len(self._ended) >= _BATCH or pause_ns >= _PAUSE_NS or waited_ns >= _LONGEST_DELAY_NS:
            self._judged_ns = now_ns
            self._judge_batch()

    def flush(self) -> MeasurementRecorder:
        """Judge all that have ended, return what was measured since the last time, and begin again."""
        while self._ended or self._sent_ns:
            self._judge_batch()
        measurement, self._measurement = self._measurement, MeasurementRecorder()
        return measurement

    def named(self, repeats: Iterable[KeyRepeat]) -> list[NamedArrival]:
        """Return the arrivals that are kept one by one, but for those returned before; `flush` first.

        `repeats` are arrivals whose key another worker had before.
        """
        for repeat in repeats:
            self._named.repeat(repeat.exchange(REPEATED_KEY))
        return self._named.take()

    def unsent(self, stage: int, due_ns: int, count: int = 1) -> None:
        """Count arrivals of the second of `due_ns` that are never sent."""
        self._measurement.record_unsent(stage, due_ns, count)

    def gave_up(self, start: SessionStart, lag_ns: int) -> None:
        """Count a session start that waited too long to be sent; `lag_ns` of it because of the generator."""
        self._measurement.record_gave_up(start.stage, start.due_ns, lag_ns)

    def not_due(self, stage: int, second: int, count: int) -> None:
        """Count arrivals of a second that are never sent, because the run is stopped before they are due."""
        self._measurement.record_not_due(stage, second, count)

    def _judge_batch(self) -> None:
        batch = self._ended[:_BATCH]
        del self._ended[:_BATCH]
        measurement = self._measurement
        measurement.record_sent(*self._sent_ns)
        self._sent_ns.clear()
        by_stage: dict[int, list[SessionStart]] = {}
        for start in batch:
            response = start.response
            start.status = response.status
            if response.outcome is not None:
                start.outcome, start.failure = response.outcome, response.failure
            else:
                outcome, failure, key = self._judge(
                    response.status or 0, response.content_type, response.body, response.headers
                )
                if key is not None and not self._keys.first_time(key):
                    outcome, failure = Outcome.CONTRACT_VIOLATION, REPEATED_KEY
                elif key is not None and self._shared_keys is not None:
                    self._shared_keys.add(key, start)
                start.outcome, start.failure = outcome, failure
            by_stage.setdefault(start.stage, []).append(start)
        self._named.record(batch)
        for stage, starts in by_stage.items():
            measurement.record_done(stage, *starts)

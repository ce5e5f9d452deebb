"""The books of a worker: what was sent, and what came of it once it is judged.

Law: each session start that began is recorded once, with one outcome. Idea: an answer is read at once and
judged a little later, some together: reading is what a service time depends on, judging is not, and in a row
it takes half as long. Trap: what is not judged yet has ended, but is not settled: whoever wants to know what
has been measured closes the books first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessionload.contract.seen_keys import REPEATED_KEY, SeenKeys
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement

if TYPE_CHECKING:
    from sessionload.contract.operation import Contract
    from sessionload.generator.session_start import SessionStart

_TOGETHER = 64
"""So many are judged at once at the most: it takes half a millisecond."""
_LONGEST_NS = 1_600_000
"""Nothing waits much longer than this while arrivals follow each other without a pause."""
_PAUSE_NS = 1_000_000
"""As long a time without arrivals is used for judging."""


class Recorder:
    """Judges answers by the contract and records them."""

    def __init__(self, contract: Contract, keys: SeenKeys) -> None:
        self._judge = contract.judge
        self._keys = keys
        self._sent_ns: list[int] = []
        self._ended: list[SessionStart] = []
        # A list takes what was sent and what has ended without a call of our own.
        self.on_sent = self._sent_ns.append
        """Counts a session start that is sent at an instant, apart from how it will end."""
        self.on_done = self._ended.append
        """Takes a session start that has its reply."""
        self._judged_ns = 0
        self._measurement = Measurement()

    def use_pause(self, pause_ns: int) -> None:
        """Judge some if they are many, if it is long ago, or if no arrival is due for long."""
        if not self._ended:
            return
        now_ns = time.monotonic_ns()
        if len(self._ended) >= _TOGETHER or pause_ns >= _PAUSE_NS or now_ns - self._judged_ns >= _LONGEST_NS:
            self._judged_ns = now_ns
            self._judge_some()

    def flush(self) -> Measurement:
        """Judge all that have ended, return what was measured since the last time, and begin again."""
        while self._ended or self._sent_ns:
            self._judge_some()
        measurement, self._measurement = self._measurement, Measurement()
        return measurement

    def unsent(self, stage: int, due_ns: int, count: int = 1) -> None:
        """Count arrivals of the second of `due_ns` that are never sent."""
        self._measurement.record_unsent(stage, due_ns, count)

    def _judge_some(self) -> None:
        some = self._ended[:_TOGETHER]
        del self._ended[:_TOGETHER]
        measurement = self._measurement
        measurement.record_sent(*self._sent_ns)
        self._sent_ns.clear()
        by_stage: dict[int, list[SessionStart]] = {}
        for start in some:
            reply = start.reply
            start.status = reply.status
            if reply.outcome is not None:
                start.outcome, start.failure = reply.outcome, reply.failure
            else:
                outcome, failure, key = self._judge(reply.status or 0, reply.content_type, reply.body)
                if key is not None and not self._keys.first_time(key):
                    outcome, failure = Outcome.CONTRACT_VIOLATION, REPEATED_KEY
                start.outcome, start.failure = outcome, failure
            by_stage.setdefault(start.stage, []).append(start)
        for stage, starts in by_stage.items():
            measurement.record_done(stage, *starts)

"""The arrivals due in one second of one stage, while they are recorded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import ANSWERED, Exchange, Outcome
from sessionload.metrics.histogram_recorder import HistogramRecorder
from sessionload.metrics.raw import RawSlice
from sessionload.metrics.slices import HISTOGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence


class SliceRecorder:
    """Counts and durations of a slice; see `Slice` for what each means."""

    __slots__ = ("_outcomes", "_statuses", "not_due", "unsent", *HISTOGRAMS)

    def __init__(self) -> None:
        self._outcomes: Counter[Outcome] = Counter()
        self._statuses: Counter[int] = Counter()
        self.unsent = self.not_due = 0
        self.valid = HistogramRecorder()
        self.refused = HistogramRecorder()
        self.served = HistogramRecorder()
        self.unqueued_lag = HistogramRecorder()
        self.queued_lag = HistogramRecorder()
        self.queued_lateness = HistogramRecorder()
        self.connect = HistogramRecorder()
        self.tls = HistogramRecorder()
        self.first_byte = HistogramRecorder()
        self.gave_up_lag = HistogramRecorder()

    def record(self, *exchanges: Exchange) -> None:
        """Count arrivals that were sent and are done."""
        # A list at a time: this runs for every arrival.
        good = [exchange for exchange in exchanges if exchange.outcome is Outcome.OK]
        if good:
            self._outcomes[Outcome.OK] += len(good)
            self._record_answers(self.valid, good)
        if len(good) < len(exchanges):
            failed = [exchange for exchange in exchanges if exchange.outcome is not Outcome.OK]
            self._outcomes.update(exchange.outcome for exchange in failed)
            answered = [exchange for exchange in failed if exchange.outcome in ANSWERED]
            self._record_answers(self.refused, answered)
        for status, count in Counter([exchange.status for exchange in exchanges]).items():
            if status is not None:
                self._statuses[status] += count
        free = [exchange.sent_ns - exchange.due_ns for exchange in exchanges if not exchange.queued_ns]
        self.unqueued_lag.record(*free)
        if len(free) < len(exchanges):
            queued = [exchange for exchange in exchanges if exchange.queued_ns]
            self.queued_lag.record(*[one.sent_ns - one.due_ns - one.queued_ns for one in queued])
            self.queued_lateness.record(*[one.sent_ns - one.due_ns for one in queued])
        opened = [one for one in exchanges if one.connect_ns is not None or one.tls_ns is not None]
        if opened:
            self.connect.record(*[one.connect_ns for one in opened if one.connect_ns is not None])
            self.tls.record(*[one.tls_ns for one in opened if one.tls_ns is not None])

    def _record_answers(self, responses: HistogramRecorder, exchanges: Sequence[Exchange]) -> None:
        responses.record(*[one.done_ns - one.due_ns for one in exchanges])
        self.served.record(*[one.done_ns - one.sent_ns for one in exchanges])
        self.first_byte.record(*[one.first_byte_ns for one in exchanges if one.first_byte_ns is not None])

    def raw(self, stage: int, second: int) -> RawSlice:
        """Return what is counted so far, not packed."""
        recorders: list[tuple[str, HistogramRecorder]] = [(name, getattr(self, name)) for name in HISTOGRAMS]
        return RawSlice(
            stage,
            second,
            dict(self._outcomes),
            dict(self._statuses),
            self.unsent,
            {name: recorder.raw() for name, recorder in recorders if recorder},
            self.not_due,
        )

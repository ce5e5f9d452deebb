"""Turns while they are recorded, one at a time: they are far fewer than session starts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sessionload.metrics.findings import Findings
from sessionload.metrics.histogram_recorder import HistogramRecorder
from sessionload.metrics.turn_exchange import TURN_ANSWERED, TurnOutcome
from sessionload.metrics.turn_measurement import TurnCounts, TurnFinding
from sessionload.metrics.turn_raw import RawTurns, RawTurnSlice
from sessionload.metrics.turn_slices import TURN_HISTOGRAMS
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.metrics.turn_exchange import TurnExchange
    from sessionload.metrics.turn_slices import Place


class _SliceRecorder:
    """Counts and durations of a slice; see `TurnSlice` for what each means."""

    __slots__ = ("histograms", "outcomes", "skipped", "statuses", "unsent")

    def __init__(self) -> None:
        self.outcomes: Counter[TurnOutcome] = Counter()
        self.statuses: Counter[int] = Counter()
        self.unsent = self.skipped = 0
        self.histograms = {name: HistogramRecorder() for name in TURN_HISTOGRAMS}

    def record(self, exchange: TurnExchange) -> None:
        self.outcomes[exchange.outcome] += 1
        if exchange.status is not None:
            self.statuses[exchange.status] += 1
        due_ns, histograms = exchange.due_ns, self.histograms
        histograms["lag"].record(exchange.sent_ns - due_ns)
        is_good = exchange.outcome is TurnOutcome.OK
        if exchange.outcome in TURN_ANSWERED:
            histograms["valid" if is_good else "refused"].record(exchange.done_ns - due_ns)
            histograms["served"].record(exchange.done_ns - exchange.sent_ns)
        if is_good and exchange.first_event_ns is not None:
            histograms["first_event"].record(exchange.first_event_ns - due_ns)
        if is_good and exchange.end_event_ns is not None:
            histograms["end_event"].record(exchange.end_event_ns - due_ns)

    def raw(self, place: Place) -> RawTurnSlice:
        return RawTurnSlice(
            *place,
            dict(self.outcomes),
            dict(self.statuses),
            self.unsent,
            self.skipped,
            {name: recorder.raw() for name, recorder in self.histograms.items() if recorder},
        )


class TurnRecorder:
    """Counts turns and conversations; see `TurnMeasurement` for what each means."""

    def __init__(self, step: int = 1) -> None:
        """`step` is that of the seconds of slices."""
        self._step = step
        self.counts = TurnCounts()
        self._slices: defaultdict[Place, _SliceRecorder] = defaultdict(_SliceRecorder)
        self._opened: Counter[int] = Counter()
        self._closed: Counter[int] = Counter()
        self._findings: Findings[TurnFinding] = Findings()

    def opened(self, at_ns: int) -> None:
        """Count a conversation that begins."""
        self._opened[at_ns // NS] += 1

    def closed(self, at_ns: int) -> None:
        """Count a conversation that has ended."""
        self._closed[at_ns // NS] += 1

    def done(self, stage: int, exchange: TurnExchange) -> None:
        """Count a turn that was sent and is done."""
        self._at(stage, exchange.due_ns, exchange.turn).record(exchange)
        if exchange.failure is not None:
            self.find(exchange, exchange.failure.cause, exchange.failure.message, exchange.failure.example)

    def find(self, exchange: TurnExchange, cause: str, message: str, example: str = "") -> None:
        """Count a fault of a turn."""
        self._findings.add(
            TurnFinding(
                cause=cause,
                outcome=exchange.outcome,
                message=message,
                example=example,
                count=1,
                first_index=exchange.index,
                first_ns=exchange.done_ns,
                last_ns=exchange.done_ns,
                turn=exchange.turn,
            )
        )

    def unsent(self, stage: int, due_ns: int, turn: int) -> None:
        """Count a turn of the second of `due_ns` that is never sent."""
        self._at(stage, due_ns, turn).unsent += 1

    def skipped(self, stage: int, at_ns: int, turn: int) -> None:
        """Count a turn whose conversation ended in the second of `at_ns`, before it was due."""
        self._at(stage, at_ns, turn).skipped += 1

    def _at(self, stage: int, at_ns: int, turn: int) -> _SliceRecorder:
        return self._slices[stage, at_ns // NS // self._step * self._step, turn]

    def flush(self) -> RawTurns:
        """Return what was counted since the last time, not packed, and begin again."""
        raw = RawTurns(
            slices=[part.raw(place) for place, part in sorted(self._slices.items())],
            flow=[
                (second, self._opened[second], self._closed[second])
                for second in sorted(self._opened.keys() | self._closed.keys())
            ],
            findings=list(self._findings.values()),
            counts=self.counts,
        )
        self.counts = TurnCounts()
        for counted in (self._slices, self._opened, self._closed, self._findings):
            counted.clear()
        return raw

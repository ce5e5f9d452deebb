"""A measurement while it is recorded, a list of exchanges at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.raw import RawMeasurement
from sessionload.metrics.slice_recorder import SliceRecorder
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sessionload.metrics.exchange import Exchange, Failure
    from sessionload.metrics.key_repeat import KeyRepeat


class MeasurementRecorder:
    """Counts what is sent, what is done and what is never sent; see `Measurement` for what each means."""

    def __init__(self) -> None:
        self.generator = GeneratorHealth()
        self._slices: defaultdict[tuple[int, int], SliceRecorder] = defaultdict(SliceRecorder)
        self._sent: Counter[int] = Counter()
        self._done: Counter[int] = Counter()
        self._backlog: dict[int, int] = {}
        self._findings: Findings[Finding] = Findings()

    def record_sent(self, *sent_ns: int) -> None:
        """Count exchanges that begin at these instants."""
        self._sent.update([instant // NS for instant in sent_ns])

    def record_done(self, stage: int, *exchanges: Exchange) -> None:
        """Count exchanges of a stage that have ended."""
        by_second: defaultdict[int, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            by_second[exchange.due_ns // NS].append(exchange)
            if exchange.failure is not None:
                self._find(exchange, exchange.failure)
        for second, due in by_second.items():
            self._slices[stage, second].record(*due)
        self._done.update([exchange.done_ns // NS for exchange in exchanges])

    def record_unsent(self, stage: int, due_ns: int, count: int = 1) -> None:
        """Count arrivals of the second of `due_ns` that were planned and never sent."""
        self._slices[stage, due_ns // NS].unsent += count

    def record_gave_up(self, stage: int, due_ns: int, lag_ns: int) -> None:
        """Count an arrival that waited too long to be sent; `lag_ns` of it because of the generator."""
        part = self._slices[stage, due_ns // NS]
        part.unsent += 1
        part.gave_up_lag.record(lag_ns)

    def record_backlog(self, lengths: Mapping[int, int]) -> None:
        """Take how many arrivals waited at most in each second; a second must come once."""
        self._backlog.update(lengths)

    def record_not_due(self, stage: int, second: int, count: int) -> None:
        """Count arrivals that are never sent, because the run was stopped before they were due."""
        self.record_unsent(stage, second * NS, count)
        self._slices[stage, second].not_due += count

    def record_repeats(self, repeats: Iterable[KeyRepeat], failure: Failure) -> None:
        """Count arrivals whose key another worker had before: their slices count them as valid already."""
        for repeat in repeats:
            self._findings.add(
                Finding(
                    cause=failure.cause,
                    outcome=Outcome.CONTRACT_VIOLATION,
                    message=failure.message,
                    example=failure.example,
                    count=1,
                    first_index=repeat.index,
                    first_ns=repeat.done_ns,
                    last_ns=repeat.done_ns,
                )
            )

    def raw(self) -> RawMeasurement:
        """Return what is counted so far, not packed."""
        return RawMeasurement(
            slices=[part.raw(*place) for place, part in sorted(self._slices.items())],
            flow=[
                (second, self._sent[second], self._done[second])
                for second in sorted(self._sent.keys() | self._done.keys())
            ],
            findings=list(self._findings.values()),
            backlog=sorted(self._backlog.items()),
            generator=self.generator,
            sent=self._sent.total(),
        )

    def _find(self, exchange: Exchange, failure: Failure) -> None:
        self._findings.add(
            Finding(
                cause=failure.cause,
                outcome=exchange.outcome,
                message=failure.message,
                example=failure.example,
                count=1,
                first_index=exchange.index,
                first_ns=exchange.done_ns,
                last_ns=exchange.done_ns,
            )
        )

"""Small runs that are known to the last arrival."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import pytest

from sessionload.metrics.exchange import ANSWERED, Exchange, Failure, Outcome
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.units import NS
from sessionload.workload.stage import Stage

MS = 1_000_000


class Recorder(Protocol):
    """Records arrivals of one second of a stage: `ok(10)` is ten that took 20 ms and are well."""

    measurement: Measurement
    planned: int

    def sent(
        self,
        count: int,
        outcome: Outcome = Outcome.OK,
        *,
        second: int = 0,
        stage: int = 0,
        service_ms: int = 20,
        lag_ms: int = 0,
        queued_ms: int = 0,
    ) -> None: ...

    def unsent(self, count: int, *, second: int = 0, stage: int = 0) -> None: ...


class _Recorder:
    def __init__(self) -> None:
        self.measurement = Measurement(generator=GeneratorHealth(cpu_ns=NS, wall_ns=10 * NS))
        self.planned = 0

    def sent(
        self,
        count: int,
        outcome: Outcome = Outcome.OK,
        *,
        second: int = 0,
        stage: int = 0,
        service_ms: int = 20,
        lag_ms: int = 0,
        queued_ms: int = 0,
    ) -> None:
        due = second * NS
        sent = due + (lag_ms + queued_ms) * MS
        status = 201 if outcome in ANSWERED else None
        fault = None if outcome is Outcome.OK else Failure(outcome.value, f"it ended as {outcome}")
        recorder = MeasurementRecorder()
        for _ in range(count):
            done = sent + service_ms * MS
            recorder.record_sent(sent)
            recorder.record_done(
                stage, Exchange(self.planned, due, sent, done, outcome, queued_ms * MS, status, fault)
            )
            self.planned += 1
        self.measurement += recorder.raw().packed()

    def unsent(self, count: int, *, second: int = 0, stage: int = 0) -> None:
        recorder = MeasurementRecorder()
        recorder.record_unsent(stage, second * NS, count)
        self.measurement += recorder.raw().packed()
        self.planned += count


@pytest.fixture
def run() -> Recorder:
    """An empty run to record arrivals in."""
    return _Recorder()


@pytest.fixture
def stages() -> tuple[Stage, ...]:
    """10 s of warm-up, then 20 s that are measured."""
    return (
        Stage("warm-up", Fraction(10), Fraction(10), 10 * NS, warmup=True),
        Stage("peak", Fraction(10), Fraction(10), 20 * NS),
    )

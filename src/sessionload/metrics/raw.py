"""What a generator reports to the command: deltas whose counts are not packed yet, and events.

One JSON line on a pipe between two processes of the same version; files have the form of `file_form`.
Whatever comes out of the pipe is checked against these types, and packed.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder, encode

from sessionload.metrics.bounds import Count, Second, StageNumber, Status
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.key_repeat import KeyRepeat
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.named_arrivals import NamedArrival
from sessionload.metrics.raw_histogram import RawHistogram
from sessionload.metrics.slices import Slice
from sessionload.metrics.turn_raw import RawTurns
from sessionload.metrics.worker_events import WorkDealt, WorkerEvent, WorkerLoss, WorkerSeen


class RawSlice(Struct, array_like=True):
    """A slice; `histograms` are those that are not empty, by their names."""

    stage: StageNumber
    second: Second
    outcomes: dict[Outcome, Count]
    statuses: dict[Status, Count]
    unsent: Count
    histograms: dict[str, RawHistogram]
    not_due: Count = 0

    def packed(self) -> Slice:
        """Return the slice with its counts packed. Raises `ValueError` as `RawHistogram.packed` does."""
        histograms = {name: raw.packed() for name, raw in self.histograms.items()}
        return Slice(self.outcomes, self.statuses, self.unsent, lost=0, not_due=self.not_due, **histograms)


class RawMeasurement(Struct):
    """A measurement; `flow` is (second, sent, done)."""

    slices: list[RawSlice]
    flow: list[tuple[Second, Count, Count]]
    findings: list[Finding]
    generator: GeneratorHealth
    sent: Count
    turns: RawTurns | None = None
    backlog: list[tuple[Second, Count]] = []

    def packed(self) -> Measurement:
        """Return the measurement with its counts packed. Raises `ValueError` as its slices do."""
        return Measurement(
            slices={(part.stage, part.second): part.packed() for part in self.slices},
            flow={second: Flow(sent, done) for second, sent, done in self.flow},
            findings=Findings((finding.cause, finding) for finding in self.findings),
            generator=self.generator,
            sent=self.sent,
            turns=self.turns.packed() if self.turns is not None else None,
            backlog=dict(self.backlog),
        )


class RawDelta(Struct, tag="delta"):
    """A delta as its generator made it; see `Delta`."""

    worker: Count
    number: Count
    elapsed_ns: Count
    in_flight: Count
    waiting: Count
    settled_ns: Count
    last: bool
    measurement: RawMeasurement
    repeats: list[KeyRepeat] = []
    stopped_ns: Count | None = None
    named: list[NamedArrival] = []

    def packed(self) -> Delta:
        """Return the delta with its counts packed. Raises `ValueError` as its slices do."""
        return Delta(
            worker=self.worker,
            number=self.number,
            elapsed_ns=self.elapsed_ns,
            in_flight=self.in_flight,
            waiting=self.waiting,
            settled_ns=self.settled_ns,
            last=self.last,
            repeats=tuple(self.repeats),
            stopped_ns=self.stopped_ns,
            named=tuple(self.named),
            measurement=self.measurement.packed(),
        )

    def line(self) -> bytes:
        """Return the delta as a line of JSON."""
        return encode(self) + b"\n"


_DECODER = Decoder(RawDelta | WorkerSeen | WorkDealt | WorkerLoss)


def read_line(line: bytes) -> Delta | WorkerEvent:
    """Return what a line says. Raises `ValueError` for what no generator has written."""
    read: RawDelta | WorkerEvent = _DECODER.decode(line)
    return read.packed() if isinstance(read, RawDelta) else read

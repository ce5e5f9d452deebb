"""The form that measurements and deltas have in files, and the reading of it.

Everything that is read is checked here, once: types, bounds, and that the parts agree. What does not fit is a
`ValueError`, of which msgspec's own error is one; a number in quotes is not a number. `result_form` puts the
rest of a result around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType, convert, to_builtins
from msgspec.json import Encoder
from msgspec.structs import asdict, astuple, fields

from sessionload.metrics.bounds import Count, Instant, PositiveCount, Second, StageNumber, Status
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.generator_health import AddressCounts, GeneratorHealth
from sessionload.metrics.histogram import EMPTY, Histogram
from sessionload.metrics.key_repeat import KeyRepeat
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.named_arrivals import NamedArrival
from sessionload.metrics.raw import RawDelta
from sessionload.metrics.slices import Slice
from sessionload.metrics.turn_form import TurnsForm
from sessionload.metrics.worker_events import WorkerEvent

if TYPE_CHECKING:
    from collections.abc import Iterator


_ENCODER = Encoder()


class SliceForm(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A slice with the place that it has in a measurement; empty histograms are left out."""

    stage: StageNumber
    second: Second
    outcomes: dict[Outcome, Count]
    statuses: dict[Status, Count]
    unsent: Count
    valid: Histogram = EMPTY
    refused: Histogram = EMPTY
    served: Histogram = EMPTY
    unqueued_lag: Histogram = EMPTY
    queued_lag: Histogram = EMPTY
    queued_lateness: Histogram = EMPTY
    connect: Histogram = EMPTY
    tls: Histogram = EMPTY
    lost: Count = 0
    gave_up_lag: Histogram = EMPTY
    not_due: Count = 0
    first_byte: Histogram = EMPTY

    @classmethod
    def of(cls, place: tuple[int, int], part: Slice) -> SliceForm:
        """Return the form of a slice at (stage, second)."""
        return cls(*place, *astuple(part))

    def slice(self) -> Slice:
        """Return the slice without its place. Raises `ValueError` if it contradicts itself."""
        part = Slice(*astuple(self)[2:])
        part.check()
        return part


def slice_forms(measurement: Measurement) -> Iterator[SliceForm]:
    """Yield the forms of the slices of a measurement, stages and seconds in rising order."""
    for place in sorted(measurement.slices):
        yield SliceForm.of(place, measurement.slices[place])


def json_text(form: Struct) -> str:
    """Return the JSON of a form without free text, on one line; ten times as fast as `json`."""
    return _ENCODER.encode(form).decode()


class FlowForm(Struct, array_like=True, forbid_unknown_fields=True):
    """The traffic of a second."""

    second: Second
    sent: Count
    done: Count


class BacklogForm(Struct, array_like=True, forbid_unknown_fields=True):
    """How many arrivals waited to be sent at most in a second."""

    second: Second
    waiting: PositiveCount


class MeasurementForm(Struct, forbid_unknown_fields=True):
    """A measurement, but for how many exchanges were sent."""

    slices: list[SliceForm]
    flow: list[FlowForm]
    findings: list[Finding]
    generator: dict[str, Count | AddressCounts]
    backlog: list[BacklogForm] | UnsetType = UNSET
    """Left out where none waited."""

    @classmethod
    def of(cls, measurement: Measurement) -> MeasurementForm:
        """Return the form of a measurement, seconds and stages in rising order."""
        return cls(
            list(slice_forms(measurement)),
            [FlowForm(second, flow.sent, flow.done) for second, flow in sorted(measurement.flow.items())],
            [finding for _, finding in sorted(measurement.findings.items())],
            to_builtins(measurement.generator),
            [BacklogForm(*each) for each in sorted(measurement.backlog.items())] or UNSET,
        )

    def measurement(self, sent: int) -> Measurement:
        """Return the measurement of what was read. Raises `ValueError` if it contradicts itself."""
        slices = {(part.stage, part.second): part.slice() for part in self.slices}
        flow = {part.second: Flow(part.sent, part.done) for part in self.flow}
        backlog = {part.second: part.waiting for part in self.backlog or ()}
        findings = Findings((finding.cause, finding) for finding in self.findings)
        read = (self.slices, self.flow, self.backlog or (), self.findings)
        if [len(each) for each in (slices, flow, backlog, findings)] != [len(each) for each in read]:
            raise ValueError("a second or a cause stands in it twice")
        health = convert(self.generator, GeneratorHealth)
        counts = {field.encode_name for field in fields(GeneratorHealth) if field.default is not UNSET}
        if not counts <= self.generator.keys():
            raise ValueError("a count of `generator` is missing")
        return Measurement(slices, flow, findings, health, sent, backlog=backlog)


class SentForm(MeasurementForm, kw_only=True):
    """A measurement with how many exchanges were sent, and its turns."""

    sent: Count
    turns: TurnsForm | UnsetType = UNSET


class DeltaForm(Struct, forbid_unknown_fields=True):
    """A delta, as a line of a run's slices."""

    worker: Count
    number: Count
    elapsed_ns: Instant
    in_flight: Count
    waiting: Count
    settled_ns: Instant
    last: bool
    measurement: SentForm
    repeats: list[KeyRepeat] | UnsetType = UNSET
    stopped_ns: Instant | UnsetType = UNSET
    named: list[NamedArrival] | UnsetType = UNSET
    users: Count | UnsetType = UNSET
    """Written by older versions."""


def delta_to_json(delta: Delta) -> dict[str, Any]:
    """Return the JSON object of a delta."""
    measured = MeasurementForm.of(delta.measurement)
    form = DeltaForm(
        worker=delta.worker,
        number=delta.number,
        elapsed_ns=delta.elapsed_ns,
        in_flight=delta.in_flight,
        waiting=delta.waiting,
        settled_ns=delta.settled_ns,
        last=delta.last,
        measurement=SentForm(
            **asdict(measured),
            sent=delta.measurement.sent,
            turns=TurnsForm.of(delta.measurement.turns) if delta.measurement.turns is not None else UNSET,
        ),
        repeats=list(delta.repeats) or UNSET,
        stopped_ns=UNSET if delta.stopped_ns is None else delta.stopped_ns,
        named=list(delta.named) or UNSET,
    )
    data: dict[str, Any] = to_builtins(form, str_keys=True)
    return data


def delta_from_json(data: object) -> Delta:
    """Read what `delta_to_json` returned. Raises `ValueError` for what is no delta."""
    form = convert(data, DeltaForm, str_keys=True)
    measurement = form.measurement.measurement(form.measurement.sent)
    if form.measurement.turns is not UNSET:
        measurement.turns = form.measurement.turns.measurement()
    return Delta(
        worker=form.worker,
        number=form.number,
        elapsed_ns=form.elapsed_ns,
        in_flight=form.in_flight,
        waiting=form.waiting,
        settled_ns=form.settled_ns,
        last=form.last,
        repeats=tuple(form.repeats or ()),
        stopped_ns=None if form.stopped_ns is UNSET else form.stopped_ns,
        named=tuple(form.named or ()),
        measurement=measurement,
    )


def report_to_json(report: Delta | WorkerEvent) -> dict[str, Any]:
    """Return the JSON object of a line of a run's slices: a delta, or an event, which has a `type`."""
    return delta_to_json(report) if isinstance(report, Delta) else to_builtins(report)


def report_from_json(data: object) -> Delta | WorkerEvent:
    """Read what `report_to_json` returned, or a line of a generator. Raises `ValueError` for all else."""
    if isinstance(data, dict) and data.get("type") == "delta":
        return convert(data, RawDelta, str_keys=True).packed()
    if isinstance(data, dict) and "type" in data:
        event: WorkerEvent = convert(data, WorkerEvent)
        return event
    return delta_from_json(data)


def fault_text(fault: ValueError) -> str:
    """Return why something that was read is refused, without a value or a name that a file holds.

    The place is named as `run.seconds`.
    """
    text = str(fault)
    reason, at, place = text.rpartition(" - at `$")
    if not at:
        reason, place = text, ""
    reason = next((known for begin, known in _QUOTING.items() if text.startswith(begin)), reason)
    where = f" at {place.strip('.`')}" if place.strip(".`") else ""
    return f"{reason[0].lower()}{reason[1:]}{where}"


_QUOTING = {
    "Invalid enum value": "a value that is not known",
    "Invalid value": "a value that is not known",
    "Object contains unknown field": "a name that is not known",
    "Expected `str` matching regex": "a text of another form",
}
"""How msgspec begins a reason that quotes what it has read, or that nobody can read."""

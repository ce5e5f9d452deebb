"""The one file that every report, comparison and second judgement reads.

A result is a run's header with what was measured and what that is worth. What is written is read back equal,
on any later day. Totals and latencies stand in the file for people; they are made again from the slices, and
because a file that was edited by hand may contradict itself, its totals are compared when it is read.

Format 1 is described by `result.schema.json` beside this module, and checked by `result_form`. Latencies are
milliseconds. `arrivals`, `outcomes` and `slices` are over the whole run, `latency_ms` over the stages that
are not warm-up. In a histogram, `buckets` is as `histogram_codec` makes it, in base64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

from msgspec import UNSET, convert, structs, to_builtins

from sessionload.errors import InputError, Place
from sessionload.metrics.file_form import MeasurementForm, fault_text, slice_forms
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.named_arrivals import NamedArrivals
from sessionload.metrics.stage_sums import over_slices
from sessionload.metrics.turn_measurement import TurnMeasurement
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.judged_stages import judged_stages
from sessionload.verdict.measured_part import measured_slices
from sessionload.verdict.percentiles import LatencySummary
from sessionload.verdict.resolved_scenario import UnreadableTargetError, script_of
from sessionload.verdict.result_form import ResultForm
from sessionload.verdict.run_header import RunHeader, header_json, read_header
from sessionload.verdict.targets import VIEWS, parse_target
from sessionload.verdict.turn_section import TurnSection
from sessionload.verdict.verdict import JudgedTarget, State, Verdict

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result_form import TargetForm
    from sessionload.verdict.run_header import Run
    from sessionload.verdict.turn_section import TurnSectionForm
    from sessionload.verdict.worker_row import WorkerRow

FORMAT = 1
"""The format that is written, and the only one that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(RunHeader):
    """A run that has ended: what was asked, what was measured, what it is worth."""

    lost: int
    measurement: Measurement
    verdict: Verdict
    workers: tuple[WorkerRow, ...] = ()
    """Of a run by one process, none."""

    @classmethod
    def of(
        cls,
        header: RunHeader,
        *,
        run: Run,
        lost: int,
        measurement: Measurement,
        verdict: Verdict,
        workers: tuple[WorkerRow, ...] = (),
    ) -> Self:
        """Return the result of the run of `header`; `run` says how it ended."""
        known = {part.name: getattr(header, part.name) for part in fields(RunHeader) if part.init}
        return cls(
            **{**known, "run": run}, lost=lost, measurement=measurement, verdict=verdict, workers=workers
        )

    @property
    def accounting(self) -> Accounting:
        """What became of all arrivals, with the equations. Made anew at each call."""
        return Accounting.of(self.measurement, planned=self.planned, lost=self.lost)

    @property
    def measured(self) -> Slice:
        """The sum over the stages that are not warm-up. Made anew at each call."""
        return over_slices(self.measured_slices, lambda stage: not self.stages[stage].warmup)

    @property
    def measured_slices(self) -> Mapping[tuple[int, int], Slice]:
        """The slices that figures are over, by (stage, second); see `measured_part`."""
        return measured_slices(self.measurement.slices, self.run.measured_until_s)

    @property
    def turns(self) -> TurnSection | None:
        """What became of turns; `None` in a run without any. Made anew at each call."""
        script = script_of(self.scenario)
        if not script:
            return None
        measured = self.measurement.turns or TurnMeasurement()
        return TurnSection(measured, script, self.planned_turns, judged_stages(self.stages))

    @property
    def placed_lost(self) -> int:
        """How many arrivals are lost of which it is known when they were due."""
        return sum(part.lost for part in self.measurement.slices.values())

    @property
    def latency(self) -> dict[str, LatencySummary]:
        """The figures of each view (response, answered, service, lateness, lag) of `measured`."""
        measured = self.measured
        views = VIEWS if measured.first_byte else VIEWS[:-1]  # results of before have no first bytes
        return {view: LatencySummary.of(getattr(measured, view)) for view in views}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that a result file holds."""
        return {
            name: to_builtins(list(value), str_keys=True) if isinstance(value, Iterator) else value
            for name, value in self.members()
        }

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield the members of that object; those that grow with the run are iterators of forms."""
        header = header_json(self)
        planned_by_second = header.pop("planned_by_second")
        accounting = self.accounting
        others = MeasurementForm.of(replace(self.measurement, slices={}))
        yield "format", FORMAT
        yield from header.items()
        yield (
            "arrivals",
            {
                "planned": accounting.planned,
                "sent": accounting.sent,
                "unsent": accounting.unsent,
                "lost": accounting.lost,
                **({"gave_up": accounting.gave_up} if accounting.gave_up else {}),
            },
        )
        yield "outcomes", {outcome.value: count for outcome, count in accounting.outcomes.items()}
        yield "latency_ms", {view: summary.to_json() for view, summary in self.latency.items()}
        yield "planned_by_second", planned_by_second
        yield "slices", slice_forms(self.measurement)
        yield "flow", iter(others.flow)
        if others.backlog:
            yield "backlog", iter(others.backlog)
        yield "findings", to_builtins(others.findings)
        yield "generator", others.generator
        if self.measurement.named:
            yield "named_arrivals", to_builtins(self.measurement.named.all())
        if self.workers:
            yield "workers", [to_builtins(worker) for worker in self.workers]
        if (turns := self.turns) is not None:
            yield "turns", turns.to_json()
        yield (
            "verdict",
            {
                "state": self.verdict.state.value,
                "targets": list(map(_target_json, self.verdict.targets)),
                "reasons": list(self.verdict.reasons),
            },
        )

    @classmethod
    def from_json(cls, data: object, *, file: str = "result.json") -> Self:
        """Read what `to_json` wrote; `file` is named in errors.

        Raises `InputError` for another format (`unknown-result-format`), and for what is not a
        result or contradicts itself (`broken-result`).
        """
        place = Place(file)
        if not isinstance(data, Mapping) or "format" not in data:
            raise _broken("it is not a JSON object with a 'format'", place)
        if data["format"] != FORMAT:
            shown = data["format"] if isinstance(data["format"], int) else "that is not a whole number"
            raise InputError(
                "unknown-result-format",
                f"this is a result of a format {shown}, and this version reads format {FORMAT}",
                place=place,
                hint="read it with the version of sessionload that wrote it",
            )
        try:
            return cls._of_form(convert(data, ResultForm, str_keys=True))
        except ValueError as fault:
            raise _broken(fault_text(fault), place) from None

    @classmethod
    def _of_form(cls, form: ResultForm) -> Self:
        """Return the result of a form. Raises `ValueError` if its parts contradict each other."""
        header = read_header(form)
        if any(part.stage >= len(header.stages) for part in form.slices):
            raise ValueError("a slice is of a stage that there is not")
        measurement = form.measurement(form.arrivals.sent)
        measurement.named = NamedArrivals(form.named_arrivals)
        if form.turns is not UNSET:
            measurement.turns = form.turns.measurement()
        result = cls.of(
            header,
            run=header.run,
            lost=form.arrivals.lost,
            measurement=measurement,
            verdict=Verdict(
                State(form.verdict.state),
                tuple(_target(number, target) for number, target in enumerate(form.verdict.targets, 1)),
                tuple(form.verdict.reasons),
            ),
            workers=form.workers,
        )
        if form.turns is not UNSET:
            _check_turns(result.turns, form.turns, len(header.stages))
        accounting = result.accounting
        totals = (accounting.unsent, accounting.gave_up, accounting.outcomes)
        if totals != (form.arrivals.unsent, form.arrivals.gave_up or 0, form.outcomes):
            raise ValueError("its totals are not the sums of its slices")
        ended = (accounting.ended, accounting.unsent)
        if form.workers and ended != tuple(map(sum, zip(*map(_ended, form.workers), strict=True))):
            raise ValueError("its workers do not add up to its arrivals")
        if result.placed_lost > form.arrivals.lost:
            raise ValueError("its slices have lost more than it has")
        states = {target.state for target in result.verdict.targets}
        if result.verdict.state is State.MISSED and State.MISSED not in states:
            raise ValueError("it is missed, and none of its targets is")
        if (result.verdict.state is State.VOID) != bool(result.verdict.reasons):
            raise ValueError("it is void without a reason, or has reasons and is not void")
        return result


def before_the_run(header: RunHeader) -> Result:
    """Return a result of which nothing has been measured yet: so a header is written and read in files."""
    nothing = Verdict(State.VOID, (), ("nothing has been measured",))
    return Result.of(header, run=header.run, lost=0, measurement=Measurement(), verdict=nothing)


def _check_turns(turns: TurnSection | None, form: TurnSectionForm, stages: int) -> None:
    if turns is None or any(part.stage >= stages for part in form.slices):
        raise ValueError("it has turns that its scenario has not")
    turns.check(form)


def _ended(worker: WorkerRow) -> tuple[int, int]:
    return worker.sent, worker.unsent


def _broken(what: str, place: Place) -> InputError:
    return InputError(
        "broken-result",
        f"this is not a whole result: {what}",
        place=place,
        hint="take the file as the run wrote it, or make it again from the slices of the run",
    )


def _target(number: int, form: TargetForm) -> JudgedTarget:
    try:
        parse_target(form.expr)
    except ValueError:
        raise UnreadableTargetError(f"target {number} of its verdict cannot be read") from None
    return JudgedTarget(**{**structs.asdict(form), "state": State(form.state), "stages": tuple(form.stages)})


def _target_json(target: JudgedTarget) -> dict[str, Any]:
    data = {**asdict(target), "state": target.state.value}
    names = list(data.pop("stages"))
    return {**data, "stages": names} if names else data

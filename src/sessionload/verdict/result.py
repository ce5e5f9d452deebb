"""The one file that every report, comparison and second judgement reads.

Law: what is written is read back equal, on any later day. Idea: a result keeps what was measured,
whole; totals and latencies stand in the file for people and are made again from the slices. Trap: a
file that was edited by hand may contradict itself, so its totals are compared when it is read.

Format 1 is described by `result.schema.json` beside this module. Rates are exact fractions as text
(`"200"`, `"1/3"`), seconds are numbers exact to the nanosecond up to 50 days, latencies are
milliseconds. `arrivals`, `outcomes` and `slices` are over the whole run, `latency_ms` over the stages
that are not warm-up. In a histogram, `buckets` is as `packing` makes it, in base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sessionload.errors import InputError, Place
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.sums import over
from sessionload.units import NS
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.percentiles import LatencySummary
from sessionload.verdict.targets import VIEWS
from sessionload.verdict.verdict import JudgedTarget, State, Verdict
from sessionload.workload.schedule import Stage

if TYPE_CHECKING:
    from sessionload.metrics.exchange import Outcome
    from sessionload.metrics.slices import Slice

FORMAT = 1
"""The format that is written, and the only one that is read."""


@dataclass(frozen=True, slots=True)
class Run:
    """Which run it was. `started` is wall time as text, a label only; `seconds` is monotonic."""

    id: str
    started: str
    seconds: float
    seed: int
    version: str
    interrupted: str | None = None
    aborted_by: str | None = None


class Arrivals(NamedTuple):
    """What became of all arrivals of the run; planned = sent + unsent + lost."""

    planned: int
    sent: int
    unsent: int
    lost: int


class Identity(NamedTuple):
    """The two equations of the ledger as a sentence, and whether both hold."""

    sentence: str
    closes: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A run that has ended: what was asked, what was measured, what it is worth.

    `scenario`, `environment`, `contract` and `machine` hold JSON values only. `planned_by_stage` is `None`
    where nobody said it.
    """

    run: Run
    scenario: Mapping[str, Any]
    environment: Mapping[str, str]
    contract: Mapping[str, str]
    stages: tuple[Stage, ...]
    planned: int
    lost: int
    measurement: Measurement
    verdict: Verdict
    planned_by_second: Mapping[int, int]
    planned_by_stage: tuple[int, ...] | None = None
    machine: Mapping[str, str] = field(default_factory=dict)

    @property
    def accounting(self) -> Accounting:
        """What became of all arrivals, with the equations."""
        return Accounting.of(self.measurement, planned=self.planned, lost=self.lost)

    @property
    def arrivals(self) -> Arrivals:
        """What became of all arrivals."""
        ledger = self.accounting
        return Arrivals(ledger.planned, ledger.sent, ledger.unsent, ledger.lost)

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """How many ended how; all of the closed set, zeros too."""
        return self.accounting.outcomes

    def identity(self) -> Identity:
        """Return the two equations of the ledger, and whether both hold."""
        ledger = self.accounting
        return Identity(ledger.sentence, ledger.closes)

    @property
    def measured(self) -> Slice:
        """The sum over the stages that are not warm-up. Made anew at each call."""
        return over(self.measurement, lambda stage: not self.stages[stage].warmup)

    @property
    def latency(self) -> dict[str, LatencySummary]:
        """The figures of each view (response, answered, service, lateness, lag) of `measured`."""
        measured = self.measured
        return {view: LatencySummary.of(getattr(measured, view)) for view in VIEWS}

    @property
    def starts_ns(self) -> tuple[int, ...]:
        """When each stage begins, in nanoseconds since the start of the schedule."""
        ends = accumulate((stage.duration_ns for stage in self.stages), initial=0)
        return tuple(ends)[: len(self.stages)]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that a result file holds."""
        written = self.without_latency()
        at = list(written).index("planned_by_second")
        latency = {view: figures.to_json() for view, figures in self.latency.items()}
        return {**dict(list(written.items())[:at]), "latency_ms": latency, **dict(list(written.items())[at:])}

    def without_latency(self) -> dict[str, Any]:
        """Return what cannot be made again from something else in it, and what is quick to."""
        measurement = self.measurement.to_json()
        del measurement["sent"]  # stands in arrivals
        by_stage = self.planned_by_stage or (None,) * len(self.stages)
        return {
            "format": FORMAT,
            "run": asdict(self.run),
            "scenario": dict(self.scenario),
            "environment": dict(self.environment),
            "contract": dict(self.contract),
            "machine": dict(self.machine),
            "stages": [
                {
                    "name": stage.name,
                    "warmup": stage.warmup,
                    "start_s": _seconds(start_ns),
                    "duration_s": _seconds(stage.duration_ns),
                    "start_rate": str(stage.start_rate),
                    "end_rate": str(stage.end_rate),
                    "planned": planned,
                }
                for stage, start_ns, planned in zip(self.stages, self.starts_ns, by_stage, strict=True)
            ],
            "arrivals": self.arrivals._asdict(),
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "planned_by_second": [list(pair) for pair in sorted(self.planned_by_second.items())],
            **measurement,
            "verdict": {
                "state": self.verdict.state.value,
                "targets": [
                    {**asdict(target), "state": target.state.value} for target in self.verdict.targets
                ],
                "reasons": list(self.verdict.reasons),
            },
        }

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
            result = cls._read(data)
            again = result.without_latency()  # latencies are for people, and take long to make
            same = "latency_ms" in data and all(again[name] == data[name] for name in again)
        except KeyError as error:
            raise _broken(f"{error} is missing", place) from None
        except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError):
            raise _broken("a value in it is of the wrong kind", place) from None
        if not same:
            raise _broken("its parts contradict each other", place)
        return result

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        planned = tuple(stage["planned"] for stage in data["stages"])
        if any(not 0 <= part["stage"] < len(planned) for part in data["slices"]):
            raise ValueError("a slice of a stage that there is not")
        verdict = data["verdict"]
        return cls(
            run=Run(**data["run"]),
            scenario=dict(data["scenario"]),
            environment=dict(data["environment"]),
            contract=dict(data["contract"]),
            stages=tuple(_stage(stage) for stage in data["stages"]),
            planned=data["arrivals"]["planned"],
            lost=data["arrivals"]["lost"],
            measurement=Measurement.from_json({**data, "sent": data["arrivals"]["sent"]}),
            verdict=Verdict(
                State(verdict["state"]),
                tuple(_target(target) for target in verdict["targets"]),
                tuple(verdict["reasons"]),
            ),
            planned_by_second=dict(data["planned_by_second"]),
            planned_by_stage=None if None in planned else planned,
            machine=dict(data["machine"]),
        )


def _broken(what: str, place: Place) -> InputError:
    return InputError(
        "broken-result",
        f"this is not a whole result: {what}",
        place=place,
        hint="take the file as the run wrote it, or make it again from the slices of the run",
    )


def _seconds(ns: int) -> float:
    whole, rest = divmod(ns, NS)
    return ns / NS if rest else whole


def _stage(data: Mapping[str, Any]) -> Stage:
    return Stage(
        name=data["name"],
        start_rate=Fraction(data["start_rate"]),
        end_rate=Fraction(data["end_rate"]),
        duration_ns=round(Fraction(data["duration_s"]) * NS),
        warmup=data["warmup"],
    )


def _target(data: Mapping[str, Any]) -> JudgedTarget:
    return JudgedTarget(**{**data, "state": State(data["state"])})

"""The one file that every report, comparison and second judgement reads.

A result is a run's header with what was measured and what that is worth. What is written is read back equal,
on any later day. Totals and latencies stand in the file for people; they are made again from the slices, and
because a file that was edited by hand may contradict itself, its totals are compared when it is read.

Format 1 is described by `result.schema.json` beside this module. Latencies are milliseconds. `arrivals`,
`outcomes` and `slices` are over the whole run, `latency_ms` over the stages that are not warm-up. In a
histogram, `buckets` is as `histogram_codec` makes it, in base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from sessionload.errors import InputError, Place
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.sums import over
from sessionload.verdict.accounting import Accounting
from sessionload.verdict.percentiles import LatencySummary
from sessionload.verdict.resolved_scenario import UnreadableTargetError
from sessionload.verdict.run_header import RunHeader, header_json, read_header
from sessionload.verdict.targets import VIEWS, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, Verdict

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.run_header import Run

FORMAT = 1
"""The format that is written, and the only one that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(RunHeader):
    """A run that has ended: what was asked, what was measured, what it is worth."""

    lost: int
    measurement: Measurement
    verdict: Verdict

    @classmethod
    def of(
        cls, header: RunHeader, *, run: Run, lost: int, measurement: Measurement, verdict: Verdict
    ) -> Self:
        """Return the result of the run of `header`; `run` says how it ended."""
        known = {part.name: getattr(header, part.name) for part in fields(RunHeader) if part.init}
        return cls(**{**known, "run": run}, lost=lost, measurement=measurement, verdict=verdict)

    @property
    def accounting(self) -> Accounting:
        """What became of all arrivals, with the equations. Made anew at each call."""
        return Accounting.of(self.measurement, planned=self.planned, lost=self.lost)

    @property
    def measured(self) -> Slice:
        """The sum over the stages that are not warm-up. Made anew at each call."""
        return over(self.measurement, lambda stage: not self.stages[stage].warmup)

    @property
    def latency(self) -> dict[str, LatencySummary]:
        """The figures of each view (response, answered, service, lateness, lag) of `measured`."""
        measured = self.measured
        return {view: LatencySummary.of(getattr(measured, view)) for view in VIEWS}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that a result file holds."""
        written = self.without_latency()
        at = list(written).index("planned_by_second")
        latency = {view: figures.to_json() for view, figures in self.latency.items()}
        return {**dict(list(written.items())[:at]), "latency_ms": latency, **dict(list(written.items())[at:])}

    def without_latency(self) -> dict[str, Any]:
        """Return what cannot be made again from something else in it, and what is quick to."""
        header = header_json(self)
        planned_by_second = header.pop("planned_by_second")
        measurement = self.measurement.to_json()
        del measurement["sent"]  # stands in arrivals
        accounting = self.accounting
        return {
            "format": FORMAT,
            **header,
            "arrivals": {
                "planned": accounting.planned,
                "sent": accounting.sent,
                "unsent": accounting.unsent,
                "lost": accounting.lost,
            },
            "outcomes": {outcome.value: count for outcome, count in accounting.outcomes.items()},
            "planned_by_second": planned_by_second,
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
        except UnreadableTargetError as error:
            raise _broken(str(error), place) from None
        except KeyError as error:
            raise _broken(f"{error} is missing", place) from None
        except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError):
            raise _broken("a value in it is of the wrong kind", place) from None
        if not same:
            raise _broken("its parts contradict each other", place)
        return result

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        header = read_header(data)
        if any(not 0 <= part["stage"] < len(header.stages) for part in data["slices"]):
            raise ValueError("a slice of a stage that there is not")
        verdict = data["verdict"]
        return cls.of(
            header,
            run=header.run,
            lost=data["arrivals"]["lost"],
            measurement=Measurement.from_json({**data, "sent": data["arrivals"]["sent"]}),
            verdict=Verdict(
                State(verdict["state"]),
                tuple(_target(number, target) for number, target in enumerate(verdict["targets"], 1)),
                tuple(verdict["reasons"]),
            ),
        )


def before_the_run(header: RunHeader) -> Result:
    """Return a result of which nothing has been measured yet: so a header is written and read in files."""
    nothing = Verdict(State.VOID, (), ("nothing has been measured",))
    return Result.of(header, run=header.run, lost=0, measurement=Measurement(), verdict=nothing)


def _broken(what: str, place: Place) -> InputError:
    return InputError(
        "broken-result",
        f"this is not a whole result: {what}",
        place=place,
        hint="take the file as the run wrote it, or make it again from the slices of the run",
    )


def _target(number: int, data: Mapping[str, Any]) -> JudgedTarget:
    try:
        parse_target(data["expr"])
    except ValueError:
        raise UnreadableTargetError(f"target {number} of its verdict cannot be read") from None
    return JudgedTarget(**{**data, "state": State(data["state"])})

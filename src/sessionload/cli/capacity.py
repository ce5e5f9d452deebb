"""`sessionload capacity`: the highest rate that meets the targets of a scenario.

`capacity/` says what to hold next and what a hold showed; here each piece of a hold is a run of its own, with
the scenario's users and targets and stages of its own, and its result is kept. What is written and said in
the end is one file, and views of it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import sessionload
from sessionload.capacity.capacity_report import CapacityReport, written_labels
from sessionload.capacity.hold_length import seconds_needed
from sessionload.capacity.hold_rows import row_of
from sessionload.capacity.judge_hold import judge_hold
from sessionload.capacity.search import Answer, Ending, Search, SearchPlan
from sessionload.capacity.step_stages import HELD, stages_of
from sessionload.capacity.worst_case import sessions_of, worst_case
from sessionload.cli.console import columns_of_output, say, show, warn
from sessionload.cli.finish_run import add_to_step_summary, all_ended
from sessionload.cli.interruption import Interrupted
from sessionload.cli.option_values import grace_option, option_value
from sessionload.cli.progress import Progress
from sessionload.cli.report_extra import notes
from sessionload.cli.run import follow, not_started
from sessionload.cli.setup_run import REPORTS, at_stub, new_run, prepare_run, with_server
from sessionload.cli.views import page_views, write_views
from sessionload.config.read import Given
from sessionload.distribution.master_process import generator_of
from sessionload.errors import InputError, Place, ResultError
from sessionload.report.capacity import junit as capacity_junit
from sessionload.report.capacity import markdown, page, terminal
from sessionload.report.capacity.model import build_capacity_model, hold_text
from sessionload.storage.output_folder import OutputFolder
from sessionload.storage.run_folder import RunFolder
from sessionload.suite.preflight import preflight
from sessionload.units import duration_text, parse_rate, parse_share, rate_text
from sessionload.verdict.finalize import finalize_result

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.capacity.capacity_report import HoldRow
    from sessionload.capacity.hold import Hold
    from sessionload.cli.interruption import Interruption
    from sessionload.cli.setup_run import PreparedRun
    from sessionload.config.read import RunRequest
    from sessionload.config.scenario import Scenario
    from sessionload.distribution.process_setup import MasterSetup
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result

_EXIT_CODES = {Ending.FOUND: 0, Ending.OPEN: 0, Ending.TOO_HIGH: 1}
_CANNOT_SAY = 3
RESULT = "capacity.json"
_SUMMARY = "capacity.md"
_PAGE = "capacity.html"
_PAGES = {_PAGE: page.render, _SUMMARY: markdown.render, "junit.xml": capacity_junit.render}
_HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class CapacityOptions:
    """What `sessionload capacity` was asked for."""

    request: RunRequest
    variables: dict[str, str]
    """The environment variables of its runs."""
    lowest: str
    highest: str
    precision: str = "5%"
    out: Path | None = None
    grace: str = "10s"
    quiet: bool = False
    workers: MasterSetup | None = None


@dataclass(slots=True)
class Bounds:
    """What a search goes by: the plan, the first run that it would make, and what to say beforehand."""

    plan: SearchPlan
    first: PreparedRun
    notes: list[str] = field(default_factory=list)


def _refuse_what_holds_cannot_show(scenario: Scenario) -> None:
    """Raise `InputError` for turns, and for what takes longer to see than a rate is held."""
    for target in scenario.targets:
        if target.metric.over_time is not None:
            message = f"'{target.expr}' needs a longer time at one rate than a search holds it"
            hint = "search with a copy of the scenario without it, and run that at the rate that is found"
            raise InputError("drift-in-search", message, place=Place("targets"), hint=hint)
    if scenario.turns is not None:
        message = "a search holds rates of session starts, and this scenario takes turns, too"
        hint = "search with a copy of the scenario without 'turns'"
        raise InputError("turns-in-search", message, place=scenario.turns_at, hint=hint)


def bounds_of(options: CapacityOptions) -> Bounds:
    """Check what was asked for. Raises `InputError`."""
    if options.request.scale is not None:
        message = "a search has rates of its own, so there is nothing to scale"
        hint = "leave it out; --from and --to say which rates are tried"
        raise InputError("option-without-meaning", message, place=Place("--scale"), hint=hint)
    lowest = option_value(parse_rate, options.lowest, "bad-rate", "--from")
    highest = option_value(parse_rate, options.highest, "bad-rate", "--to")
    precision = option_value(parse_share, options.precision, "bad-precision", "--precision")
    if highest < lowest:
        message = f"{rate_text(highest)} is below {rate_text(lowest)}, where the search begins"
        raise InputError("bad-range", message, place=Place("--to"), hint="write the lower rate after --from")
    if not 0 < precision <= 1:
        message = f"a precision of {options.precision} finds nothing"
        raise InputError("bad-precision", message, place=Place("--precision"), hint="write it like 5%")
    step = Search(SearchPlan(lowest, highest, precision, lambda _: 20)).step
    try:
        first = _prepared(options, step, lowest, 0)
    except InputError as error:
        if error.code != "unknown-stage":
            raise
        message = "a target names a stage of the scenario, and a search has stages of its own"
        hint = "leave out stage, stages and targets on recovery: each hold is judged by the targets"
        raise InputError("unknown-stage", message, place=error.place, hint=hint) from None
    _refuse_what_holds_cannot_show(first.spec.scenario)
    notes = []
    most = first.spec.environment.max_rate
    if most is not None and most < highest:
        name = first.spec.environment.name
        notes.append(f"no rate above {rate_text(most)} is tried: that is the max_rate of '{name}'")
        highest = most
    targets = first.spec.scenario.targets
    plan = SearchPlan(lowest, highest, precision, lambda rate: seconds_needed(rate, targets))
    cost, allowed = worst_case(plan), first.spec.environment.max_sessions
    if allowed is not None and cost.sessions > allowed:
        message = f"a search may take {cost.sessions:,} session starts, over the max_sessions {allowed:,}"
        hint = "lower --to, ask for less precision, or raise max_sessions if the owner agrees"
        raise InputError("too-many-sessions", message, place=Place("--to"), hint=hint)
    return Bounds(plan, first, notes)


def plan_text(bounds: Bounds) -> str:
    """Return what a search would cost at most, and how long a rate is held."""
    plan, environment = bounds.plan, bounds.first.spec.environment
    cost = worst_case(plan)
    lowest, highest = rate_text(plan.lowest), rate_text(plan.highest)
    shortest, longest = sorted((plan.seconds_for(plan.lowest), plan.seconds_for(plan.highest)))
    each = f"{shortest} s" if shortest == longest else f"{shortest} s to {longest} s"
    minutes = -(-cost.seconds // 60)
    lines = (
        f"capacity of {environment.name} from {lowest} to {highest}, to {float(plan.precision) * 100:g} %",
        *bounds.notes,
        f"a rate is held for {each}, and longer where it may be noise or the answer",
        f"at most {cost.sessions:,} sessions in about {minutes} minutes, if the limit does not move",
        "Nothing was sent.",
    )
    return "\n".join(lines)


def capacity(options: CapacityOptions, interruption: Interruption) -> int:
    """Search, write what was found, say it, and return the exit code. Raises `SessionloadError`."""
    interruption.grace_s = grace_option(options.grace)
    bounds = bounds_of(options)
    scenario = bounds.first.spec.scenario.name
    path = options.out if options.out is not None else REPORTS / f"capacity-{scenario}-{new_run()[0]}"
    folder = OutputFolder.create(path, [RESULT, *_PAGES, _HOLDS])
    search = _LiveSearch(options, bounds, folder, interruption)
    try:
        report = search.run()
    except BaseException:
        folder.discard()
        raise
    interruption.concluding()
    errors = []
    try:
        folder.write(RESULT, report.text())
    except ResultError as error:
        errors.append(error)
    model = build_capacity_model(report)
    written = write_views(page_views(model, _PAGES, drawn=(_PAGE,)), folder)
    warnings = [*add_to_step_summary(written, _SUMMARY), *notes(written.undrawn, "then search again")]
    with interruption.speaking():
        show(terminal.render(model, columns_of_output()))
        for warning in (*warnings, *(f"error: {error}" for error in (*errors, *written.errors))):
            warn(warning)
        say(folder.path)
    if errors or written.errors:
        return ResultError.exit_code
    return _EXIT_CODES.get(search.answer.ending, _CANNOT_SAY) if search.answer else interruption.exit_code


class _LiveSearch:
    """A search against an environment: each step is a run, and its pieces are judged together."""

    def __init__(
        self, options: CapacityOptions, bounds: Bounds, folder: OutputFolder, interruption: Interruption
    ) -> None:
        self._options = options
        self._bounds = bounds
        self._folder = folder
        self._interruption = interruption
        self._search = Search(bounds.plan)
        self._rows: list[HoldRow] = []
        self._pieces: list[Slice] = []
        self._runs = 0
        self._sessions = Fraction(0)
        """How many sessions the runs were planned to take, those around the holds included."""

    @property
    def answer(self) -> Answer | None:
        """What was found; `None` where a signal came before."""
        return self._search.answer

    def run(self) -> CapacityReport:
        """Search to the end, or to a signal. Raises `PreflightError` before any load."""
        begun = time.monotonic()
        first = self._bounds.first
        with ExitStack() as stack:
            try:
                first = with_server(first, stack)
                answer = preflight(first.spec)
                name, taken = first.spec.environment.name, duration_text(answer.elapsed_ns)
                self._say(f"preflight of {name} passed in {taken}")
                for note in self._bounds.notes:
                    self._say(note)
                while (step := self._search.step) is not None and self._interruption.name is None:
                    self._hold(step, first)
            except Interrupted:
                if not self._runs:
                    raise
        return self._report(time.monotonic() - begun)

    def _hold(self, step: Hold, first: PreparedRun) -> None:
        most, takes = first.spec.environment.max_sessions, sessions_of(step, self._bounds.plan.lowest)
        if most is not None and self._sessions + takes > most:
            self._search.give_up(f"the limit moved, and to go on would take more than max_sessions {most:,}")
            return
        self._sessions += takes
        self._interruption.between_loads()
        if not self._search.goes_on:
            self._pieces = []
        self._runs += 1
        prepared = _prepared(self._options, step, self._bounds.plan.lowest, self._runs)
        if first.stub is not None:
            prepared = at_stub(prepared, first.stub)
        name = f"{_HOLDS}/{self._runs:02d}-{rate_text(step.rate).removesuffix('/s')}"
        folder = RunFolder.create(self._folder.path / name)
        result = self._measured(prepared, folder)
        folder.write_result(result)
        if result.run.interrupted:
            return
        slices = result.measurement.slices
        self._pieces += [slices[place] for place in sorted(slices) if place[0] == HELD]
        shown = judge_hold(self._pieces, result.targets, result.verdict)
        row = row_of(step, shown, self._pieces, run=name)
        if self._search.goes_on:
            self._rows.pop()
        self._rows.append(row)
        self._search.take(shown)
        self._say(hold_text(row))

    def _measured(self, prepared: PreparedRun, folder: RunFolder) -> Result:
        """Perform one run with a generator of its own."""
        options, header = self._options, prepared.spec.header
        totals = folder.totals()
        totals.workers = options.workers.workers if options.workers else 1
        with (
            Progress(header, workers=totals.workers, quiet=options.quiet) as progress,
            generator_of(options.variables, options.workers) as generator,
        ):
            if not generator.is_ready():
                raise not_started(generator, prepared)
            folder.begin(header)
            self._interruption.under_load(generator.stop, generator.cut, generator.kill)
            generator.start(prepared.inputs)
            aborted_by = follow(generator, prepared, totals, folder, progress, self._interruption)
        return finalize_result(
            header,
            totals,
            interrupted=None if all_ended(totals, header.planned) else self._interruption.name,
            aborted_by=aborted_by,
            notes=folder.notes,
        )

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            warn(text)

    def _report(self, elapsed_s: float) -> CapacityReport:
        plan, header = self._bounds.plan, self._bounds.first.spec.header
        answer = self.answer
        low = max((row.rate for row in self._rows if row.shown == "met"), default=None)
        return CapacityReport(
            id=header.run.id,
            started=header.run.started,
            seconds=round(elapsed_s, 3),
            version=sessionload.__version__,
            interrupted=None if answer else self._interruption.name,
            scenario=header.scenario["name"],
            description=header.scenario.get("description", ""),
            environment=dict(header.environment),
            contract=dict(header.contract),
            targets=[target.expr for target in header.targets],
            lowest=float(plan.lowest),
            highest=float(plan.highest),
            precision=float(plan.precision),
            ending=answer.ending.value if answer else "interrupted",
            low=_number(answer.low) if answer else low,
            high=_number(answer.high) if answer else None,
            because=answer.because if answer else "",
            notes=self._bounds.notes,
            labels=written_labels(header.run.labels),
            holds=self._rows,
        )


def _number(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)


def _prepared(options: CapacityOptions, step: Hold | None, lowest: Fraction, number: int) -> PreparedRun:
    """Return the run of one piece: the scenario with stages of the step, and a seed of its own."""
    assert step is not None  # noqa: S101 - a search that has ended holds nothing
    given = [Given("load.stages", stages_of(step, lowest), Place("--from"))]
    prepared = prepare_run(replace(options.request, given=given), options.variables)
    seed = Given("seed", prepared.spec.scenario.seed + number, Place("--from"))
    return prepare_run(replace(options.request, given=[*given, seed]), options.variables)

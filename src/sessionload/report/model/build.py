"""A result, turned into the rows that all views share.

`build_report_model` is the only way from a `Result` to a `ReportModel`, and a view sees nothing but the
model, so every number in every view is made here, once. Shares and durations are of the arrivals of the
measured stages, as the verdict is, and of a run that ended early only what was measured until then; outcomes
are counted for the whole run too, so that they can be added up.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.stage_sums import over
from sessionload.report.model.abort_window import shown_targets
from sessionload.report.model.about import STUB_NOTE, about, description, is_stub
from sessionload.report.model.backlog_sentence import backlog_sentence
from sessionload.report.model.busy_clients import busy_clients_sentence
from sessionload.report.model.by_rate import group_width, groups, rate_rows
from sessionload.report.model.figures import count_row, latency_row
from sessionload.report.model.generator_statement import generator_statement, health
from sessionload.report.model.headline import headline_sentence
from sessionload.report.model.heat_map import HeatMapBuilder
from sessionload.report.model.lateness_gap import cause_of, lateness_gap_sentence, lateness_gaps
from sessionload.report.model.load_text import stage_rate_text
from sessionload.report.model.percentile_spectrum import percentile_spectrum
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import NOTHING, counted, latency_text, milliseconds, share_of, timed
from sessionload.report.model.reproduce import shell_line
from sessionload.report.model.rows import (
    CountRow,
    Fact,
    FindingRow,
    ReportModel,
    StageRow,
    TargetRow,
)
from sessionload.report.model.run_facts import run_facts
from sessionload.report.model.served_in_time import budget_sentence, served_in_time
from sessionload.report.model.sums import Cells, rates
from sessionload.report.model.time_axis import clock, step_for
from sessionload.report.model.timeline import (
    SHOWN,
    Timeline,
    quantiles,
    shown_length,
    shown_spans,
    spans,
    walk,
)
from sessionload.report.model.turns import turn_findings, turn_glance, turn_report
from sessionload.report.model.worker_lines import worker_line
from sessionload.units import NS, duration_text, share_text
from sessionload.verdict.measured_part import until_text
from sessionload.verdict.targets import BoundKind, parse_target, stages_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.metrics.slices import Slice
    from sessionload.report.model.rows import HeatMap
    from sessionload.report.model.timeline import ChartStep
    from sessionload.verdict.result import Result
    from sessionload.verdict.targets import Target
    from sessionload.verdict.verdict import JudgedTarget

__all__ = ("MOST_POINTS", "NOTHING", "build_report_model", "latency_text", "milliseconds")

MOST_POINTS = 600
"""A picture shows at most this many steps of a run."""

_LATENCIES = {
    "response": "from due to done, over all arrivals; without a valid session it is never",
    "answered": "from due to done, of whatever got an answer",
    "service": "from sent to done, of whatever got an answer",
    "lateness": "from due to sent: lag and queueing together",
    "lag": "the part of the lateness that the generator itself caused",
    "connect": "opening a connection, where one was opened; part of service",
    "tls": "the TLS handshake, where there was one; part of service",
    "first_byte": "from sent to the first byte of an answer; part of service",
}
_ONLY_IF_SEEN = frozenset({"connect", "tls", "first_byte"})
_OUTCOMES = {
    Outcome.OK: "a valid session",
    Outcome.CONTRACT_VIOLATION: "an answer that the contract does not allow",
    Outcome.REJECTED: "401 or 403: the API key was not accepted",
    Outcome.THROTTLED: "429: too many requests",
    Outcome.SERVER_ERROR: "500 to 599",
    Outcome.TIMEOUT: "the deadline for the whole exchange passed",
    Outcome.CONNECTION_ERROR: "refused, reset, closed, or TLS not verified",
    Outcome.PROTOCOL_ERROR: "not an HTTP/1.1 response, or too large a one",
    Outcome.ABORTED: "cut by the generator at the end of the drain",
}


def build_report_model(result: Result) -> ReportModel:
    """Return the rows of all views."""
    done = rates(result)
    width = group_width(max(done.values(), default=0))
    cells = Cells(result, groups(done, width))
    steps, causes, heat = _steps(result, cells)
    sums = cells.sums()
    ended_early = result.run.measured_until_s is not None
    every, measured = over(result.measurement) if ended_early else sums.all_stages, sums.measured
    gaps = lateness_gaps(steps, causes)
    accounting = result.accounting
    return ReportModel(
        title=plain(str(result.scenario.get("name", "")), 200) or "unnamed scenario",
        description=description(result),
        about=tuple(about(result)),
        stub_note=STUB_NOTE if is_stub(result.environment) else "",
        verdict=result.verdict.state.name,
        sentence=plain(headline_sentence(result, measured)),
        state=result.verdict.state,
        run_id=plain(result.run.id),
        started=plain(result.run.started),
        elapsed_s=result.run.seconds,
        version=plain(result.run.version),
        identity=accounting.sentence,
        closes=accounting.closes,
        targets=tuple(_targets(result)),
        reasons=tuple(plain(reason) for reason in result.verdict.reasons),
        glance=(*_glance(measured), *served_in_time(result, measured), *turn_glance(result)),
        budget=budget_sentence(result, measured),
        latency=tuple(
            latency_row(name, meaning, getattr(measured, name))
            for name, meaning in _LATENCIES.items()
            if name not in _ONLY_IF_SEEN or getattr(measured, name)
        ),
        stages=tuple(_stages(result, sums.stages)),
        outcomes=tuple(_outcomes(result, every, measured)),
        statuses=tuple(_statuses(every, measured)),
        measured_until=until_text(result.run.measured_until_s),
        measured=f"{measured.accounted:,} measured",
        answered=f"{sum(measured.statuses.values()):,} answered",
        findings=(*_findings(result), *turn_findings(result)),
        generator=tuple(health(result.measurement.generator, measured)),
        workers=tuple(map(worker_line, result.workers)),
        run_facts=tuple(run_facts(result)),
        spans=shown_spans(result),
        timeline=Timeline(result),
        chart_steps=steps,
        heat_map=heat,
        by_rate=tuple(rate_rows(done, sums.groups, width)),
        lateness_gaps=gaps,
        lateness_statement=". ".join(
            filter(
                None,
                (
                    lateness_gap_sentence(steps, gaps),
                    busy_clients_sentence(result),
                    backlog_sentence(result, every),
                ),
            )
        ),
        generator_statement=generator_statement(result, measured),
        response=percentile_spectrum(measured.response),
        service=percentile_spectrum(measured.service),
        turns=turn_report(result, steps),
    )


def _steps(result: Result, cells: Cells) -> tuple[tuple[ChartStep, ...], Sequence[str], HeatMap]:
    """Return the steps of the run, for each why its percentiles differ, and the heat map; fill `cells`."""
    seconds = shown_length(result)
    step = step_for(seconds, MOST_POINTS)
    heat = HeatMapBuilder([slice_.valid for slice_ in result.measured_slices.values()], seconds, step)
    steps, causes = [], []
    for point, step_sum in walk(result, step, cells):
        steps.append(point)
        causes.append(cause_of(step_sum, point.answered_p99_ns, point.service_p99_ns))
        heat.add(point.start_s, step_sum)
    return tuple(steps), causes, heat.heat_map()


def _targets(result: Result) -> Iterator[TargetRow]:
    for judged, target in zip_longest(shown_targets(result), result.targets):
        if judged is not None:
            yield _target(judged, target if target and target.name == judged.name else None)


def _target(judged: JudgedTarget, target: Target | None) -> TargetRow:
    """Return the row of a target that was judged; `target` is as the scenario has it."""
    parsed = parse_target(judged.expr)
    drawn = (
        parsed.metric.view == "response"
        and parsed.metric.share is not None
        and parsed.kind is BoundKind.DURATION
        and judged.window is None
        and not judged.stages
    )
    stages = stages_text(judged.stages) if judged.stages else ""
    notes = (stages, f"in the window from {judged.window}" if judged.window else "", judged.note)
    return TargetRow(
        expr=plain(judged.expr),
        stages=plain(stages),
        window=f"in each window of {duration_text(target.window_s * NS)}"
        if target and target.window_s
        else "",
        state=judged.state,
        measured=plain(judged.measured),
        bound=plain(judged.bound),
        margin=plain(judged.margin) or NOTHING,
        samples=counted(judged.samples),
        note=plain("; ".join(note for note in notes if note)),
        bound_ns=parsed.bound.numerator if drawn else None,
        percentile=parsed.metric.name.rpartition("response.")[2] if drawn else "",
    )


def _glance(measured: Slice) -> tuple[Fact, ...]:
    response = zip(("p50", "p95", "p99"), quantiles(measured.response, SHOWN), strict=True)
    broken = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    return (
        *(Fact(f"Response {name}", latency_text(ns, measured.accounted)) for name, ns in response),
        Fact("Sent", share_of(measured.sent, measured.accounted)),
        Fact("Without a session", share_of(measured.errors, measured.accounted)),
        Fact("Broke the contract", f"{broken:,}"),
    )


def _stages(result: Result, sums: Sequence[Slice]) -> Iterator[StageRow]:
    for stage, span, stage_sum in zip(result.stages, spans(result), sums, strict=True):
        p50, p95, p99 = (timed(ns, stage_sum.accounted) for ns in quantiles(stage_sum.response, SHOWN))
        yield StageRow(
            name=span.label,
            load=stage_rate_text(stage),
            duration=duration_text(stage.duration_ns),
            warmup=stage.warmup,
            arrivals=counted(stage_sum.accounted),
            errors=share_text(stage_sum.errors, stage_sum.accounted) if stage_sum.accounted else NOTHING,
            p50=p50,
            p95=p95,
            p99=p99,
        )


def _outcomes(result: Result, every: Slice, measured: Slice) -> Iterator[CountRow]:
    """Yield how arrivals ended; those that were not sent, or lost, stand with the others if there are any."""
    whole = measured.accounted
    for outcome in Outcome:
        counts = (every.outcomes.get(outcome, 0), measured.outcomes.get(outcome, 0))
        yield count_row(outcome.value, _OUTCOMES[outcome], *counts, whole)
    if every.gave_up:
        meaning = f"waited {duration_text(result.patience_ns)} to be sent, and left"
        yield count_row("gave up", meaning, every.gave_up, measured.gave_up, whole)
    if left := every.unsent - every.gave_up:
        yield count_row("unsent", _why_unsent(result), left, measured.unsent - measured.gave_up, whole)
    if every.lost:
        yield count_row("lost", "nobody knows what became of them", every.lost, measured.lost, whole)


def _why_unsent(result: Result) -> str:
    """Return why arrivals that did not give up were not sent."""
    if not result.patience_ns:
        return "not sent before the run ended"
    if result.run.interrupted:
        return "not sent before the run was interrupted"
    if result.run.aborted_by:
        return "not sent before a target ended the run"
    return "not sent before the schedule ended"


def _statuses(every: Slice, measured: Slice) -> Iterator[CountRow]:
    whole = sum(measured.statuses.values())
    for status in sorted(every.statuses):
        counts = (every.statuses[status], measured.statuses.get(status, 0))
        yield count_row(f"HTTP {status}", "", *counts, whole)


def _findings(result: Result) -> tuple[FindingRow, ...]:
    findings = sorted(
        result.measurement.findings.values(), key=lambda finding: (-finding.count, finding.cause)
    )
    curl = shell_line(result)
    return tuple(
        FindingRow(
            cause=plain(finding.cause),
            outcome=plain(finding.outcome),
            message=plain(finding.message),
            example=plain(finding.example),
            count=counted(finding.count),
            seen=(
                f"first seen at {clock(finding.first_ns // NS)} (arrival {finding.first_index:,}),"
                f" last at {clock(finding.last_ns // NS)}"
            ),
            curl=plain(curl(finding.first_index)),
        )
        for finding in findings
    )

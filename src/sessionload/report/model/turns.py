"""The turns of a run as rows: each turn of the script, their durations, how they ended, and the run by step.

Durations and shares are of the turns of measured arrivals, as targets are judged; counts are of all stages
too, so that they can be added up. The steps are those of the charts of session starts, so that all charts of
a run have one axis of time. A run without turns has none of this.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.metrics.turn_slices import TurnSlice
from sessionload.report.model.figures import count_row, latency_row
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import NOTHING, counted, counted_noun, latency_text, timed
from sessionload.report.model.rows import Fact, FindingRow, TurnReport, TurnRow, TurnSecond, TurnStep
from sessionload.report.model.time_axis import clock
from sessionload.report.model.timeline import SHOWN, quantiles
from sessionload.units import NS, share_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.metrics.turn_measurement import TurnFinding
    from sessionload.report.model.rows import CountRow
    from sessionload.report.model.timeline import ChartStep
    from sessionload.verdict.result import Result
    from sessionload.verdict.turn_section import TurnSection

_LONGEST_SAID = 60
_LATENCIES = {
    "response": "from due to done, over all turns that became due; one that did not end well is never",
    "answered": "from due to done, of whatever got an answer",
    "service": "from sent to done, of whatever got an answer",
    "lag": "from due to sent, which the generator itself caused",
    "first_event": "from due to the first trace of a stream, of turns that ended well",
    "end_event": "from due to the end event of a stream, of turns that ended well",
}
_ONLY_IF_SEEN = frozenset({"first_event", "end_event"})
_OUTCOMES = {
    TurnOutcome.OK: "all that the contract promises of a turn",
    TurnOutcome.CONTRACT_VIOLATION: "an answer that the contract does not allow",
    TurnOutcome.REJECTED: "401 or 403, but for a dead key",
    TurnOutcome.THROTTLED: "429: too many requests",
    TurnOutcome.SERVER_ERROR: "500 to 599",
    TurnOutcome.TIMEOUT: "the deadline of the turn passed",
    TurnOutcome.CONNECTION_ERROR: "refused, reset, closed, or TLS not verified",
    TurnOutcome.PROTOCOL_ERROR: "not an HTTP/1.1 response, or too large a one",
    TurnOutcome.ABORTED: "cut by the generator at the end of the drain",
    TurnOutcome.ENDED_EARLY: "a stream that was over before its end event",
    TurnOutcome.DEAD_KEY: "401 to a key that no later start had ended",
}
_ASKED = {
    "share": "Share of arrivals",
    "mode": "Mode",
    "think": "Think time",
    "timeout": "Timeout",
    "max_open": "Open at once, at most",
}


def turn_report(result: Result, steps: Sequence[ChartStep]) -> TurnReport | None:
    """Return what there is to show of turns, by the steps of the charts; `None` if the run has none."""
    section = result.turns
    if section is None:
        return None
    asked = result.scenario["turns"]
    every, measured = section.over(), section.measured
    return TurnReport(
        identity=section.sentence,
        closes=section.closes,
        facts=tuple(_facts(asked, section)),
        rows=tuple(
            _row(number, str(said), section.of_turn(number)) for number, said in enumerate(asked["say"], 1)
        ),
        latency=tuple(
            latency_row(name, meaning, getattr(measured, name))
            for name, meaning in _LATENCIES.items()
            if name not in _ONLY_IF_SEEN or getattr(measured, name)
        ),
        outcomes=tuple(_outcomes(every, measured, section.lost)),
        measured=f"{measured.accounted:,} measured",
        steps=tuple(_steps(section, steps)),
        by_second=_by_second(section),
        streams=asked.get("mode") != "whole",
    )


def turn_glance(result: Result) -> tuple[Fact, ...]:
    """Return the figures of turns that stand on the first screen; none in a run without turns."""
    section = result.turns
    if section is None:
        return ()
    measured = section.measured
    (p95,) = quantiles(measured.response, SHOWN[1:2])
    facts = [Fact("Turn p95", latency_text(p95, measured.due))]
    if events := measured.first_event.count:
        (first,) = quantiles(measured.first_event, SHOWN[1:2])
        facts.append(Fact("First event p95", latency_text(first, events)))
    return tuple(facts)


def turn_findings(result: Result) -> tuple[FindingRow, ...]:
    """Return the faults of turns; a command that sends such a turn again there is none."""
    turns = result.measurement.turns
    findings: list[TurnFinding] = [] if turns is None else list(turns.findings.values())
    findings.sort(key=lambda finding: (-finding.count, finding.cause))
    return tuple(
        FindingRow(
            cause=plain(finding.cause),
            outcome=f"turn {plain(finding.outcome)}",
            message=plain(finding.message),
            example=plain(finding.example),
            count=counted(finding.count),
            seen=(
                f"first seen at {clock(finding.first_ns // NS)}"
                f" (turn {finding.turn:,} of arrival {finding.first_index:,}),"
                f" last at {clock(finding.last_ns // NS)}"
            ),
            curl="",
        )
        for finding in findings
    )


def _facts(asked: dict[str, Any], section: TurnSection) -> Iterator[Fact]:
    counts = section.measurement.counts
    for name, label in _ASKED.items():
        if name in asked:
            yield Fact(label, plain(str(asked[name]), _LONGEST_SAID))
    yield Fact("Planned", counted_noun(section.planned, "turn"))
    yield Fact("Conversations", f"{counts.conversations:,}")
    yield Fact("Most open at once", f"{max(section.open_by_second().values(), default=0):,}")
    yield Fact("Connections opened for turns", f"{counts.connections_opened:,}")
    if counts.keyless:
        yield Fact("Without a key to converse with", counted_noun(counts.keyless, "arrival"))
    if counts.earlier_keys_tried:
        tried = counted_noun(counts.earlier_keys_tried, "key")
        yield Fact(
            "Earlier keys of returning users", f"{tried} tried, {counts.earlier_keys_accepted:,} accepted"
        )


def _row(number: int, said: str, part: TurnSlice) -> TurnRow:
    due, events, ends = part.due, part.first_event.count, part.end_event.count
    durations = (
        *(timed(ns, due) for ns in quantiles(part.response, SHOWN)),
        *(timed(ns, events) for ns in quantiles(part.first_event, SHOWN[:2])),
        *(timed(ns, ends) for ns in quantiles(part.end_event, SHOWN[1:2])),
    )
    failed = [
        f"{count:,} {outcome}"
        for outcome in TurnOutcome
        if outcome is not TurnOutcome.OK and (count := part.outcomes.get(outcome, 0))
    ]
    if part.unsent:
        failed.append(f"{part.unsent:,} unsent")
    share = counted(part.errors)._replace(text=share_text(part.errors, due) if due else NOTHING)
    return TurnRow(
        number=str(number),
        says=plain(said, _LONGEST_SAID),
        cells=(counted(due), share, counted(part.skipped), *durations),
        note=", ".join(failed),
    )


def _outcomes(every: TurnSlice, measured: TurnSlice, lost: int) -> Iterator[CountRow]:
    """Yield how turns ended, all of the closed set; what was not sent stands with them if there is any."""
    whole = measured.accounted
    for outcome in TurnOutcome:
        counts = (every.outcomes.get(outcome, 0), measured.outcomes.get(outcome, 0))
        yield count_row(outcome.value, _OUTCOMES[outcome], *counts, whole)
    if every.unsent:
        meaning = "too many conversations were open, or the run was ended before"
        yield count_row("unsent", meaning, every.unsent, measured.unsent, whole)
    if every.skipped:
        meaning = "never due: the conversation had ended before"
        yield count_row("skipped", meaning, every.skipped, measured.skipped, whole)
    if lost:
        yield count_row("lost", "nobody knows what became of them", lost, 0, 0)


def _steps(section: TurnSection, steps: Sequence[ChartStep]) -> Iterator[TurnStep]:
    length = steps[0].length_s
    parts: defaultdict[int, TurnSlice] = defaultdict(TurnSlice)
    for second, part in section.by_second().items():
        parts[second // length] += part
    levels: defaultdict[int, int] = defaultdict(int)
    for second, level in section.open_by_second().items():
        levels[second // length] = max(levels[second // length], level)
    for number, step in enumerate(steps):
        part = parts[number]
        p50, p95, p99 = quantiles(part.first_event, SHOWN)
        yield TurnStep(
            start_s=step.start_s,
            length_s=step.length_s,
            stage=step.stage,
            open=levels[number],
            due=part.due,
            ok=part.outcomes.get(TurnOutcome.OK, 0),
            events=part.first_event.count,
            p50_ns=p50,
            p95_ns=p95,
            p99_ns=p99,
        )


def _by_second(section: TurnSection) -> dict[int, TurnSecond]:
    levels, parts = section.open_by_second(), section.by_second()
    seconds = {second: TurnSecond(level) for second, level in levels.items()}
    for second, part in parts.items():
        p50, p95 = quantiles(part.first_event, SHOWN[:2])
        ok = part.outcomes.get(TurnOutcome.OK, 0)
        seconds[second] = TurnSecond(levels.get(second, 0), part.due, ok, p50, p95)
    return seconds

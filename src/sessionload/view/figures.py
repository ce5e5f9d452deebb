"""A result, turned into the rows that all views share.

Law: every number in every view is made here, once. Idea: `prepare` is the only way from a `Result` to
a `Sheet`, and a view sees nothing but the sheet. Trap: outcomes count all arrivals, so that they can
be added up, while durations are of the measured stages only, as the verdict is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from sessionload.judge.targets import Kind, parse_target
from sessionload.measure.exchange import Outcome
from sessionload.measure.measurement import total
from sessionload.view.axes import clock
from sessionload.view.headline import sentence
from sessionload.view.plain import plain
from sessionload.view.rows import (
    CountRow,
    Fact,
    FindingRow,
    LatencyRow,
    Quantity,
    Sheet,
    StageRow,
    TargetRow,
)
from sessionload.view.spectrum import spectrum
from sessionload.view.timeline import points, quantile, spans
from sessionload.words.units import NS, duration, rate, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.judge.result import Result
    from sessionload.judge.verdict import JudgedTarget
    from sessionload.measure.generator import Generator
    from sessionload.measure.histogram import Histogram
    from sessionload.measure.slices import Slice
    from sessionload.plan.schedule import Stage

_Key = TypeVar("_Key")

MOST_POINTS = 600
"""A picture shows at most this many steps of a run."""

NOTHING = share(0, 0)
"""Shown where there is nothing to measure."""

_SHARES = (
    Fraction(1, 2),
    Fraction(9, 10),
    Fraction(19, 20),
    Fraction(99, 100),
    Fraction(999, 1000),
)
_LATENCIES = {
    "response": "from due to done, over all arrivals; without a valid session it is never",
    "answered": "from due to done, of whatever got an answer",
    "service": "from sent to done, of whatever got an answer",
    "lateness": "from due to sent: lag and queueing together",
    "lag": "the part of the lateness that is the generator's own guilt",
}
_OUTCOMES = {
    Outcome.OK: "a valid session",
    Outcome.CONTRACT_VIOLATION: "an answer that the contract does not allow",
    Outcome.REJECTED: "401 or 403: the API key was not accepted",
    Outcome.THROTTLED: "429: too many requests",
    Outcome.SERVER_ERROR: "500 to 599",
    Outcome.TIMEOUT: "the deadline for the whole exchange passed",
    Outcome.CONNECTION_ERROR: "refused, reset, closed, or TLS not verified",
    Outcome.PROTOCOL_ERROR: "not an HTTP/1.1 response, or too large a one",
    Outcome.ABORTED: "cut by the generator when its drain ran out",
}


def prepare(result: Result) -> Sheet:
    """Return the rows of all views."""
    measured = result.measured
    every = result.measurement.over()
    identity = result.identity()
    return Sheet(
        title=plain(str(result.scenario.get("name", "")), 200) or "unnamed scenario",
        word=result.verdict.state.name,
        sentence=plain(sentence(result, measured)),
        state=result.verdict.state,
        run_id=plain(result.run.id),
        started=plain(result.run.started),
        seconds=result.run.seconds,
        version=plain(result.run.version),
        identity=identity.sentence,
        closes=identity.closes,
        targets=tuple(_target(one) for one in result.verdict.targets),
        reasons=tuple(plain(reason) for reason in result.verdict.reasons),
        glance=_glance(measured),
        latency=tuple(_latency(name, meaning, measured) for name, meaning in _LATENCIES.items()),
        stages=tuple(_stages(result)),
        outcomes=tuple(
            _count(outcome.value, _OUTCOMES[outcome], outcome, every.outcomes, measured.outcomes)
            for outcome in Outcome
        ),
        statuses=tuple(
            _count(f"HTTP {status}", "", status, every.statuses, measured.statuses)
            for status in sorted(every.statuses)
        ),
        findings=_findings(result),
        generator=tuple(_generator(result.measurement.generator, measured)),
        ran=tuple(_ran(result)),
        spans=spans(result),
        seconds_of_run=points(result),
        steps_of_run=points(result, MOST_POINTS),
        response=spectrum(measured.response),
        service=spectrum(measured.service),
    )


def milliseconds(ns: int | None) -> float | None:
    """Return nanoseconds as milliseconds."""
    return None if ns is None else ns / 1_000_000


def latency_text(ns: int | None, samples: int) -> str:
    """Return a duration for people: `never`, or a dash where there were no samples."""
    return duration(ns) if samples else NOTHING


def _latency_quantity(ns: int | None, samples: int) -> Quantity:
    return Quantity(latency_text(ns, samples), milliseconds(ns))


def _whole(number: int) -> Quantity:
    return Quantity(f"{number:,}", number)


def _target(judged: JudgedTarget) -> TargetRow:
    parsed = parse_target(judged.expr)
    drawn = (
        parsed.metric.view == "response"
        and parsed.metric.share is not None
        and parsed.kind is Kind.DURATION
        and judged.window is None
    )
    notes = (f"in the window from {judged.window}" if judged.window else "", judged.note)
    return TargetRow(
        expr=plain(judged.expr),
        state=judged.state,
        measured=plain(judged.measured),
        bound=plain(judged.bound),
        margin=plain(judged.margin) or NOTHING,
        samples=_whole(judged.samples),
        note=plain("; ".join(note for note in notes if note)),
        bound_ns=parsed.bound.numerator if drawn else None,
        percentile=parsed.metric.name.rpartition("response.")[2] if drawn else "",
    )


def _glance(measured: Slice) -> tuple[Fact, ...]:
    response = measured.response
    broken = measured.outcomes.get(Outcome.CONTRACT_VIOLATION, 0)
    return (
        *(
            Fact(f"Response {name}", latency_text(quantile(response, part), response.count))
            for name, part in (("p50", Fraction(1, 2)), ("p95", Fraction(19, 20)), ("p99", Fraction(99, 100)))
        ),
        Fact("Sent", share(measured.sent, measured.accounted)),
        Fact("Without a session", share(measured.errors, measured.accounted)),
        Fact("Broke the contract", f"{broken:,}"),
    )


def _latency(name: str, meaning: str, measured: Slice) -> LatencyRow:
    histogram: Histogram = getattr(measured, name)
    count = histogram.count
    cells = [_latency_quantity(quantile(histogram, part), count) for part in _SHARES]
    return LatencyRow(
        name, meaning, (_whole(count), *cells, _latency_quantity(histogram.largest if count else None, count))
    )


def _load(stage: Stage) -> str:
    if stage.start_rate == stage.end_rate:
        return rate(stage.start_rate)
    return f"{rate(stage.start_rate)} to {rate(stage.end_rate)}"


def _stages(result: Result) -> Iterator[StageRow]:
    slices = result.measurement.slices
    for number, (stage, span) in enumerate(zip(result.stages, spans(result), strict=True)):
        part = total(one for (of, _), one in slices.items() if of == number)
        response = part.response
        p50, p95, p99 = (
            _latency_quantity(quantile(response, of), response.count)
            for of in (Fraction(1, 2), Fraction(19, 20), Fraction(99, 100))
        )
        yield StageRow(
            name=span.label,
            load=_load(stage),
            duration=duration(stage.duration_ns),
            warmup=stage.warmup,
            arrivals=_whole(part.accounted),
            p50=p50,
            p95=p95,
            p99=p99,
        )


def _count(
    name: str, meaning: str, key: _Key, every: Mapping[_Key, int], measured: Mapping[_Key, int]
) -> CountRow:
    count = every.get(key, 0)
    return CountRow(
        name, meaning, _whole(count), share(count, sum(every.values())), _whole(measured.get(key, 0))
    )


def _findings(result: Result) -> tuple[FindingRow, ...]:
    found = sorted(result.measurement.findings.values(), key=lambda one: (-one.count, one.cause))
    return tuple(
        FindingRow(
            cause=plain(one.cause),
            outcome=plain(one.outcome),
            message=plain(one.message),
            example=plain(one.example),
            count=_whole(one.count),
            seen=(
                f"first seen at {clock(one.first_ns // NS)} (arrival {one.first_index:,}),"
                f" last at {clock(one.last_ns // NS)}"
            ),
        )
        for one in found
    )


def _generator(generator: Generator, measured: Slice) -> Iterator[Fact]:
    lag = measured.lag
    for name, part in (("p50", Fraction(1, 2)), ("p99", Fraction(99, 100))):
        yield Fact(f"Lag {name}", latency_text(quantile(lag, part), lag.count))
    yield Fact("Lag max", latency_text(lag.largest, lag.count))
    if generator.wall_ns:
        yield Fact("Processor, whole run", f"{share(generator.cpu_ns, generator.wall_ns)} of a core")
    yield Fact("Processor, busiest second", f"{share(generator.peak_cpu_permille, 1000)} of a core")
    yield Fact("Memory, largest", f"{generator.peak_rss_bytes / 1_048_576:,.0f} MiB")
    yield Fact("In flight, most", f"{generator.peak_in_flight:,}")
    yield Fact("Connections opened", f"{generator.connections_opened:,}")
    yield Fact("Users started", f"{generator.users_started:,}")
    yield Fact("Session keys compared", f"{generator.keys_checked:,}")
    yield Fact("Session keys forgotten", f"{generator.keys_forgotten:,}")


def _ran(result: Result) -> Iterator[Fact]:
    run = result.run
    yield Fact("Run", plain(run.id))
    yield Fact("Started", plain(run.started))
    yield Fact("Took", duration(round(run.seconds * NS)))
    yield Fact("Seed", str(run.seed))
    yield Fact("Version", plain(run.version))
    for group in (("environment", result.environment), ("contract", result.contract)):
        yield from _flat(*group)
    for name, value in result.scenario.items():
        if name != "targets":
            yield from _flat(f"scenario.{name}", value)


def _flat(label: str, value: Any) -> Iterator[Fact]:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name != "stages":
                yield from _flat(f"{label}.{name}", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield Fact(plain(label, 100), plain(", ".join(str(one) for one in value), 300))
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield Fact(plain(label, 100), plain(text, 300))

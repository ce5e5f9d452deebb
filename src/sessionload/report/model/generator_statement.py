"""The generator's own state: as facts, and as a statement on whether its measurements can be trusted.

The statement doubts what the verdict doubts, and gives the limit beside each value. Limits that the generator
exceeded are kept apart from an interruption, so a run that was stopped does not read like a bad measurement.
A healthy generator says nothing about the server, and nothing about what was never measured.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import counted_noun, latency_text
from sessionload.report.model.rows import Fact
from sessionload.report.model.timeline import quantiles
from sessionload.units import duration_text, share_text
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.metrics.generator_health import GeneratorHealth
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.evidence import Limits
    from sessionload.verdict.result import Result

_HALF, _P99 = Fraction(1, 2), Fraction(99, 100)
_GENERATOR_CAUSE = "generator/"
_DOUBTS = {"generator/late_deadline": "paused past deadlines", "generator/defect": "had a defect"}
_RESOURCES = "ran out of resources"


def health(generator: GeneratorHealth, measured: Slice) -> Iterator[Fact]:
    """Yield what the generator used and what slowed it: lag of the measured stages, else of the run."""
    lag = measured.lag
    middle, late = quantiles(lag, (_HALF, _P99))
    samples = measured.sent
    yield Fact("Lag p50", latency_text(middle, samples))
    yield Fact("Lag p99", latency_text(late, samples))
    yield Fact("Lag max", latency_text(lag.largest, samples))
    yield Fact("Processes", f"{generator.workers:,}")
    if generator.wall_ns:
        yield Fact("Processor, whole run", f"{share_text(generator.cpu_ns, generator.wall_ns)} of a core")
    yield Fact("Processor, busiest second", f"{share_text(generator.busiest_permille, 1000)} of a core")
    yield Fact("Waited for a processor", duration_text(generator.run_queue_wait_ns))
    yield Fact("Waited for a processor, worst second", duration_text(generator.longest_run_queue_wait_ns))
    yield Fact("Garbage collections", f"{generator.gc_collections:,}")
    yield Fact("Garbage collection, total", duration_text(generator.gc_ns))
    yield Fact("Garbage collection, longest", duration_text(generator.gc_longest_ns))
    yield Fact("Memory, peak", f"{generator.peak_rss_bytes / 1_048_576:,.0f} MiB")
    yield Fact("In flight, peak", f"{generator.peak_in_flight:,}")
    yield Fact("Connections opened", f"{generator.connections_opened:,}")
    if generator.addresses:
        counts = (f"{plain(address)} ({count:,})" for address, count in generator.addresses.items())
        yield Fact("Connections by address", ", ".join(counts))
    if generator.tls_resumed:
        yield Fact("TLS sessions resumed", f"{generator.tls_resumed:,}")
    yield Fact("Users started", f"{generator.users_started:,}")
    yield Fact("Session keys compared", f"{generator.keys_checked:,}")
    yield Fact("Session keys forgotten", f"{generator.keys_forgotten:,}")
    if generator.keys_unchecked:
        yield Fact("Session keys not compared between workers", f"{generator.keys_unchecked:,}")


def generator_statement(result: Result, measured: Slice) -> str:
    """Return whether the measurements can be trusted, and why, without the last full stop."""
    limits = result.limits
    generator, findings = result.measurement.generator, result.measurement.findings
    (late,) = quantiles(measured.lag, (_P99,))
    doubts = [
        *(["was late"] if late is not None and late > limits.lag_p99_ns else []),
        *(["was too busy"] if generator.cpu_share > limits.cpu_share else []),
        *dict.fromkeys(_DOUBTS.get(cause, _RESOURCES) for cause in sorted(filter(_is_own, findings))),
        *(["lost arrivals"] if result.lost > result.planned * limits.lost_share else []),
        *([] if result.accounting.closes else ["does not account for every arrival"]),
    ]
    if doubts:
        opening = f"Do not trust these numbers: the generator {_listed(doubts)}"
    elif not measured.sent:
        opening = "There is nothing to trust: nothing was sent in the measured stages"
    elif result.verdict.state is State.VOID:
        first, *others = result.verdict.reasons
        further = f" ({counted_noun(len(others), 'further reason')})" if others else ""
        opening = (
            f"The generator kept within its limits, but the run is void, because {plain(first)}{further}"
        )
    else:
        opening = "These numbers can be trusted: the generator kept within its limits"
    return f"{opening}. {_evidence(result, measured, late, limits)}"


def _evidence(result: Result, measured: Slice, late: int | None, limits: Limits) -> str:
    generator = result.measurement.generator
    cpu, most = generator.cpu_share, limits.cpu_share
    busy = f"{share_text(cpu.numerator, cpu.denominator)} of a core" if generator.wall_ns else "not known"
    share = limits.lost_share
    allowed = f" (limit {share_text(share.numerator, share.denominator)} of all)" if share else ""
    collections = counted_noun(generator.gc_collections, "run")
    return (
        f"Lag p99 was {latency_text(late, measured.sent)} (limit {duration_text(limits.lag_p99_ns)}),"
        f" processor time {busy} (limit {share_text(most.numerator, most.denominator)});"
        f" garbage collection took {duration_text(generator.gc_ns)} in {collections},"
        f" {duration_text(generator.gc_longest_ns)} at longest;"
        f" {counted_noun(generator.workers, 'process', 'processes')},"
        f" {counted_noun(result.lost, 'arrival')} lost{allowed}"
    )


def _is_own(cause: str) -> bool:
    return cause.startswith(_GENERATOR_CAUSE)


def _listed(phrases: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(phrases[:-1]), phrases[-1])))

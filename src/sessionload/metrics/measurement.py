"""All that a run, a second of it, or a worker's part of it measured, as one value with `+`.

Law: measurements add; adding is associative and commutative, and the empty one is zero, so seconds
and workers can be summed in any order. Idea: everything is kept by stage and second of *due* time,
and every total is a sum over the slices asked for. Trap: counts must not be added twice, so deltas
are numbered where they travel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.slices import Slice
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.metrics.exchange import Exchange, Failure

_MOST_CAUSES = 200
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finding:
    """Equal faults, seen `count` times. Instants are nanoseconds since the start of the schedule."""

    cause: str
    outcome: str
    message: str
    example: str
    count: int
    first_index: int
    first_ns: int
    last_ns: int

    def __add__(self, other: Self) -> Finding:
        early, late = sorted((self, other), key=lambda one: (one.first_ns, one.first_index))
        return replace(early, count=self.count + other.count, last_ns=max(early.last_ns, late.last_ns))


@dataclass(slots=True)
class Flow:
    """How many exchanges began and ended in one second of the run, whenever they were due."""

    sent: int = 0
    done: int = 0


@dataclass(slots=True)
class Measurement:
    """Slices by (stage, second), traffic by second, findings by cause, and the generator's own state."""

    slices: dict[tuple[int, int], Slice] = field(default_factory=dict)
    flow: dict[int, Flow] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    generator: GeneratorHealth = field(default_factory=GeneratorHealth)
    sent: int = 0
    """Counted when an exchange begins, apart from the outcomes, so that the two can be compared."""

    def slice_at(self, stage: int, due_ns: int) -> Slice:
        """Return the slice of `stage` in which `due_ns` falls, made if it is new."""
        key = (stage, due_ns // NS)
        found = self.slices.get(key)
        if found is None:
            found = self.slices[key] = Slice()
        return found

    def flow_at(self, instant_ns: int) -> Flow:
        """Return the traffic of the second in which `instant_ns` falls, made if it is new."""
        second = instant_ns // NS
        found = self.flow.get(second)
        if found is None:
            found = self.flow[second] = Flow()
        return found

    def record_sent(self, *sent_ns: int) -> None:
        """Count exchanges that begin at these instants."""
        self.sent += len(sent_ns)
        for second, count in Counter([instant // NS for instant in sent_ns]).items():
            self.flow_at(second * NS).sent += count

    def record_done(self, stage: int, *exchanges: Exchange) -> None:
        """Count exchanges of a stage that have ended."""
        by_second: dict[int, list[Exchange]] = {}
        for exchange in exchanges:
            by_second.setdefault(exchange.due_ns // NS, []).append(exchange)
            if exchange.failure is not None:
                self._find(exchange, exchange.failure)
        for second, part in by_second.items():
            self.slice_at(stage, second * NS).record(*part)
        for second, count in Counter([exchange.done_ns // NS for exchange in exchanges]).items():
            self.flow_at(second * NS).done += count

    def record_unsent(self, stage: int, due_ns: int, count: int = 1) -> None:
        """Count arrivals of the second of `due_ns` that were planned and never sent."""
        self.slice_at(stage, due_ns).unsent += count

    def _find(self, exchange: Exchange, fault: Failure) -> None:
        self._add_finding(
            Finding(
                fault.cause,
                exchange.outcome.value,
                fault.message,
                fault.example,
                1,
                exchange.index,
                exchange.done_ns,
                exchange.done_ns,
            )
        )

    def _add_finding(self, finding: Finding) -> None:
        known = self.findings.get(finding.cause)
        self.findings[finding.cause] = known + finding if known else finding
        if len(self.findings) > _MOST_CAUSES + (_OTHER in self.findings):
            # The last of the alphabet gives way, not the last to come: adding must not mind order.
            last = self.findings.pop(max(cause for cause in self.findings if cause != _OTHER))
            self._add_finding(replace(last, cause=_OTHER, message="further causes, not told apart"))

    def __iadd__(self, other: Self) -> Self:
        for (stage, second), part in other.slices.items():
            mine = self.slice_at(stage, second * NS)
            mine += part
        for second, flow in other.flow.items():
            traffic = self.flow_at(second * NS)
            traffic.sent += flow.sent
            traffic.done += flow.done
        for finding in other.findings.values():
            self._add_finding(finding)
        self.generator += other.generator
        self.sent += other.sent
        return self

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """Return a JSON object, seconds and stages in rising order; histograms may be told `raw`."""
        return {
            "sent": self.sent,
            "slices": [
                {"stage": stage, "second": second, **part.to_json(raw=raw)}
                for (stage, second), part in sorted(self.slices.items())
            ],
            "flow": [[second, flow.sent, flow.done] for second, flow in sorted(self.flow.items())],
            "findings": [
                {name: getattr(finding, name) for name in Finding.__slots__}
                for _, finding in sorted(self.findings.items())
            ],
            "generator": self.generator.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            slices={(part["stage"], part["second"]): Slice.from_json(part) for part in data["slices"]},
            flow={second: Flow(sent, done) for second, sent, done in data["flow"]},
            findings={finding["cause"]: Finding(**finding) for finding in data["findings"]},
            generator=GeneratorHealth.from_json(data["generator"]),
            sent=data["sent"],
        )

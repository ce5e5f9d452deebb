"""What a target about turns reads, and what it would read without the generator's own lag."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.metrics.turn_exchange import TURN_ANSWERED, TurnOutcome
from sessionload.metrics.turn_slices import TurnSlice
from sessionload.verdict.metric_values import CountValue, MetricValue, holds, value_of
from sessionload.verdict.targets import TURN

if TYPE_CHECKING:
    from collections.abc import Collection

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.measurement import Measurement
    from sessionload.verdict.targets import Target

_VIOLATIONS = "contract_violations"
_ALL = frozenset(TurnOutcome)
_CHECKED = frozenset({TurnOutcome.OK, TurnOutcome.CONTRACT_VIOLATION, TurnOutcome.ENDED_EARLY})
_SHOWN_BY: dict[str, tuple[TurnOutcome, Collection[TurnOutcome]]] = {
    "contract_violations": (TurnOutcome.CONTRACT_VIOLATION, _CHECKED),
    "ended_early": (TurnOutcome.ENDED_EARLY, TURN_ANSWERED),
    "dead_keys": (TurnOutcome.DEAD_KEY, TURN_ANSWERED),
    "throttled": (TurnOutcome.THROTTLED, TURN_ANSWERED),
    "rejected": (TurnOutcome.REJECTED, TURN_ANSWERED),
    "server_errors": (TurnOutcome.SERVER_ERROR, TURN_ANSWERED),
    "timeouts": (TurnOutcome.TIMEOUT, _ALL),
    "connection_errors": (TurnOutcome.CONNECTION_ERROR, _ALL),
    "protocol_errors": (TurnOutcome.PROTOCOL_ERROR, _ALL),
}
_BURST = (
    TurnOutcome.THROTTLED,
    TurnOutcome.SERVER_ERROR,
    TurnOutcome.TIMEOUT,
    TurnOutcome.CONNECTION_ERROR,
)
"""What a pause of the generator can bring about; see `without_lag`."""
_EXCUSED = {
    "error_rate": _BURST,
    "throttled": _BURST[:1],
    "server_errors": _BURST[1:2],
    "timeouts": _BURST[2:3],
    "connection_errors": _BURST[3:],
}


def turn_value(target: Target, part: TurnSlice) -> MetricValue:
    """Return what a target about turns looks at in a slice."""
    metric = target.metric
    if metric.view:
        view: Histogram = getattr(part, metric.view.removeprefix(TURN))
        return view
    name = metric.counted
    if name in _SHOWN_BY:
        outcome, shown_by = _SHOWN_BY[name]
        evidence = sum(count for seen, count in part.outcomes.items() if seen in shown_by)
        return CountValue(part.outcomes.get(outcome, 0), part.due, evidence)
    counted = {"error_rate": part.errors, "unsent": part.unsent}
    return CountValue(counted[name], part.due, part.due)


def turn_reading(target: Target, measurement: Measurement, measured: TurnSlice) -> MetricValue:
    """Return what a target reads from turns of a run; an earlier key that was accepted is a violation."""
    reading = turn_value(target, measured)
    turns = measurement.turns
    if turns is None or target.metric.counted != _VIOLATIONS or not isinstance(reading, CountValue):
        return reading
    tried, accepted = turns.counts.earlier_keys_tried, turns.counts.earlier_keys_accepted
    return CountValue(reading.part + accepted, reading.whole + tried, reading.count + tried)


def turns_of(measurement: Measurement, judged: Collection[int]) -> TurnSlice:
    """Return the sum of all turns of arrivals of some stages, by their numbers."""
    slices = measurement.turns.slices if measurement.turns is not None else {}
    return sum((part for (stage, _, _), part in slices.items() if stage in judged), start=TurnSlice())


def is_missed_without_lag(target: Target, part: TurnSlice, longest_ns: int, *, is_pause: bool) -> bool:
    """Tell whether a target that is missed would be even if everything had come `longest_ns` earlier.

    That is the longest lag of anything in the run. If that is a pause of the generator, what a burst after it
    can cause is excused too.
    """
    if not longest_ns or not target.caps:
        return True
    reading = turn_value(target, part)
    if isinstance(reading, CountValue):
        names = _EXCUSED.get(target.metric.counted, ()) if is_pause else ()
        excused = sum(part.outcomes.get(name, 0) for name in names)
        return not holds(
            target, value_of(target, CountValue(reading.part - excused, reading.whole, reading.count))
        )
    value = value_of(target, reading)
    return value is None or not holds(target, max(Fraction(0), value - longest_ns))

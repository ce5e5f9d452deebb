"""What a target would read at best, had the generator not been late: its own lag is never the server's miss.

A target is missed only if it is missed even then. Slices cannot say exactly what that is, but they bound it,
and the bound is on the safe side. Without lag an arrival would have ended

- earlier by its own lag at most. Which lag belongs to which response is not known, so responses above the
  bound are paired with lags in the way that brings the most of them below it;
- earlier by how late its answer was read at most. While the generator paused, it read nothing. A pause shows
  as a lag above `max_lag` in some second. It may have begun before the first arrival that shows it was due,
  so four times the mean time between the arrivals of that second are added to the lag. Every arrival that was
  under way in such a second may have ended earlier by as much, and so may all that came later, as long as in
  each second somebody waited to be sent: a full server passes a delay on to whoever waits;
- with a valid session, if its own lag is above `max_lag` and it ended as what a burst after a pause can
  cause: 429, 5xx, a timeout, or a failed connection. A broken contract or a refused key is no matter of time;
- sent, and with a valid session, if it gave up with a lag above `max_lag`, or while the generator paused: as
  many as were due in as long a time as answers were read late, since no user was free later by more.

Only targets that suffer from lag are looked at, mostly upper bounds: lag makes nothing faster. Arrivals that
were lost may have been whatever the target asks for, so a target is not missed because of them either.
`docs/measurement.md` has the rule for people.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Self

from sessionload.metrics.buckets import bounds_of, bucket_of
from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.readings import edge_of, reading_of
from sessionload.workload.schedule import LONGEST_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.readings import Reading
    from sessionload.verdict.targets import Target

_WITH_OWN_LAG = frozenset({"response", "answered", "lateness"})
"""Views that count from the due instant."""
_BURST = frozenset({Outcome.THROTTLED, Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION_ERROR})
"""What the arrivals that were sent together after a pause can end as because of it."""
_EXCUSED = {
    "error_rate": _BURST,
    "throttled": {Outcome.THROTTLED},
    "server_errors": {Outcome.SERVER_ERROR},
    "timeouts": {Outcome.TIMEOUT},
    "connection_errors": {Outcome.CONNECTION_ERROR},
}
_OF_UNSENT = frozenset({"error_rate", "achieved_rate", "unsent"})
"""What arrivals that gave up are counted in, or are missing from."""
_GAPS = 4
"""A pause begins at most so many mean times between arrivals before the first one that shows it."""


class LagBySecond:
    """The longest lag of the arrivals due in each second, of all stages, and which of them are pauses."""

    def __init__(self, limit_ns: int, patience_ns: int = 0) -> None:
        """Begin without lags; one above `limit_ns` is a pause of the generator.

        `patience_ns` is how long arrivals wait to be sent before they give up.
        """
        self.limit_ns = limit_ns
        self._patience_ns = patience_ns
        self._longest: defaultdict[int, int] = defaultdict(int)
        self._arrivals: defaultdict[int, int] = defaultdict(int)
        self._pauses: list[int] = []
        self._waited: set[int] = set()
        """The seconds in which arrivals waited to be sent."""
        self._starts: dict[int, int] = {}
        """Of those, when what they waited for may have begun; what is not known yet is not in it."""
        self._carried_ns = 0
        self._forgotten = -1
        """The last second that was dropped, and the pauses that may still be felt after it."""

    @classmethod
    def of(cls, slices: Iterable[tuple[tuple[int, int], Slice]], limit_ns: int, patience_ns: int = 0) -> Self:
        """Return the lags of slices by (stage, second)."""
        lags = cls(limit_ns, patience_ns)
        for (_, second), part in slices:
            lags.add(second, part)
        return lags

    def add(self, second: int, part: Slice) -> None:
        """Take note of the lags of a slice."""
        longest = max(part.unqueued_lag.maximum, part.queued_lag.maximum, part.gave_up_lag.maximum)
        if longest > self.limit_ns and self._longest[second] <= self.limit_ns:
            self._pauses.insert(bisect_left(self._pauses, second), second)
        self._longest[second] = max(self._longest[second], longest)
        self._arrivals[second] += part.accounted
        if part.queued_lag.count or part.gave_up:
            self._waited.add(second)
            self._starts.clear()

    def forget(self, second: int) -> None:
        """Drop the lags of a second that is not asked for again, in their order."""
        if second not in self._waited:
            self._carried_ns = 0
        if self._pauses and self._pauses[0] == second:
            self._carried_ns += self._late_ns(second)
            del self._pauses[0]
        self._longest.pop(second, None)
        self._arrivals.pop(second, None)
        self._waited.discard(second)
        self._starts.clear()
        self._forgotten = second

    def longest(self, second: int) -> int:
        """Return the longest lag of the arrivals due in a second, in nanoseconds."""
        return self._longest.get(second, 0)

    @property
    def longest_of_all(self) -> int:
        """The longest lag of all arrivals, in nanoseconds."""
        return max(self._longest.values(), default=0)

    def pauses(self, first: int, last: int) -> list[int]:
        """Return the seconds from `first` to `last`, both included, that have a pause."""
        return self._pauses[bisect_left(self._pauses, first) : bisect_left(self._pauses, last + 1)]

    def under_way_until(self, second: int, slices: Iterable[Slice]) -> int:
        """Return the last second in which an arrival due in `second`, answered or given up, was under way."""
        longest_ns = max((_under_way_ns(part, self._patience_ns) for part in slices), default=0)
        return second + 1 + longest_ns // NS

    def read_late_ns(self, second: int, slices: Iterable[Slice]) -> int:
        """Return by how much the answers to the arrivals of a second may have been read late."""
        if not self._pauses and not self._carried_ns:
            return 0
        start = self._start(second)
        pauses = self.pauses(start, self.under_way_until(second, slices))
        carried_ns = self._carried_ns if start == self._forgotten else 0
        return carried_ns + sum(map(self._late_ns, pauses))

    def _late_ns(self, pause: int) -> int:
        return self._longest[pause] + _GAPS * NS // self._arrivals[pause]

    def _start(self, second: int) -> int:
        """Return the last second up to `second` in which nobody waited: no queue is older than that."""
        passed = []
        while second in self._waited and second not in self._starts:
            passed.append(second)
            second -= 1
        start = self._starts.get(second, second)
        self._starts.update(dict.fromkeys(passed, start))
        return start


def _under_way_ns(part: Slice, patience_ns: int) -> int:
    answered_ns = max(part.valid.maximum, part.refused.maximum)
    return max(answered_ns, patience_ns + part.gave_up_lag.maximum) if part.gave_up else answered_ns


def without_lag(
    target: Target, slices: list[Slice], *, longest_ns: int, read_late_ns: int, limit_ns: int
) -> Reading:
    """Return what `target` would read from slices at best without lag, and had no arrival been lost.

    `longest_ns` is their longest lag and `read_late_ns` by how much their answers may have been read late.
    """
    reading = _without_lag(target, slices, longest_ns, read_late_ns, limit_ns)
    lost = sum(part.lost for part in slices)
    return _without_loss(target, reading, lost) if lost else reading


def _without_loss(target: Target, reading: Reading, lost: int) -> Reading:
    """Count arrivals that were lost as what keeps the bound best: at once, or as late as can be."""
    name, caps = target.metric.name, target.caps
    if name == "error_rate" and caps:
        return reading._replace(part=reading.part - lost)
    if target.is_within or (name == "achieved_rate" and not caps):
        return reading._replace(part=reading.part + lost)
    if target.metric.view != "response":
        return reading
    if caps:
        return reading._replace(part=reading.part + lost, never=reading.never - lost)
    late_ns = lost * LONGEST_NS
    return reading._replace(
        never=reading.never - lost,
        total_ns=reading.total_ns + late_ns,
        most=max(reading.most, late_ns),
        least=late_ns if reading.least is None else reading.least,
    )


def _without_lag(
    target: Target, slices: list[Slice], longest_ns: int, read_late_ns: int, limit_ns: int
) -> Reading:
    reading = reading_of(target, slices)
    if not target.suffers_from_lag or not (longest_ns or read_late_ns):
        return reading
    late = sum(_late(part.sent_lag, limit_ns) for part in slices) if longest_ns > limit_ns else 0
    gave_up = _gave_up_for_lag(slices, read_late_ns, limit_ns)
    view = target.metric.view
    if target.is_within:
        lags = [part.sent_lag for part in slices] if longest_ns else []
        valid = [part.valid for part in slices]
        earlier = _earlier(valid, lags, edge_of(target), longest_ns, read_late_ns)
        served = earlier + _excused("error_rate", slices, late) + gave_up
        return reading._replace(part=min(reading.arrivals, reading.part + served))
    if not view:
        excused = _excused(target.metric.name, slices, late)
        excused += gave_up if target.metric.name in _OF_UNSENT else 0
        return reading._replace(part=reading.part - (excused if target.caps else -excused))
    if view == "lag":
        return reading._replace(part=reading.samples, total_ns=0, least=0, most=0)
    excused = _excused("error_rate", slices, late) + gave_up if view == "response" else 0
    own_ns = longest_ns if view in _WITH_OWN_LAG else 0
    lags = [part.sent_lag for part in slices] if own_ns else []
    earlier = 0
    if target.metric.share is not None:
        histograms = [getattr(part, view) for part in slices]
        earlier = _earlier(histograms, lags, edge_of(target), own_ns, read_late_ns)
    ended = reading.samples - reading.never
    saved_ns = sum(lag.total for lag in lags) + read_late_ns * ended
    return reading._replace(
        part=reading.part + earlier + excused,
        never=reading.never - excused,
        total_ns=max(0, reading.total_ns - saved_ns),
        least=None if reading.least is None else max(0, reading.least - own_ns - read_late_ns),
        most=max(0, reading.most - own_ns - read_late_ns),
    )


def _late(lag: Histogram, limit_ns: int) -> int:
    """Return how many lags are above the limit."""
    limit = bucket_of(limit_ns)
    return sum(count for bucket, count in lag.items() if bucket > limit)


def _gave_up_for_lag(slices: list[Slice], read_late_ns: int, limit_ns: int) -> int:
    """Return how many of those that gave up may have been sent without lag."""
    gave_up = sum(part.gave_up for part in slices)
    if not gave_up:
        return 0
    late = sum(_late(part.gave_up_lag, limit_ns) for part in slices)
    meanwhile = -(-sum(part.accounted for part in slices) * read_late_ns // NS)
    return min(gave_up, late + meanwhile)


def _excused(metric: str, slices: list[Slice], late: int) -> int:
    """Return how many of the arrivals that `metric` counts may have ended well without lag."""
    outcomes = _EXCUSED.get(metric, frozenset())
    return min(late, sum(part.outcomes.get(outcome, 0) for part in slices for outcome in outcomes))


def _earlier(
    durations: list[Histogram], lags: list[Histogram], edge: int, longest_ns: int, read_late_ns: int
) -> int:
    """Return how many durations from bucket `edge` on could be below it: shorter by a lag, and read earlier.

    The shortest of them take the shortest lags that are enough, which leaves the most for the others.
    `longest_ns` is the longest lag: what is further above the edge is not looked at, and mostly that is all.
    """
    edge_ns = bounds_of(edge)[0]
    last = bucket_of(edge_ns - 1 + bounds_of(bucket_of(longest_ns))[1] + read_late_ns)
    near = sorted(
        item
        for histogram in durations
        if bucket_of(histogram.maximum) >= edge
        for item in histogram.items()
        if edge <= item[0] <= last
    )
    if not near:
        return 0
    free = deque(sorted((bounds_of(bucket)[1], count) for lag in lags for bucket, count in lag.items()))
    earlier = 0
    for bucket, count in near:
        need_ns = bounds_of(bucket)[0] - edge_ns + 1 - read_late_ns
        if need_ns <= 0:
            earlier += count
            continue
        while free and free[0][0] < need_ns:
            free.popleft()
        wanted = count
        while free and wanted:
            lag_ns, left = free.popleft()
            taken = min(wanted, left)
            earlier, wanted = earlier + taken, wanted - taken
            if left > taken:
                free.appendleft((lag_ns, left - taken))
        if not free:
            break
    return earlier

"""Locust's statistics, fed from our measurements for the web UI and the tables of Locust's own command.

No verdict is drawn from them, and `sessionload run`, where nobody reads them, does not feed them. Response
times count from due instants.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from locust.stats import StatsEntry, StatsError, bucket_response_time

from sessionload.generator.cooperative import yield_to_loop
from sessionload.metrics.buckets import bounds_of
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from locust.stats import RequestStats

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.measurement import Measurement
    from sessionload.metrics.slices import Slice

_COARSE = 4
"""Locust rounds to two digits, so buckets sixteen times as wide (less than 1.6 %) are fine enough."""
REQUEST_NAME = "start session"


def feed_locust(stats: RequestStats, measurement: Measurement, method: str) -> None:
    """Add a delta of requests of `method` to Locust's statistics, which its web UI shows.

    Other greenlets run meanwhile: it takes some milliseconds, and arrivals are due.
    """
    now = int(time.time())
    entry = StatsEntry(stats, REQUEST_NAME, method)
    entry.last_request_timestamp = float(now)
    coarse: dict[int, int] = {}
    for second in measurement.slices.values():
        entry.num_requests += second.sent
        entry.num_none_requests += second.sent
        for histogram in (second.valid, second.refused):
            yield_to_loop()
            _add_times(entry, histogram, coarse)
        _add_failures(entry, second, stats, method)
    if not entry.num_requests:
        return
    entry.num_reqs_per_sec[now] = entry.num_requests
    entry.num_fail_per_sec[now] = entry.num_failures
    yield_to_loop()
    for bucket, count in coarse.items():
        entry.response_times[bucket_response_time(bounds_of(bucket << _COARSE)[1] / 1e6)] += count
    for total in (stats.total, stats.get(REQUEST_NAME, method)):
        total.extend(entry)


def _add_times(entry: StatsEntry, histogram: Histogram, coarse: dict[int, int]) -> None:
    if not histogram:
        return
    count_of = coarse.get
    for bucket, count in histogram.items():
        coarse[bucket >> _COARSE] = count_of(bucket >> _COARSE, 0) + count
    entry.num_none_requests -= histogram.count
    entry.total_response_time += histogram.total / 1e6
    shortest, before = (histogram.minimum or 0) / 1e6, entry.min_response_time
    entry.min_response_time = shortest if before is None else min(before, shortest)
    entry.max_response_time = max(entry.max_response_time, histogram.maximum / 1e6)


def _add_failures(entry: StatsEntry, second: Slice, stats: RequestStats, method: str) -> None:
    for outcome, count in second.outcomes.items():
        if outcome is not Outcome.OK:
            entry.num_failures += count
            error = StatsError(method, REQUEST_NAME, outcome.value, occurrences=count)
            key = StatsError.create_key(method, REQUEST_NAME, outcome.value)
            counted = stats.errors.setdefault(key, error)
            if counted is not error:
                counted.occurrences += count

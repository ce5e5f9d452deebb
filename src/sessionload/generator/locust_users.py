"""Locust's part: it starts and stops the users, and its statistics show what we measured.

Law: nothing is measured here; Locust's numbers are fed from ours, once a second, for its web UI and
its printed tables, and no verdict is ever drawn from them. Idea: a user is a plain Locust `User`
whose one task performs arrivals until it is stopped. Trap: `runner.start` with fewer users per
second than are wanted sleeps between batches, and a second call kills the first one half-way.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

import gevent
from locust import User, constant, task
from locust.stats import StatsEntry, StatsError, bucket_response_time

from sessionload.generator.cooperative import yield_to_loop
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram import bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import Runner
    from locust.stats import RequestStats

    from sessionload.generator.engine import LoadEngine
    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.measurement import Measurement
    from sessionload.metrics.slices import Slice

_AT_ONCE = 8
_COARSE = 4
"""Locust rounds to two digits, so buckets sixteen times as wide (less than 1.6 %) will do."""
REQUEST_NAME = "start session"


class SessionUser(User):  # type: ignore[misc]  # Locust's classes have no types
    """A Locust user: one session in flight at a time, for as long as the engine has arrivals."""

    wait_time = constant(0)
    engine: ClassVar[LoadEngine]
    """Whose arrivals are performed; set before Locust starts users."""

    @task  # type: ignore[untyped-decorator]
    def start_sessions(self) -> None:
        """Perform arrivals until Locust stops this user."""
        engine = self.engine
        line = engine.enter()
        try:
            while True:
                engine.execute(line, engine.next_start())
        finally:
            engine.leave(line)


def start_users_of(runner: Runner) -> Callable[[int], None]:
    """Return a function that makes `runner` have so many users and returns when it has."""

    def start_users(count: int) -> None:
        if not runner.user_count:
            # Locust dispatches `spawn_rate` users at once and then sleeps for a second.
            runner.start(count, spawn_rate=count)
            runner.spawning_greenlet.join()
        while runner.user_count < count:
            # While there is load, a few at a time: to dispatch thousands would hold the loop for seconds.
            runner.spawn_users({SessionUser.__name__: min(_AT_ONCE, count - runner.user_count)})
            yield_to_loop()
        gevent.sleep(0)

    return start_users


def feed_locust(stats: RequestStats, measurement: Measurement) -> None:
    """Add a delta to Locust's statistics, so that its web UI shows response times from due instants.

    Other greenlets run meanwhile: it takes some milliseconds, and arrivals are due.
    """
    now = int(time.time())
    entry = StatsEntry(stats, REQUEST_NAME, "POST")
    entry.last_request_timestamp = float(now)
    coarse: dict[int, int] = {}
    for part in measurement.slices.values():
        entry.num_requests += part.sent
        entry.num_none_requests += part.sent
        for histogram in (part.valid, part.refused):
            yield_to_loop()
            _add_times(entry, histogram, coarse)
        _add_failures(entry, part, stats)
    if not entry.num_requests:
        return
    entry.num_reqs_per_sec[now] = entry.num_requests
    entry.num_fail_per_sec[now] = entry.num_failures
    yield_to_loop()
    for bucket, count in coarse.items():
        entry.response_times[bucket_response_time(bounds_of(bucket << _COARSE)[1] / 1e6)] += count
    for whole in (stats.total, stats.get(REQUEST_NAME, "POST")):
        whole.extend(entry)


def _add_times(entry: StatsEntry, histogram: Histogram, coarse: dict[int, int]) -> None:
    if not histogram:
        return
    known = coarse.get
    for bucket, count in histogram.counts.items():
        coarse[bucket >> _COARSE] = known(bucket >> _COARSE, 0) + count
    entry.num_none_requests -= histogram.count
    entry.total_response_time += histogram.total / 1e6
    least, known_least = (histogram.minimum or 0) / 1e6, entry.min_response_time
    entry.min_response_time = least if known_least is None else min(known_least, least)
    entry.max_response_time = max(entry.max_response_time, histogram.maximum / 1e6)


def _add_failures(entry: StatsEntry, part: Slice, stats: RequestStats) -> None:
    for outcome, count in part.outcomes.items():
        if outcome is not Outcome.OK:
            entry.num_failures += count
            error = StatsError("POST", REQUEST_NAME, outcome.value, occurrences=count)
            key = StatsError.create_key("POST", REQUEST_NAME, outcome.value)
            known = stats.errors.setdefault(key, error)
            if known is not error:
                known.occurrences += count

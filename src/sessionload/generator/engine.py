"""One worker's part of a run: arrivals are handed out when they are due, executed, judged and counted.

Every arrival of this worker's stripe ends with an outcome or as unsent, also when a run is stopped or
drained. A user takes a session start, executes one exchange, hands it to the recorder, and takes the next.
The engine does not know what starts the users: Locust in production, plain greenlets in tests. An exchange
that is cut is recorded too, in a `finally` that not even the end of its greenlet skips.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from fractions import Fraction
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from sessionload.contract.response.seen_keys import REPEATED_KEY, SeenKeys
from sessionload.generator.backlog import Backlog
from sessionload.generator.connection import Connection
from sessionload.generator.dealt_starts import DealtStarts
from sessionload.generator.endpoint import ConnectionPolicy, Endpoint
from sessionload.generator.failures import Response
from sessionload.generator.gc_control import GcControl
from sessionload.generator.pacer import Pacer
from sessionload.generator.process_metrics import ProcessMetrics
from sessionload.generator.recorder import Recorder
from sessionload.generator.user_pool import UserPool
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.metrics.raw import RawDelta
from sessionload.units import NS
from sessionload.workload.deal import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.config.run_spec import RunSpec
    from sessionload.generator.session_start import SessionStart
    from sessionload.generator.shared_keys import SharedKeys
    from sessionload.workload.deal import Part

DELTA_EVERY_S = 1.0
"""How often a generator reports."""
_FIRST_USERS_SECONDS = Fraction(1, 20)
"""Users to begin with: as many as arrive in this time, so that a fast server needs no more."""
_HEAD_START_NS = 20_000_000
"""From the decision to begin to the first due instant, so that even that one is not late."""
_SWITCH_INTERVAL_S = 0.0005
"""How long gevent runs what is ready before it looks at sockets and timers: Python's switch interval."""
DRAIN_GRACE_S = 1.0
"""Each exchange ends by its own deadline; what has not by then plus this is stuck, and is cut."""
_CUT = Response(Outcome.ABORTED, Failure("aborted", "still in flight when the drain ran out"))


class LoadEngine:
    """One worker's part of a run: a stripe of the plan, performed by Locust users."""

    def __init__(
        self,
        spec: RunSpec,
        *,
        worker: int = 0,
        part: Part = WHOLE,
        shared_keys: SharedKeys | None = None,
    ) -> None:
        """Prepare everything that can be prepared before the first arrival."""
        scenario = spec.scenario
        self._body = spec.bodies()
        self._planned = spec.header.planned
        self.policy = ConnectionPolicy(
            reuse=scenario.connections == "reuse",
            in_turn=scenario.addresses == "all",
            resume=scenario.tls_resumption,
        )
        """How connections are made and kept."""
        self._endpoint = Endpoint(
            spec.environment,
            spec.contract.request,
            timeout_ns=scenario.timeout_ns,
            policy=self.policy,
            agent=f"sessionload/{spec.version} (run {spec.run_id})",
            header_names=spec.contract.responses.header_names,
        )
        self._keys = SeenKeys()
        self._worker = worker
        self._schedule = scenario.schedule
        self._timeout_s = scenario.timeout_ns / 1e9
        first = math.ceil(scenario.schedule.peak / max(part.stripes, 1) * _FIRST_USERS_SECONDS) + 8
        self._shared_keys = shared_keys
        self._naming = spec.naming()
        self._recorder = Recorder(spec.contract, self._keys, shared_keys)
        self._backlog = Backlog(scenario.patience_ns, self._recorder.gave_up)
        most = part.share_of(scenario.max_in_flight)
        self._user_pool = UserPool(most, self._grow, start_with=first, backlog=self._backlog)
        self.next_start = self._user_pool.next
        """Returns the next session start for the user that asks, when there is one."""
        self._trace_fields = scenario.tracing.fields(spec.run_id)
        request = self._traced_request if scenario.tracing else self._request
        self._starts = DealtStarts(scenario.schedule, request, part)
        self._pacer = Pacer(
            self._starts,
            self._user_pool.hand_over,
            self._user_pool.begin_tick,
            self._recorder.use_pause,
            self._lapse,
        )
        self._connections: set[Connection] = set()
        self._gc_control = GcControl()
        self._process_metrics = ProcessMetrics(self._endpoint, self._keys, self._user_pool, shared_keys)
        self._growing = Event()
        self._stopped = self._cutting = self._over = False
        self._origin_ns = 0
        self._stop_asked_ns: int | None = None
        self._stopped_ns: int | None = None
        self._drained_by_s = math.inf
        self._number = self._users_started = 0
        self.begun = False
        """Whether the schedule has started."""
        self.completed = False
        """Whether the schedule was kept to its end and drained."""

    # What users do

    def execute(self, connection: Connection, start: SessionStart) -> None:
        """Send one session start and see it through to its end."""
        start.response = _CUT
        connection.start = start
        start.sent_ns = sent_ns = time.monotonic_ns() - self._origin_ns
        self._recorder.on_sent(sent_ns)
        try:
            start.response = connection.exchange(start.request)
        finally:
            start.done_ns = time.monotonic_ns() - self._origin_ns
            start.connect_ns, start.tls_ns = connection.connect_ns, connection.tls_ns
            first_ns = connection.first_byte_ns
            start.first_byte_ns = None if first_ns is None else first_ns - self._origin_ns - sent_ns
            connection.start = None
            self._user_pool.done()
            self._recorder.on_done(start)

    def enter(self) -> Connection:
        """Count a user that has been started, and return its connection, not open yet."""
        self._users_started += 1
        self._user_pool.enter()
        connection = Connection(self._endpoint)
        self._connections.add(connection)
        return connection

    def leave(self, connection: Connection) -> None:
        """Count a user that has been stopped."""
        connection.close()
        self._connections.remove(connection)
        self._user_pool.leave()

    def _request(self, index: int) -> bytes:
        return self._endpoint.request(self._body(index))

    def _traced_request(self, index: int) -> bytes:
        return self._endpoint.request_named(self._trace_fields(index), self._body(index))

    # The course of a run

    def run(self, start_users: Callable[[int], None], origin_ns: int | None = None) -> None:
        """Start users, keep to the schedule to its end or until `stop`, and drain. Blocks its greenlet.

        `start_users(n)` makes Locust have `n` users and returns when they are started. `origin_ns` is when
        the schedule starts (monotonic); as soon as may be, unless it is given.
        """
        start_users(self._user_pool.wanted)
        with contextlib.suppress(OSError), gevent.Timeout(self._timeout_s, exception=False):
            self._endpoint.addresses.resolve()  # if it cannot, each exchange fails as an outcome
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._gc_control.begin()
        if origin_ns is not None:
            gevent.sleep(max(0.0, (origin_ns - _HEAD_START_NS - time.monotonic_ns()) / NS))
        self._origin_ns = origin_ns or time.monotonic_ns() + _HEAD_START_NS
        self._process_metrics.begin()
        self._backlog.begin(self._origin_ns)
        self.begun = True
        grower = gevent.spawn(self._keep_growing, start_users)
        try:
            first_left = self._pacer.run(self._origin_ns, self._schedule.duration_ns)
            if first_left is not None:
                self._stopped_ns = min(first_left.due_ns, self._stop_asked_ns or 0)
            self._let_end()
        finally:
            grower.kill()
            self._backlog.end()
            self._gc_control.end()
        self._over = True
        if first_left is not None:
            for stage, second, count in self._starts.rest(first_left.index):
                self._recorder.not_due(stage, second, count)
        self.completed = not self._stopped

    def deal(self, part: Part) -> None:
        """Perform `part` from its first arrival on, and nothing else any more."""
        self._starts.deal(part)
        self._pacer.deal_again(part.first)

    def lease(self, end_ns: int) -> None:
        """Allow to send until `end_ns` (monotonic); without this call there is no end."""
        self._pacer.lease(end_ns)
        self._endpoint.send_until_ns = end_ns

    def _lapse(self) -> None:
        """Leave out what waits. It has no outcome, so it counts as lost."""
        self._backlog.drop()

    def stop(self, grace_s: float | None = None) -> None:
        """Hand out no more arrivals: what is not due yet becomes unsent, what is in flight ends by itself.

        After `grace_s` seconds what is left is cut; a later call does not make that time longer.
        """
        if not self._stopped:
            self._stop_asked_ns = max(0, time.monotonic_ns() - self._origin_ns) if self.begun else 0
        self._stopped = True
        self._pacer.stop()
        if grace_s is not None:
            self._drained_by_s = min(self._drained_by_s, time.monotonic() + grace_s)

    def cut(self) -> None:
        """Do not wait any longer for what is in flight."""
        self.stop()
        self._cutting = True

    def _let_end(self) -> None:
        """Let arrivals that wait for a user being started be taken; then let what is in flight end."""
        self._wait_while(lambda: bool(self._user_pool.waiting) and not self._user_pool.full, self._timeout_s)
        for arrival in self._backlog.drop():
            self._recorder.unsent(arrival.stage, arrival.due_ns)
        self._wait_while(lambda: bool(self._user_pool.in_flight), self._timeout_s + DRAIN_GRACE_S)

    def _wait_while(self, condition: Callable[[], bool], patience_s: float) -> None:
        end = time.monotonic() + patience_s
        while condition() and not self._cutting and time.monotonic() < min(end, self._drained_by_s):
            gevent.sleep(0.002)
            self._recorder.use_pause(NS)

    def _grow(self) -> None:
        self._growing.set()

    def _keep_growing(self, start_users: Callable[[int], None]) -> None:
        while True:
            self._growing.wait()
            self._growing.clear()
            start_users(self._user_pool.wanted)

    # What is reported

    def delta(self, *, last: bool = False) -> RawDelta:
        """Return what was measured since the delta before, and begin the next."""
        elapsed_ns = max(0, time.monotonic_ns() - self._origin_ns) if self.begun else 0
        ahead = (self._user_pool.oldest_due_ns, None if self._over else self._pacer.next_due_ns)
        in_flight = (
            connection.start.due_ns for connection in self._connections if connection.start is not None
        )
        not_ended = [*in_flight, *(due_ns for due_ns in ahead if due_ns is not None)]
        measurement = self._recorder.flush()
        repeats = self._shared_keys.take_repeats() if self._shared_keys is not None else []
        measurement.record_repeats(repeats, REPEATED_KEY)
        if self.begun:
            measurement.record_backlog(self._backlog.lengths(last=last))
        measurement.generator.users_started, self._users_started = self._users_started, 0
        self._gc_control.report(measurement.generator)
        self._process_metrics.report(measurement.generator)
        delta = RawDelta(
            worker=self._worker,
            number=self._number,
            elapsed_ns=elapsed_ns,
            in_flight=self._user_pool.in_flight,
            waiting=self._user_pool.waiting,
            settled_ns=min([elapsed_ns, *not_ended]),
            measurement=measurement.raw(),
            last=last,
            repeats=repeats,
            stopped_ns=self._stopped_ns,
            named=[self._naming(arrival) for arrival in self._recorder.named(repeats)],
        )
        self._number += 1
        self._gc_control.sweep()
        return delta

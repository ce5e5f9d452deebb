"""A worker's part of a run, with plain greenlets for users: every arrival is accounted for."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
import gevent.socket
import pytest

from sessionload.generator.engine import LoadEngine
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result
from sessionload.workload.deal import WHOLE, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.metrics.delta import Delta
    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice
    from sessionload.secret import Secret

    InGreenlet = Callable[..., Any]
    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]
    StubWith = Callable[..., StubProcess]

MS = 1_000_000
DELTA_EVERY_S = 0.1


@dataclass
class EngineRun:
    """An engine on its way, its users, and the deltas it gave."""

    engine: LoadEngine
    users: list[gevent.Greenlet] = field(default_factory=list)
    deltas: list[Delta] = field(default_factory=list)
    totals: RunTotals = field(default_factory=RunTotals)

    def start_users(self, count: int) -> None:
        self.users += [gevent.spawn(self._use) for _ in range(count - len(self.users))]
        gevent.sleep(0)

    def _use(self) -> None:
        connection = self.engine.enter()
        try:
            while True:
                self.engine.execute(connection, self.engine.next_start())
        finally:
            self.engine.leave(connection)

    def take_delta(self, *, last: bool = False) -> Delta:
        delta = self.engine.delta(last=last).packed()
        self.deltas.append(delta)
        self.totals.add(delta)
        return delta

    def _take_deltas_often(self) -> None:
        while True:
            gevent.sleep(DELTA_EVERY_S)
            if self.engine.begun:
                self.take_delta()

    def run(self) -> float:
        """Run to the end, kill the users, take the last delta; return the seconds that `run` took."""
        taker = gevent.spawn(self._take_deltas_often)
        began = time.monotonic()
        try:
            self.engine.run(self.start_users)
        finally:
            took = time.monotonic() - began
            taker.kill()
            gevent.killall(self.users)
            self.take_delta(last=True)
        return took

    @property
    def total(self) -> Slice:
        return over(self.totals.measurement)

    def check(self, spec: RunSpec) -> None:
        """Whatever happened, the account closes, and deltas are numbered without a gap."""
        assert [delta.number for delta in self.deltas] == list(range(len(self.deltas)))
        assert [delta.last for delta in self.deltas] == [False] * (len(self.deltas) - 1) + [True]
        assert self.totals.complete()
        assert self.total.sent == self.totals.measurement.sent
        assert self.total.accounted == spec.header.planned
        assert self.deltas[-1].in_flight == self.deltas[-1].waiting == 0
        accounting = finalize_result(spec.header, self.totals).accounting
        assert accounting.closes, accounting.sentence
        assert all(delta.settled_ns <= delta.elapsed_ns for delta in self.deltas)
        settled = [delta.settled_ns for delta in self.deltas]
        assert settled == sorted(settled)


@pytest.fixture
def stub_with(api_key: Secret) -> Iterator[StubWith]:
    """Start a stub with these faults and this latency."""
    started: list[StubProcess] = []

    def start(*faults: str, latency: str = "0ms") -> StubProcess:
        started.append(StubProcess.start(StubSettings(faults=faults, latency=latency), api_key))
        return started[-1]

    yield start
    for stub in started:
        stub.stop()


def median_ns(histogram: Histogram) -> int:
    median = histogram.quantile(Fraction(1, 2))
    assert median is not None
    return median


def engine_run(spec: RunSpec, worker: int = 0, part: Part = WHOLE) -> EngineRun:
    return EngineRun(LoadEngine(spec, worker=worker, part=part))


def test_a_quiet_run_accounts_for_everything(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with(latency="5ms")
    _, spec, _ = plan_for(stub.url, rate="200/s")
    performed = engine_run(spec)
    took = in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.OK: 200}
    assert performed.engine.completed
    assert 1 < took < 3
    page = stub.ledger()
    assert (page["arrivals"], page["numbers"], page["repeated"]) == (200, 200, [])
    flow = performed.totals.measurement.flow
    assert sum(one.sent for one in flow.values()) == sum(one.done for one in flow.values()) == 200
    health = performed.totals.measurement.generator
    assert health.keys_checked == 200
    assert health.connections_opened == page["connections"] <= health.users_started
    assert 0 < health.peak_in_flight <= health.users_started
    assert 0 < health.cpu_ns < health.wall_ns
    assert health.wall_ns > 0.9 * NS
    assert performed.deltas[-1].settled_ns == performed.deltas[-1].elapsed_ns


def test_users_grow_to_what_a_slow_server_needs(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """200/s answered after 300 ms: 60 are in flight at once, and the first users is 18."""
    stub = stub_with(latency="300ms")
    _, spec, _ = plan_for(stub.url, rate="200/s")
    performed = engine_run(spec)
    in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.OK: 200}
    health = performed.totals.measurement.generator
    assert health.peak_in_flight >= 50
    assert 72 <= health.users_started <= 288
    assert stub.ledger()["connections"] == health.connections_opened <= health.peak_in_flight
    assert median_ns(performed.total.lag) < 50 * MS


@pytest.mark.parametrize("arrivals", ["even", "poisson"])
def test_a_stop_counts_the_rest_as_unsent_and_lets_what_is_in_flight_end(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet, arrivals: str
) -> None:
    stub = stub_with(latency="200ms")
    _, spec, _ = plan_for(stub.url, rate="50/s", duration="30s", load={"arrivals": arrivals})
    performed = engine_run(spec)

    def stop_when_some_are_in_flight() -> None:
        while performed.engine._user_pool.in_flight < 5:
            gevent.sleep(0.01)
        performed.engine.stop()

    def run() -> float:
        gevent.spawn(stop_when_some_are_in_flight)
        return performed.run()

    took = in_greenlet(run)
    performed.check(spec)
    assert took < 15  # of 30 s: the rest of the schedule is not waited for
    assert not performed.engine.completed
    assert set(performed.total.outcomes) == {Outcome.OK}
    assert 5 <= performed.total.sent == stub.ledger()["arrivals"] < spec.header.planned / 2
    assert performed.total.unsent == spec.header.planned - performed.total.sent


def test_a_stop_before_the_start_sends_nothing(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with()
    _, spec, _ = plan_for(stub.url)
    performed = engine_run(spec)
    performed.engine.stop()
    in_greenlet(performed.run)
    performed.check(spec)
    assert (performed.total.unsent, performed.total.sent, stub.ledger()["arrivals"]) == (100, 0, 0)


@pytest.mark.parametrize("when", ["under load", "in the drain"])
def test_a_cut_aborts_what_is_in_flight_and_counts_it(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet, when: str
) -> None:
    """The stub never answers, and the time-out is ten seconds away."""
    stub = stub_with("hang always")
    duration = "30s" if when == "under load" else "200ms"
    _, spec, _ = plan_for(stub.url, rate="50/s", duration=duration)
    performed = engine_run(spec)

    def cut() -> None:
        """Cut at 0.5 s of the schedule, of which a drain of 10 s follows 0.2 s."""
        while not performed.deltas or performed.deltas[-1].elapsed_ns < 500 * MS:
            gevent.sleep(0.01)
        performed.engine.cut()

    def run() -> float:
        gevent.spawn(cut)
        return performed.run()

    assert in_greenlet(run) < 8
    performed.check(spec)
    assert set(performed.total.outcomes) == {Outcome.ABORTED}
    assert performed.total.sent == stub.ledger()["arrivals"] > 5
    assert [finding.cause for finding in performed.totals.measurement.findings.values()] == ["aborted"]


def test_a_drain_with_a_grace_ends_with_it_and_counts_what_was_left_as_aborted(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """The stub never answers and the time-out is 60 s away; a later stop does not make the grace longer."""
    stub = stub_with("hang always")
    _, spec, _ = plan_for(stub.url, rate="50/s", duration="30s", load={"timeout": "60s"})
    performed = engine_run(spec)
    stopped_at: list[float] = []

    def stop() -> None:
        while not performed.deltas or performed.deltas[-1].in_flight < 5:
            gevent.sleep(0.01)
        stopped_at.append(time.monotonic())
        performed.engine.stop(0.5)
        performed.engine.stop(50)

    def run() -> float:
        gevent.spawn(stop)
        performed.run()
        return time.monotonic() - stopped_at[0]

    assert 0.5 <= in_greenlet(run) < 10
    performed.check(spec)
    assert set(performed.total.outcomes) == {Outcome.ABORTED}
    assert performed.total.sent == stub.ledger()["arrivals"] >= 5


def test_what_is_in_flight_at_the_end_may_use_its_whole_time_out(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with("hang on 5", "stall from 0s for 400ms")
    _, spec, _ = plan_for(stub.url, rate="50/s", duration="200ms", load={"timeout": "900ms"})
    performed = engine_run(spec)
    took = in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.OK: 9, Outcome.TIMEOUT: 1}
    assert 0.9 < took < 4


def test_waiting_for_a_full_server_is_queueing_and_not_lag(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """100/s, two in flight at most, 100 ms each: 20/s are served, and the others queue or stay unsent."""
    stub = stub_with(latency="100ms")
    _, spec, _ = plan_for(stub.url, rate="100/s", load={"max_in_flight": 2})
    performed = engine_run(spec)
    in_greenlet(performed.run)
    performed.check(spec)
    assert set(performed.total.outcomes) == {Outcome.OK}
    assert 10 <= performed.total.sent <= 24
    assert performed.total.unsent == 100 - performed.total.sent
    assert stub.ledger()["max_in_flight"] == 2
    assert performed.totals.measurement.generator.peak_in_flight == 2
    lag, lateness = performed.total.lag, performed.total.lateness
    assert lag.maximum < 100 * MS
    assert median_ns(lateness) > 150 * MS
    assert max(delta.waiting for delta in performed.deltas) > 20
    assert max(performed.totals.measurement.backlog.values()) >= 20


def test_who_waits_as_long_as_the_patience_gives_up(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """A dead server holds both users; the others leave after 200 ms, so that few wait at the end."""
    stub = stub_with("hang always")
    load = {"max_in_flight": 2, "patience": "200ms", "timeout": "1200ms"}
    _, spec, _ = plan_for(stub.url, rate="100/s", load=load)
    performed = engine_run(spec)
    in_greenlet(performed.run)
    performed.check(spec)
    total, backlog = performed.total, performed.totals.measurement.backlog
    assert total.outcomes == {Outcome.TIMEOUT: 2}
    assert total.unsent == 98
    assert 60 <= total.gave_up <= 97
    assert total.response.never == 100
    assert median_ns(total.gave_up_lag) < 100 * MS
    assert 10 <= backlog[0] < 98


def test_a_key_that_was_issued_before_is_a_violation(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with("same_key always")
    _, spec, _ = plan_for(stub.url, rate="50/s", duration="400ms")
    performed = engine_run(spec)
    in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.OK: 1, Outcome.CONTRACT_VIOLATION: 19}
    (finding,) = performed.totals.measurement.findings.values()
    assert (finding.cause, finding.count) == ("key/repeated", 19)


def test_a_server_that_is_gone_does_not_slow_the_schedule_down(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with()
    stub.stop()
    _, spec, _ = plan_for(stub.url, rate="200/s", duration="500ms")
    performed = engine_run(spec)
    took = in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.CONNECTION_ERROR: 100}
    assert took < 2
    assert list(performed.totals.measurement.findings) == ["connection/refused"]
    assert performed.totals.measurement.generator.connections_opened == 0


def test_two_workers_do_the_whole_plan_between_them(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    stub = stub_with(latency="5ms")
    _, spec, _ = plan_for(stub.url, rate="100/s", duration="700ms")
    runs = [engine_run(spec, worker=worker, part=Part(0, worker, 2)) for worker in (0, 1)]
    in_greenlet(lambda: gevent.joinall([gevent.spawn(performed.run) for performed in runs], raise_error=True))
    totals = RunTotals()
    for performed in runs:
        for delta in performed.deltas:
            totals.add(delta)
    totals.workers = 2
    assert totals.complete()
    assert [performed.total.outcomes for performed in runs] == [{Outcome.OK: 35}] * 2
    assert over(totals.measurement).accounted == spec.header.planned == 70
    page = stub.ledger()
    assert (page["arrivals"], page["numbers"], page["repeated"]) == (70, 70, [])


def test_nothing_is_reported_of_a_schedule_that_has_not_begun(
    plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    _, spec, _ = plan_for("http://127.0.0.1:9")

    def look() -> tuple[Delta, bool]:
        engine = LoadEngine(spec)
        return engine.delta().packed(), engine.begun

    delta, begun = in_greenlet(look)
    assert not begun
    assert (delta.elapsed_ns, delta.settled_ns, delta.in_flight, delta.measurement.sent) == (0, 0, 0, 0)


def test_no_delta_calls_an_arrival_settled_that_has_not_ended(
    stub_with: StubWith, plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """100/s even: before instant t so many arrivals were due as there are hundredths in t, rounded up.

    Deltas are taken at awkward instants: every few milliseconds, and right after the loop stood still.
    The third arrival is not answered, so that nothing after it (due at 20 ms) settles until its time-out.
    """
    stub = stub_with("hang on 3", latency="3ms")
    _, spec, _ = plan_for(stub.url, rate="100/s", duration="2s", load={"timeout": "800ms"})
    performed = engine_run(spec)
    claims: list[tuple[int, int]] = []

    def look() -> None:
        delta = performed.take_delta()
        due = min(spec.header.planned, math.ceil(delta.settled_ns / (10 * MS)))
        claims.append((due, performed.total.accounted))

    def look_often() -> None:
        while True:
            gevent.sleep(0.004)
            look()
            if len(claims) % 50 == 0:
                time.sleep(0.04)
                look()

    def run() -> None:
        looking = gevent.spawn(look_often)
        performed.run()
        looking.kill()

    in_greenlet(run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.OK: 199, Outcome.TIMEOUT: 1}
    assert all(due <= accounted for due, accounted in claims)
    held = [d for d in performed.deltas if 100 * MS < d.elapsed_ns < 700 * MS]
    assert {delta.settled_ns for delta in held} == {20 * MS}
    assert all(delta.in_flight >= 1 for delta in held)
    assert performed.deltas[-1].settled_ns > 1900 * MS


def test_a_host_that_is_no_longer_found_is_an_outcome_of_each_arrival(
    plan_for: PlanFor, in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was there at the preflight and is gone at the start: the run goes on, and says so."""

    def unknown(*_: object, **__: object) -> NoReturn:
        raise gevent.socket.gaierror(gevent.socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(gevent.socket, "getaddrinfo", unknown)
    _, spec, _ = plan_for("http://127.0.0.1:9", rate="20/s")
    performed = engine_run(spec)
    in_greenlet(performed.run)
    performed.check(spec)
    assert performed.total.outcomes == {Outcome.CONNECTION_ERROR: 20}
    assert list(performed.totals.measurement.findings) == ["connection/dns"]

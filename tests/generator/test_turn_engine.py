"""Turns against the real stub: what each fault of a stream becomes, and that every turn is accounted for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import gevent
import pytest

from sessionload.generator.turn_engine import TurnEngine, engine_of, most_connections
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
from sessionload.verdict.finalize import finalize_result
from sessionload.workload.deal import WHOLE, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.generator.engine import LoadEngine
    from sessionload.secret import Secret
    from sessionload.verdict.result import Result

    InGreenlet = Callable[..., Any]
    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]

MS = 1_000_000
SCRIPT = {"share": "50%", "say": ["launch", "hello", "hours?"], "think": "10ms..30ms", "timeout": "3s"}


@dataclass
class Run:
    """Engines that perform a plan together, and what comes of it."""

    spec: RunSpec
    engines: list[LoadEngine]
    users: list[gevent.Greenlet] = field(default_factory=list)
    totals: RunTotals = field(default_factory=RunTotals)

    def _start_users(self, engine: LoadEngine) -> Callable[[int], None]:
        started: list[gevent.Greenlet] = []

        def use() -> None:
            connection = engine.enter()
            try:
                while True:
                    engine.execute(connection, engine.next_start())
            finally:
                engine.leave(connection)

        def start(count: int) -> None:
            started.extend(gevent.spawn(use) for _ in range(count - len(started)))
            self.users.extend(started)
            gevent.sleep(0)

        return start

    def run(self) -> Result:
        self.totals.workers = len(self.engines)
        origin_ns = time.monotonic_ns() + 200 * MS
        loads = [gevent.spawn(each.run, self._start_users(each), origin_ns) for each in self.engines]
        while not all(load.ready() for load in loads):
            gevent.sleep(0.1)
            for each in self.engines:
                if each.begun:
                    self.totals.add(each.delta().packed())
        gevent.killall(self.users)
        for each in self.engines:
            self.totals.add(each.delta(last=True).packed())
        for load in loads:
            load.get()
        return finalize_result(self.spec.header, self.totals)


@pytest.fixture
def stub_with(api_key: Secret) -> Iterator[Callable[..., StubProcess]]:
    started: list[StubProcess] = []

    def start(*faults: str) -> StubProcess:
        started.append(StubProcess.start(StubSettings(faults=faults), api_key))
        return started[-1]

    yield start
    for stub in started:
        stub.stop()


@pytest.fixture
def performed(
    stub_with: Callable[..., StubProcess], plan_for: PlanFor, in_greenlet: InGreenlet
) -> Callable[..., tuple[Result, StubProcess]]:
    """Return what performs a plan with turns against a stub with faults, by one worker or several."""

    def perform(*faults: str, workers: int = 1, **more: Any) -> tuple[Result, StubProcess]:  # noqa: ANN401
        stub = stub_with(*faults)
        stop_after_s, lease_s = more.pop("stop_after_s", None), more.pop("lease_s", None)
        rate, duration = more.pop("rate", "40/s"), more.pop("duration", "500ms")
        users = more.pop("users", {"id": "parts-{n}"})
        turns = {**SCRIPT, **more}
        _, spec, _ = plan_for(stub.url, rate=rate, duration=duration, more={"turns": turns, "users": users})
        marked = replace(
            spec.environment, stub=StubSettings()
        )  # so that answers say whose session they are of
        spec = replace(spec, environment=marked)
        parts = [WHOLE] if workers == 1 else [Part(0, each, workers) for each in range(workers)]

        def run() -> Result:
            run = Run(spec, [engine_of(spec, worker=each, part=part) for each, part in enumerate(parts)])
            assert all(isinstance(engine, TurnEngine) for engine in run.engines)
            if stop_after_s is not None:
                gevent.spawn_later(stop_after_s, run.engines[0].stop)
            if lease_s is not None:
                run.engines[0].lease(time.monotonic_ns() + int(lease_s * 1000) * MS)
            return run.run()

        result: Result = in_greenlet(run)
        assert result.accounting.closes
        assert result.turns is not None
        assert result.turns.closes, result.turns.sentence
        assert result.turns.lost == 0
        assert list(result.turns.open_by_second().values())[-1] == 0
        return result, stub

    return perform


def ms(result: Result, view: str, share: Fraction, turn: int) -> float:
    assert result.turns is not None
    found = getattr(result.turns.of_turn(turn), view).quantile(share)
    assert found is not None
    return found / MS  # type: ignore[no-any-return]


HALF = Fraction(1, 2)


def test_known_answers_live(performed: Callable[..., tuple[Result, StubProcess]]) -> None:
    """Of 20 arrivals 10 take three turns; the third has its first event after 300 ms, its end after 500."""
    result, stub = performed("turn_gaps 300ms,200ms on 3")
    turns = result.turns
    assert turns is not None
    assert (turns.planned, turns.measurement.counts.conversations) == (30, 10)
    assert turns.over().outcomes == {TurnOutcome.OK: 30}
    assert stub.ledger()["turns"] == 30
    assert 300 <= ms(result, "first_event", HALF, 3) < 350
    assert 500 <= ms(result, "response", HALF, 3) < 550
    assert 500 <= ms(result, "end_event", HALF, 3) < 550
    assert ms(result, "response", HALF, 1) < 50
    assert turns.measurement.counts.connections_opened == 0, "they go on with those of the session starts"
    assert result.accounting.sent == stub.ledger()["arrivals"] == 20


FAULTS = [
    ("no_end on 2", "ended_early", "turn/ended_early"),
    ("cut_turn on 2", "ended_early", "turn/ended_early"),
    ("hang_turn on 2", "timeout", "timeout/body"),
    ("dead_key on 2", "dead_key", "turn/dead_key"),
    ("bad_trace on 2", "contract_violation", "trace/required/type"),
    ("other_session on 2", "contract_violation", "turn/other_session"),
    ("turn_status 503 on 2", "server_error", "server_error/503"),
    ("turn_status 429 on 2", "throttled", "throttled/429"),
    ("slow_turn 5s on 2", "timeout", "timeout/answer"),
]


@pytest.mark.long
@pytest.mark.parametrize(("fault", "outcome", "cause"), FAULTS)
def test_each_fault_of_a_stream_has_its_outcome(
    performed: Callable[..., tuple[Result, StubProcess]], fault: str, outcome: str, cause: str
) -> None:
    result, _ = performed(fault)
    assert result.turns is not None
    total = result.turns.over()
    assert total.outcomes == {TurnOutcome.OK: 10, TurnOutcome(outcome): 10}
    assert (total.skipped, total.unsent) == (10, 0)
    assert {found: finding.count for found, finding in result.turns.measurement.findings.items()} == {
        cause: 10
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "outcome", "cause"),
    [
        ("cut_turn on 2", "protocol_error", "protocol/truncated"),
        ("hang_turn on 2", "timeout", "timeout/body"),
        ("bad_trace on 2", "contract_violation", "body/required/traces/[]/type"),
        ("dead_key on 2", "dead_key", "turn/dead_key"),
    ],
)
def test_each_fault_of_a_whole_answer_has_its_outcome(
    performed: Callable[..., tuple[Result, StubProcess]], fault: str, outcome: str, cause: str
) -> None:
    result, _ = performed(fault, mode="whole")
    assert result.turns is not None
    assert result.turns.over().outcomes == {TurnOutcome.OK: 10, TurnOutcome(outcome): 10}
    assert set(result.turns.measurement.findings) == {cause}


@pytest.mark.long
@pytest.mark.parametrize("faults", [(), ("keeps_old_key always",)])
def test_a_new_start_ends_the_earlier_session(
    performed: Callable[..., tuple[Result, StubProcess]], faults: tuple[str, ...]
) -> None:
    """Half of the arrivals return; where the earlier key is still accepted, that is a violation."""
    users = {"id": "parts-{n}", "returning": {"share": "50%", "pool": 4}}
    result, _ = performed(*faults, users=users, share="100%", think="300ms..300ms")
    turns = result.turns
    assert turns is not None
    counts = turns.measurement.counts
    assert counts.conversations == 20
    assert counts.earlier_keys_tried > 0
    assert counts.earlier_keys_accepted == (counts.earlier_keys_tried if faults else 0)
    violations = next(one for one in result.verdict.targets if one.expr == "turn.contract_violations == 0")
    assert violations.measured == str(counts.earlier_keys_accepted)
    assert TurnOutcome.DEAD_KEY not in turns.over().outcomes, (
        "a key that a later start has ended is no dead one"
    )
    assert turns.over().skipped > 0


@pytest.mark.long
def test_conversations_beyond_the_limit_are_unsent(
    performed: Callable[..., tuple[Result, StubProcess]],
) -> None:
    result, stub = performed("slow_turn 400ms always", max_open=2)
    assert result.turns is not None
    total = result.turns.over()
    assert total.unsent >= 12
    assert total.sent + total.unsent == 30
    assert stub.ledger()["turns"] == total.sent
    assert max(result.turns.open_by_second().values()) <= 2
    assert result.accounting.unsent == 0


@pytest.mark.long
def test_a_stop_leaves_later_turns_unsent(performed: Callable[..., tuple[Result, StubProcess]]) -> None:
    result, _ = performed(stop_after_s=0.8, think="20s", duration="400ms", rate="50/s")
    assert result.turns is not None
    assert result.turns.over().outcomes == {TurnOutcome.OK: 10}
    assert result.turns.over().unsent == 20


def test_without_a_lease_no_turn_is_sent(performed: Callable[..., tuple[Result, StubProcess]]) -> None:
    """The connections are kept, so nothing has to be opened for the turns that come too late."""
    result, stub = performed(lease_s=2.0, think="3s", duration="400ms", rate="50/s", say=["launch", "more"])
    assert result.turns is not None
    assert result.turns.over().outcomes == {TurnOutcome.OK: 10}
    assert (result.turns.over().unsent, stub.ledger()["turns"]) == (10, 10)


@pytest.mark.long
def test_workers_add_exactly(performed: Callable[..., tuple[Result, StubProcess]]) -> None:
    result, stub = performed(workers=3, rate="100/s", share="10%")
    assert result.turns is not None
    assert (
        result.turns.planned == result.turns.over().outcomes[TurnOutcome.OK] == stub.ledger()["turns"] == 15
    )


def test_a_run_without_turns_has_the_plain_engine(plan_for: PlanFor, in_greenlet: InGreenlet) -> None:
    _, spec, _ = plan_for("http://127.0.0.1:9")
    engine = in_greenlet(lambda: engine_of(spec))
    assert not isinstance(engine, TurnEngine)
    assert most_connections(spec) == spec.scenario.max_in_flight

"""One run by several local workers: the same arrivals, and what is known when one of them dies."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from sessionload.generator.worker_process import GeneratorProcess
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.secret import Secret

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]


@contextmanager
def started(inputs: RunInputs, variables: dict[str, str], workers: int) -> Iterator[GeneratorProcess]:
    """A master that has its inputs."""
    with GeneratorProcess(variables, workers=workers) as generator:
        generator.start(inputs)
        yield generator


def follow(generator: GeneratorProcess, meet: Callable[[RunTotals], None] = lambda _: None) -> RunTotals:
    """Take deltas to the end, and `meet` each state of the totals."""
    totals = RunTotals()
    for delta in generator.deltas():
        totals.add(delta)
        meet(totals)
    return totals


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("arrivals", ["even", "poisson"])
def test_any_number_of_workers_performs_the_same_arrivals(
    plan_for: PlanFor, api_key: Secret, workers: int, arrivals: str
) -> None:
    with StubProcess.start(StubSettings(latency="5ms"), api_key) as stub:
        inputs, spec, variables = plan_for(
            stub.url, rate="100/s", duration="3s", load={"arrivals": arrivals, "max_cpu": "100%"}
        )
        with started(inputs, variables, workers) as generator:
            totals = follow(generator)
            said = generator.stderr_tail
        page = stub.ledger()
    planned = spec.scenario.schedule.planned()
    assert said == ""
    assert totals.complete(workers)
    assert over(totals.measurement).outcomes == {Outcome.OK: planned}
    assert (page["arrivals"], page["repeated"]) == (planned, [])
    result = finalize_result(spec.header, totals, workers=workers)
    assert (result.verdict.state, result.lost) == (State.MET, 0)


def test_the_stripe_of_a_worker_that_is_killed_is_dealt_to_the_others(
    plan_for: PlanFor, api_key: Secret
) -> None:
    killed: list[int] = []

    def kill_one(totals: RunTotals) -> None:
        if not killed and totals.sent > 300:
            worker = psutil.Process(generator.pid).children()[1]
            killed.append(totals.elapsed_ns // 10**9)
            os.kill(worker.pid, signal.SIGKILL)

    with StubProcess.start(StubSettings(latency="5ms"), api_key) as stub:
        inputs, spec, variables = plan_for(stub.url, rate="200/s", duration="10s", load={"max_cpu": "100%"})
        with started(inputs, variables, 3) as generator:
            totals = follow(generator, kill_one)
        page = stub.ledger()
    result = finalize_result(spec.header, totals, workers=3)
    sent = {second: flow.sent for second, flow in totals.measurement.flow.items()}
    assert killed
    assert page["repeated"] == []
    assert 0 < result.lost < 200 / 3 * 4
    assert result.verdict.state is State.VOID
    assert sent[killed[0] + 4] == sent[killed[0] + 5] == 200
    assert over(totals.measurement).outcomes.total() + result.lost == 2000

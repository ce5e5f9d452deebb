"""One run by several local workers: the same arrivals, and what is known when one of them dies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sessionload.distribution.master_process import MasterProcess
from sessionload.distribution.process_setup import MasterSetup
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
    from sessionload.generator.worker_process import GeneratorProcess
    from sessionload.secret import Secret

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]


@contextmanager
def started(inputs: RunInputs, variables: dict[str, str], workers: int) -> Iterator[GeneratorProcess]:
    """A master that has its inputs."""
    with MasterProcess(variables, MasterSetup(workers)) as generator:
        generator.start(inputs)
        yield generator


def follow(
    generator: GeneratorProcess, workers: int, meet: Callable[[RunTotals], None] = lambda _: None
) -> RunTotals:
    """Take deltas to the end, and `meet` each state of the totals."""
    totals = RunTotals()
    totals.workers = workers
    for delta in generator.deltas():
        totals.add(delta)
        meet(totals)
    return totals


@pytest.mark.parametrize(
    ("workers", "arrivals"),
    [
        (3, "poisson"),
        *(
            pytest.param(workers, arrivals, marks=pytest.mark.long)
            for workers in (1, 2, 4, 8)
            for arrivals in ("even", "poisson")
        ),
    ],
)
def test_any_number_of_workers_performs_the_same_arrivals(
    plan_for: PlanFor, api_key: Secret, workers: int, arrivals: str
) -> None:
    with StubProcess.start(StubSettings(latency="5ms"), api_key) as stub:
        inputs, spec, variables = plan_for(
            stub.url, rate="100/s", duration="3s", load={"arrivals": arrivals, "max_cpu": "100%"}
        )
        with started(inputs, variables, workers) as generator:
            totals = follow(generator, workers)
            said = generator.stderr_tail
        page = stub.ledger()
    planned = spec.scenario.schedule.planned()
    assert said == ""
    assert totals.complete()
    assert over(totals.measurement).outcomes == {Outcome.OK: planned}
    assert (page["arrivals"], page["repeated"]) == (planned, [])
    result = finalize_result(spec.header, totals)
    assert (result.verdict.state, result.lost) == (State.MET, 0)

"""One run from three machines, and what may befall them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from machine_faults import FAULTS, check_numbers, master_is_killed
from machine_run import WORKERS, MachineRun

if TYPE_CHECKING:
    from pathlib import Path

    from machine_faults import Fault

pytestmark = pytest.mark.needs("namespaces")


def new_run(folder: Path, rate: int, seconds: int) -> MachineRun:
    return MachineRun(folder, f"VF.DM.{secrets.token_hex(12)}", rate=rate, seconds=seconds)


@pytest.mark.long
def test_three_machines_perform_one_plan(tmp_path: Path) -> None:
    with new_run(tmp_path, 300, 3) as run:
        run.start()
        ended = run.end()
        assert ended.code == 0, ended.err
        arrivals = run.arrivals
        assert sorted(arrivals.numbers) == list(range(900))
        assert ended.result["arrivals"] == {"planned": 900, "sent": 900, "unsent": 0, "lost": 0}
        assert ended.result["outcomes"]["ok"] == 900
        assert [run.end_of(worker).code for worker in run.workers] == [0, 0, 0]


@pytest.mark.long
def test_each_second_has_the_rate_of_the_plan_within_a_hundredth(tmp_path: Path) -> None:
    """As the result says it and as the target saw it.

    A hundredth of a second's arrivals is what comes in 10 ms, so a machine that does other things gets a
    second and a third chance, if the workers themselves say that they were late by more than half of that.
    """
    for attempt in range(3):
        (folder := tmp_path / str(attempt)).mkdir()
        with new_run(folder, 600, 8) as run:
            run.start()
            ended = run.end()
            arrivals = run.arrivals
        check_numbers(run, arrivals)
        sent = [count for _, count, _ in ended.result["flow"]][: run.seconds]
        seen = arrivals.in_seconds(arrivals.origin(run.rate), run.seconds)
        if all(abs(count - run.rate) <= run.rate / 100 for count in (*sent, *seen)):
            return
        assert ended.result["latency_ms"]["lag"]["max"] > 5, (sent, seen)
    pytest.fail(f"the rate was kept in none of three runs: {sent} sent, {seen} seen")


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "seconds", "instants"), FAULTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_fault_in_the_midst_of_a_run(
    tmp_path: Path, fault: Fault, seconds: int, instants: tuple[float, float]
) -> None:
    with new_run(tmp_path, 120, seconds) as run:
        run.start()
        fault(run, sum(instants) / 2)


@pytest.mark.long
def test_workers_whose_master_is_gone_for_good_end_and_say_so(tmp_path: Path) -> None:
    with new_run(tmp_path, 120, 8) as run:
        run.start()
        master_is_killed(run, 2)
        ended = [run.end_of(worker, within_s=90) for worker in WORKERS]
        assert [one.code for one in ended] == [3, 3, 3]
        assert all("the master did not say" in one.err for one in ended)

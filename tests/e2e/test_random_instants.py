"""What may befall a run over several machines, at twenty random instants each.

A run in which the machine itself took another worker's time for so long that it was lost is repeated, at most
twice: nothing is forgiven that concerns numbers and accounts, which are looked at first.

The instants follow from a seed, which a failure shows: `INSTANTS_SEED=… pytest -m long …` draws them again.
"""

from __future__ import annotations

import os
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from machine_faults import FAULTS, DisturbedError
from machine_run import MachineRun

if TYPE_CHECKING:
    from pathlib import Path

    from machine_faults import Fault

pytestmark = [
    pytest.mark.needs("namespaces"),
    pytest.mark.long,
    pytest.mark.minutes,
    pytest.mark.timeout(1200),
]

RUNS, AT_ONCE, ATTEMPTS = 20, 2, 3
SEED = int(os.environ.get("INSTANTS_SEED") or secrets.randbelow(10**6))


@pytest.mark.parametrize(("fault", "seconds", "span"), FAULTS, ids=lambda one: getattr(one, "__name__", ""))
def test_at_twenty_random_instants(
    tmp_path: Path, fault: Fault, seconds: int, span: tuple[float, float]
) -> None:
    draw = random.Random(f"{SEED} {fault.__name__}")  # noqa: S311 - instants are to be repeatable, not secret
    instants = [draw.uniform(*span) for _ in range(RUNS)]

    def perform(number: int) -> str:
        failure = ""
        for attempt in range(ATTEMPTS):
            (folder := tmp_path / f"{number}-{attempt}").mkdir()
            failure, disturbed = perform_once(folder, number)
            if not disturbed:
                break
        return failure

    def perform_once(folder: Path, number: int) -> tuple[str, bool]:
        try:
            with MachineRun(folder, f"VF.DM.{secrets.token_hex(12)}", rate=120, seconds=seconds) as run:
                run.start()
                fault(run, instants[number])
        except DisturbedError as error:
            return f"at {instants[number]:.3f} s, disturbed {ATTEMPTS} times: {error}", True
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all twenty are performed, and each says what became of it
            return f"at {instants[number]:.3f} s: {type(error).__name__}: {error}", False
        return "", False

    with ThreadPoolExecutor(AT_ONCE) as threads:
        failures = [failure for failure in threads.map(perform, range(RUNS)) if failure]
    assert not failures, f"{len(failures)} of {RUNS} with INSTANTS_SEED={SEED}:\n" + "\n".join(failures)

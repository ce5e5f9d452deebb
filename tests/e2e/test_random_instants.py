"""What may befall a run over several machines, at twenty random instants each.

The instants follow from a seed, which a failure shows: `INSTANTS_SEED=… pytest -m long …` draws them again.
"""

from __future__ import annotations

import os
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from machine_faults import FAULTS
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

RUNS, AT_ONCE = 20, 4
SEED = int(os.environ.get("INSTANTS_SEED") or secrets.randbelow(10**6))


@pytest.mark.parametrize(("fault", "seconds", "span"), FAULTS, ids=lambda one: getattr(one, "__name__", ""))
def test_at_twenty_random_instants(
    tmp_path: Path, fault: Fault, seconds: int, span: tuple[float, float]
) -> None:
    draw = random.Random(f"{SEED} {fault.__name__}")  # noqa: S311 - instants are to be repeatable, not secret
    instants = [draw.uniform(*span) for _ in range(RUNS)]

    def perform(number: int) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            with MachineRun(folder, f"VF.DM.{secrets.token_hex(12)}", rate=120, seconds=seconds) as run:
                run.start()
                fault(run, instants[number])
        except Exception as error:  # noqa: BLE001 - all twenty are performed, and each says what became of it
            return f"at {instants[number]:.3f} s: {type(error).__name__}: {error}"
        return ""

    with ThreadPoolExecutor(AT_ONCE) as threads:
        failures = [failure for failure in threads.map(perform, range(RUNS)) if failure]
    assert not failures, f"{len(failures)} of {RUNS} with INSTANTS_SEED={SEED}:\n" + "\n".join(failures)

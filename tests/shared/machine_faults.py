"""What may befall a run on several machines, each with all that must be seen of it in the end.

Whatever happens: no number comes twice to the target, none comes that was not planned, the account closes,
and a run that lost something is void. A worker that is lost is noticed within 5 s, and from 3 s later on the
others keep the whole rate.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from machine_run import NS, WORKERS, MachineRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from machine_run import Arrivals

    Fault = Callable[[MachineRun, float], None]

NOTICED_S, DEALT_S = 5.0, 3.1
LEASE_S = 3.0
FROZEN_S, CUT_S = 10.0, 5.0


class DisturbedError(Exception):
    """The machine under all of this took more from the run than the fault did: it says nothing of us."""


_UNREPORTED_S = 1.5
"""What a worker sent last it may not have reported any more."""
_STALL_MS = 1000
"""A worker that is later than this was kept from running by the machine."""


def worker_is_killed(run: MachineRun, at_s: float) -> None:
    """Its processes end without a word."""
    struck_ns = run.wait_until(at_s)
    run.signal("second", signal.SIGKILL)
    check_loss(run, struck_ns)


def worker_is_frozen(run: MachineRun, at_s: float) -> None:
    """It stands still for 10 s and goes on then, when others do its work."""
    struck_ns = run.wait_until(at_s)
    run.signal("second", signal.SIGSTOP)
    run.wait_until(at_s + FROZEN_S)
    run.signal("second", signal.SIGCONT)
    check_loss(run, struck_ns)


def link_is_cut(run: MachineRun, at_s: float) -> None:
    """For 5 s it reaches neither its master nor the target."""
    struck_ns = run.wait_until(at_s)
    run.network["second"].cut()
    run.wait_until(at_s + CUT_S)
    run.network["second"].heal()
    check_loss(run, struck_ns)


def two_at_once(run: MachineRun, at_s: float) -> None:
    """A worker is killed; another stands still, but is not lost, when what the first had is dealt again."""
    struck_ns = run.wait_until(at_s)
    run.signal("second", signal.SIGKILL)
    run.wait_until(at_s + 3)
    run.signal("first", signal.SIGSTOP)
    run.wait_until(at_s + 5.4)
    run.signal("first", signal.SIGCONT)
    check_loss(run, struck_ns, stood_still_s=2.4 + LEASE_S)


def master_is_killed(run: MachineRun, at_s: float) -> None:
    """The workers fall silent within their lease."""
    run.wait_until(at_s)
    run.signal("master", signal.SIGKILL)
    struck_ns = time.monotonic_ns()
    assert run.master.wait(10) == -signal.SIGKILL
    time.sleep(LEASE_S + 1)
    arrivals = run.arrivals
    check_numbers(run, arrivals)
    silent_after_s = (arrivals.instants[-1] - struck_ns) / NS
    assert silent_after_s <= LEASE_S


FAULTS: Sequence[tuple[Fault, int, tuple[float, float]]] = (
    (worker_is_killed, 13, (0.2, 2.5)),
    (worker_is_frozen, 14, (0.2, 2.5)),
    (link_is_cut, 13, (0.2, 2.5)),
    (two_at_once, 14, (0.2, 2.5)),
    (master_is_killed, 11, (0.2, 6.0)),
)
"""Each fault, how long the run is planned (s), and between which instants it may strike (s)."""


def check_loss(run: MachineRun, struck_ns: int, *, stood_still_s: float = 0) -> None:
    """Check the accounts of a run that has lost its second worker, which nobody could help.

    Another may have stood still for so long: it leaves out what was due when it held no lease. Raises
    `DisturbedError` where more is lost than that, and the machine is to blame.
    """
    ended = run.end()
    result = ended.result
    assert (ended.code, result["verdict"]["state"]) == (3, "void"), ended.err
    assert "was lost at" in ended.err
    arrivals = run.arrivals
    check_numbers(run, arrivals)
    check_account(run, result, len(arrivals))
    assert result["arrivals"]["lost"] > 0
    share = run.rate / len(WORKERS)
    worst = share * (NOTICED_S + DEALT_S + _UNREPORTED_S + stood_still_s)
    whole_s = int((struck_ns - arrivals.origin(run.rate)) / NS + NOTICED_S + DEALT_S) + 1
    assert whole_s < run.seconds, "the run is too short for its rate to come back"
    missing = set(range(run.rate * whole_s, run.rate * run.seconds)) - set(arrivals.numbers)
    if not missing and result["arrivals"]["lost"] <= worst:
        return
    others_lost = ended.err.count("was lost at") > 1
    if others_lost or result["latency_ms"]["lag"]["max"] > _STALL_MS + 1000 * stood_still_s:
        raise DisturbedError(ended.err)
    pytest.fail(
        f"{result['arrivals']['lost']} lost, {len(missing)} missing from second {whole_s} on: {ended.err}"
    )


def check_numbers(run: MachineRun, arrivals: Arrivals) -> None:
    """Check that what came was planned, and came once."""
    assert len(set(arrivals.numbers)) == len(arrivals)
    assert all(0 <= number < run.rate * run.seconds for number in arrivals.numbers)


def check_account(run: MachineRun, result: dict[str, Any], came: int) -> None:
    """Check that the account closes, and that every session counted was started once.

    More has come than is counted as good: what a lost worker did not report any more. Of what it sent into a
    cable that was cut nothing has come, and it is counted as sent.
    """
    planned, sent, unsent, lost = (result["arrivals"][name] for name in ("planned", "sent", "unsent", "lost"))
    assert planned == run.rate * run.seconds == sent + unsent + lost
    assert sent == sum(result["outcomes"].values())
    assert result["outcomes"]["ok"] <= came <= planned

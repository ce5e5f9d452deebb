"""Faults that wait for a session to be granted, and defects, which are there always."""

from __future__ import annotations

import pytest

from sessionload.stub.fault_time import IF_GRANTED
from sessionload.stub.faults import Action, Defect, FaultKind, FaultScript, ScriptedFault


def test_a_fault_can_wait_for_a_session_that_would_be_granted() -> None:
    script = FaultScript.parse(["status 201 if granted", "nan on 2"])
    assert script.action(1, 0) == Action(FaultKind.STATUS, "201")
    assert script.action(1, 0, granted=False) is None
    assert script.action(2, 0, granted=False) == Action(FaultKind.NAN)


def test_it_touches_preflights_too() -> None:
    script = FaultScript.parse(["html  if  granted"])
    assert script.faults[0].when == IF_GRANTED
    assert script.for_preflight() == Action(FaultKind.HTML)
    assert script.for_preflight(granted=False) is None


@pytest.mark.parametrize("defect", Defect)
def test_a_defect_is_no_fault_of_any_arrival(defect: Defect) -> None:
    script = FaultScript.parse([f"{defect} always", "close on 2"])
    assert script.defects == {defect}
    assert script.action(1, 0) is None
    assert script.action(2, 0) == Action(FaultKind.CLOSE)
    assert script.for_preflight() is None


@pytest.mark.parametrize("when", ["every 2", "on 1", "from 1s for 1s", "if granted"])
def test_a_defect_is_there_always_or_not_at_all(when: str) -> None:
    with pytest.raises(
        ValueError, match="'grants_empty' is there always or not at all; write grants_empty always"
    ):
        ScriptedFault.parse(f"grants_empty {when}")


def test_no_defect_has_the_name_of_a_fault() -> None:
    assert not {str(kind) for kind in FaultKind} & {str(defect) for defect in Defect}


def test_a_defect_takes_no_argument() -> None:
    with pytest.raises(
        ValueError, match="'grants_get' takes nothing before its time, and 'now' stands there"
    ):
        ScriptedFault.parse("grants_get now always")

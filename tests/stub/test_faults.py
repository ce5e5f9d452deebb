"""The grammar of scripted faults, and which arrival meets which of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.stub.fault_time import ALWAYS, When
from sessionload.stub.faults import Action, FaultKind, FaultScript, ScriptedFault
from sessionload.units import NS

PLAIN = [
    kind
    for kind in FaultKind
    if kind not in (FaultKind.STALL, FaultKind.STATUS, FaultKind.THROTTLE, FaultKind.REDIRECT)
]


def numbers(line: str, *, upto: int = 30, elapsed_ns: int = 0) -> list[int]:
    script = FaultScript.parse([line])
    return [number for number in range(1, upto + 1) if script.action(number, elapsed_ns)]


@pytest.mark.parametrize("kind", PLAIN)
def test_each_plain_kind_is_written_by_its_name(kind: FaultKind) -> None:
    assert ScriptedFault.parse(f"{kind} always") == ScriptedFault(Action(kind), ALWAYS)


@pytest.mark.parametrize(
    ("line", "kind", "argument"),
    [
        ("status 503 every 10", FaultKind.STATUS, "503"),
        ("status  999  on 1", FaultKind.STATUS, "999"),
        ("throttle on 1", FaultKind.THROTTLE, ""),
        ("throttle retry-after 30 on 1", FaultKind.THROTTLE, "30"),
        ("throttle retry-after -1 on 1", FaultKind.THROTTLE, "-1"),
        (
            "throttle retry-after Wed, 21 Oct 2026 07:28:00 GMT always",
            FaultKind.THROTTLE,
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("redirect http://127.0.0.1:9/x always", FaultKind.REDIRECT, "http://127.0.0.1:9/x"),
        ("  hang   always  ", FaultKind.HANG, ""),
    ],
)
def test_a_line_has_a_kind_and_its_argument(line: str, kind: FaultKind, argument: str) -> None:
    fault = ScriptedFault.parse(line)
    assert isinstance(fault, ScriptedFault)
    assert fault.action == Action(kind, argument)


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ("always", list(range(1, 31))),
        ("every 1", list(range(1, 31))),
        ("every 10", [10, 20, 30]),
        ("every 31", []),
        ("on 5", [5]),
        ("on 5..5", [5]),
        ("on 5..9", [5, 6, 7, 8, 9]),
        ("from 0s for 1s", list(range(1, 31))),
        ("from 1ns for 1s", []),
    ],
)
def test_at_the_first_instant_these_arrivals_are_met(when: str, met: list[int]) -> None:
    assert numbers(f"close {when}") == met


@pytest.mark.parametrize(
    ("elapsed_ns", "met"),
    [(2 * NS - 1, False), (2 * NS, True), (5 * NS - 1, True), (5 * NS, False)],
)
def test_a_span_has_its_beginning_and_not_its_end(elapsed_ns: int, met: bool) -> None:  # noqa: FBT001 - a table
    assert bool(numbers("close from 2s for 3s", upto=1, elapsed_ns=elapsed_ns)) is met


def test_the_first_line_that_matches_wins() -> None:
    script = FaultScript.parse(["status 500 every 4", "status 503 every 2", "nan always"])
    got = [action.argument or str(action.kind) for n in range(1, 5) if (action := script.action(n, 0))]
    assert got == ["nan", "503", "nan", "500"]


def test_a_stall_holds_an_arrival_until_its_end() -> None:
    script = FaultScript.parse(["stall from 10s for 3s"])
    assert script.action(7, 10 * NS - 1) is None
    assert script.action(7, 10 * NS) == Action(None, hold_ns=3 * NS)
    assert script.action(7, 12 * NS) == Action(None, hold_ns=1 * NS)
    assert script.action(7, 13 * NS) is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_stall_joins_with_another_fault_in_either_order(order: int) -> None:
    script = FaultScript.parse(["stall from 1s for 2s", "status 503 every 2"][::order])
    assert script.action(2, 1 * NS) == Action(FaultKind.STATUS, "503", 2 * NS)
    assert script.action(3, 1 * NS) == Action(None, "", 2 * NS)
    assert script.action(2, 0) == Action(FaultKind.STATUS, "503", 0)


def test_of_two_stalls_the_longer_one_holds() -> None:
    script = FaultScript.parse(["stall from 1s for 2s", "stall from 1s for 5s"])
    assert script.action(1, 2 * NS) == Action(None, hold_ns=4 * NS)


def test_an_empty_script_does_nothing() -> None:
    script = FaultScript.parse([])
    assert not script.faults
    assert script.action(1, 0) is None
    assert script.for_preflight() is None


def test_only_a_fault_that_is_always_there_touches_preflights() -> None:
    assert FaultScript.parse(["status 500 every 1", "close on 1"]).for_preflight() is None
    script = FaultScript.parse(["status 500 every 1", "nan always", "close always"])
    assert script.for_preflight() == Action(FaultKind.NAN)


@given(st.integers(1, 50), st.integers(1, 500), st.integers(0, 100 * NS))
def test_every_n_meets_one_arrival_in_n(step: int, number: int, elapsed_ns: int) -> None:
    when = When(step=step)
    assert [when.matches(number + offset, elapsed_ns) for offset in range(step)].count(True) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "does not say when"),
        ("close", "'close' does not say when; end it with always, every 10, on 5"),
        ("always", "does not say when"),
        ("close sometimes", "does not say when"),
        ("closes always", "'closes' is not a fault; did you mean 'close'?"),
        ("zzz always", "'zzz' is not a fault; known here: array, "),
        ("close every 0", "'every 0' is not a time for a fault"),
        ("close every", "'every' is not a time for a fault"),
        ("close every 1.5", "'every 1.5' is not a time for a fault"),
        ("close on 0", "'on 0' is not a time for a fault"),
        ("close on 5..4", "'on 5..4' ends before it begins"),
        ("close from 10s", "'from 10s' is not a time for a fault"),
        ("close from 10 for 3s", "'10' has no unit"),
        ("close from 10s for 0s", "lasts no time at all"),
        ("stall always", "'stall always' has no end; write it like stall from 10s for 3s"),
        ("stall every 5", "has no end"),
        ("status always", "'status ' has no status of three digits"),
        ("status 50 always", "'status 50' has no status of three digits"),
        ("status 099 always", "has no status of three digits"),
        ("status 5000 always", "has no status of three digits"),
        ("redirect always", "'redirect ' has no address"),
        ("redirect http://a b always", "has no address"),
        ("redirect http://a\u00e9 always", "has no address"),
        ("throttle 30 always", "'throttle 30' is not understood"),
        ("throttle retry-after caf\u00e9 always", "is not understood"),
        ("nan 5 always", "'nan' takes nothing before its time, and '5' stands there"),
    ],
)
def test_what_cannot_be_read_is_answered_by_a_sentence(line: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        FaultScript.parse(["nan always", line])
    assert "\n" not in str(caught.value)

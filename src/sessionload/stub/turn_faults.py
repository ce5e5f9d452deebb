"""Which turns fail at the stub, and how: lines of the same script as the faults of session starts.

A turn is known by its number in its session, from 1, and by nothing else. `slow_turn` and `turn_gaps` only
take time, so each of them joins with another fault; of the others that match a turn, the first one applies.

    turn_gaps 300ms,1700ms on 3     the first event comes after 300 ms, the second 1.7 s later
    slow_turn 2s on 3               the third turn of each session is answered 2 s later
    no_end always                   each stream ends without its `end`
    turn_status 503 every 2
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from sessionload.errors import ValueProblem, quoted
from sessionload.stub.fault_time import parse_when
from sessionload.units import NS, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.stub.fault_time import When


class TurnFault(StrEnum):
    """What the stub can do with a turn instead of answering it as the contract says."""

    SLOW_TURN = "slow_turn"
    TURN_GAPS = "turn_gaps"
    TURN_STATUS = "turn_status"
    DEAD_KEY = "dead_key"
    NO_END = "no_end"
    CUT_TURN = "cut_turn"
    HANG_TURN = "hang_turn"
    BAD_TRACE = "bad_trace"
    OTHER_SESSION = "other_session"


_TIMES = frozenset({TurnFault.SLOW_TURN, TurnFault.TURN_GAPS})
_MOST_GAPS = 100


@dataclass(frozen=True, slots=True)
class ScriptedTurnFault:
    """One line of a script that is about turns."""

    kind: TurnFault
    argument: str
    gaps: tuple[float, ...]
    """Seconds, of the two that take time."""
    when: When

    @classmethod
    def parse(cls, kind: TurnFault, text: str, when: str) -> Self:
        """Return the fault of a line in its three parts. Raises `ValueProblem`."""
        moment = parse_when(when)
        if moment.granted or moment.from_ns or moment.until_ns != float("inf"):
            raise ValueProblem(
                f"{quoted(when)} is no time for a turn, which is known by its number in its session",
                f"write it like {kind} always, every 2, on 3 or on 2..5",
            )
        return cls(kind, text, _gaps(kind, text), moment)


def _gaps(kind: TurnFault, text: str) -> tuple[float, ...]:
    """Return the seconds in a line that takes time, and refuse what another line cannot have."""
    if kind in _TIMES:
        texts = text.split(",") if kind is TurnFault.TURN_GAPS else [text]
        if not text or len(texts) > _MOST_GAPS:
            like = "turn_gaps 300ms,1s on 3" if kind is TurnFault.TURN_GAPS else "slow_turn 2s on 3"
            raise ValueProblem(f"{quoted(f'{kind} {text}')} does not say how long", f"write it like {like}")
        return tuple(parse_duration(each.strip()) / NS for each in texts)
    if kind is TurnFault.TURN_STATUS:
        if not re.fullmatch(r"[2-9]\d\d", text, re.ASCII):
            raise ValueProblem(
                f"{quoted(f'{kind} {text}')} has no status of three digits",
                "write it like turn_status 503 on 2",
            )
    elif text:
        raise ValueProblem(
            f"'{kind}' takes nothing before its time, and {quoted(text)} stands there",
            f"write it like {kind} on 2",
        )
    return ()


@dataclass(frozen=True, slots=True)
class TurnAction:
    """What happens to one turn: it begins after `wait`, its events after `gaps`, and `kind` if any."""

    kind: TurnFault | None = None
    argument: str = ""
    wait: float = 0.0
    gaps: tuple[float, ...] = ()


def turn_action(faults: Iterable[ScriptedTurnFault], number: int) -> TurnAction:
    """Return what happens to the turn of this number in its session."""
    kind, argument, wait = None, "", 0.0
    gaps: tuple[float, ...] = ()
    for fault in faults:
        if not fault.when.matches(number, 0):
            continue
        if fault.kind is TurnFault.SLOW_TURN:
            wait = wait or fault.gaps[0]
        elif fault.kind is TurnFault.TURN_GAPS:
            gaps = gaps or fault.gaps
        elif kind is None:
            kind, argument = fault.kind, fault.argument
    return TurnAction(kind, argument, wait, gaps)

"""A hold: a rate that is kept for some seconds, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction


class Purpose(StrEnum):
    """Why a rate is held."""

    BRACKET = "bracket"
    """The limit is looked for upwards."""
    BISECT = "bisect"
    """The limit is between two rates, and this one is between them."""
    CONFIRM = "confirm"
    """The answer, once more and for longer: it must meet the targets again."""
    REFUTE = "refute"
    """The next rate above the answer, once more and for longer: it must miss a target again."""


class Shown(StrEnum):
    """What a hold showed."""

    MET = "met"
    MISSED = "missed"
    UNSURE = "unsure"
    """It may be noise: the same rate is held for longer."""
    VOID = "void"
    """The generator was too late or too busy, or lost arrivals: nothing is known of the server."""
    THROTTLED = "throttled"
    """The server answered 429: it keeps a quota, whatever it could do without."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A rate in arrivals per second, and for how many seconds it is held."""

    rate: Fraction
    seconds: int
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class HoldResult:
    """What a hold showed."""

    shown: Shown
    because: str = ""
    """The target that gave way or that is unsure, or why the hold is void; empty if it is met."""
    leans_met: bool = False
    """Of an unsure hold: whether its figures, as they stand, keep all targets."""

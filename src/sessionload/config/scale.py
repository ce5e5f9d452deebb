"""A scenario made smaller or larger by one knob: `rate=10%,time=1m` is a tenth of it, for a minute.

`rate` is a share of all rates, or the peak that the highest of them becomes. `time` is a share of all
durations, or what all stages take together. A scenario that is scaled keeps its own stages and says so in
`scale`, so that its result tells what was asked for and what was run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place, ValueProblem
from sessionload.units import parse_duration, parse_rate
from sessionload.workload.schedule import LONGEST_NS, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.config.document import Document
    from sessionload.config.node import Node

KEYS = ("rate", "time")
LIKE = "rate=10%,time=1m"
OPTION = Place("--scale")

_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")
_SHORTEST_NS = 1_000_000


def with_scale(document: Document, option: str) -> Document:
    """Return a scenario that is scaled as `--scale` says. Raises `InputError`."""
    scale: dict[str, str] = {}
    for part in option.split(","):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value or key not in KEYS or key in scale:
            message = "a scale is rate, time or both, each with = and a value"
            raise InputError("bad-scale", message, place=OPTION, hint=f"write it like --scale {LIKE}")
        scale[key] = value
    document = document.with_value(("scale",), {}, OPTION)
    for key, value in scale.items():
        document = document.with_value(("scale", key), value, OPTION)
    return document


@dataclass(frozen=True, slots=True)
class Scale:
    """How a scenario is scaled. A share of 1 leaves things as they are."""

    rate: Fraction = Fraction(1)
    peak: Fraction | None = None
    """The highest rate, where that was asked for instead of a share."""
    time: Fraction = Fraction(1)
    total_ns: int | None = None
    """What all stages take together, where that was asked for instead of a share."""
    node: Node | None = None
    """Where it was written."""

    @classmethod
    def check(cls, node: Node) -> Scale:
        """Return the scale that a scenario says. Raises `InputError`."""
        node.mapping(KEYS)
        scale = cls(node=node)
        rate, time = node.get("rate"), node.get("time")
        if rate:
            share, peak = rate.parsed(_share_or_rate, "bad-scale", "write it like 10%, or 20/s for the peak")
            scale = replace(scale, rate=share, peak=peak)
        if time:
            share, total = time.parsed(_share_or_duration, "bad-scale", "write it like 10%, or 1m for all")
            scale = replace(scale, time=share, total_ns=total)
        return scale

    def rate_factor(self, stages: Sequence[Stage]) -> Fraction:
        """Return what all rates are multiplied by."""
        highest = max(max(stage.start_rate, stage.end_rate) for stage in stages)
        return self.rate if self.peak is None or not highest else self.peak / highest

    def applied(self, stages: Sequence[Stage]) -> tuple[Stage, ...]:
        """Return the stages as they are run. Raises `InputError` where one would be too short or too long.

        Borders are scaled, not durations, so that all stages together take exactly as long as was asked.
        """
        if self.node is None:
            return tuple(stages)
        borders = list(accumulate((stage.duration_ns for stage in stages), initial=0))
        time = self.time if self.total_ns is None else Fraction(self.total_ns, borders[-1])
        durations = [int(end * time) - int(start * time) for start, end in pairwise(borders)]
        if min(durations) < _SHORTEST_NS or sum(durations) > LONGEST_NS:
            message = "so scaled, a stage would be shorter than 1ms, or all together longer than 24h"
            raise self.node.refuse("bad-scale", message, "scale the time less")
        rate = self.rate_factor(stages)
        return tuple(
            replace(stage, start_rate=stage.start_rate * rate, end_rate=stage.end_rate * rate, duration_ns=ns)
            for stage, ns in zip(stages, durations, strict=True)
        )


UNSCALED = Scale()


def _share_or_rate(text: str) -> tuple[Fraction, Fraction | None]:
    share = _share(text)
    return (share, None) if share is not None else (Fraction(1), _positive(parse_rate(text), text))


def _share_or_duration(text: str) -> tuple[Fraction, int | None]:
    share = _share(text)
    if share is not None:
        return share, None
    return Fraction(1), int(_positive(Fraction(parse_duration(text)), text))


def _share(text: str) -> Fraction | None:
    """Return a share, which may be more than 100%."""
    match = _PERCENT.fullmatch(text.strip())
    return _positive(Fraction(match[1]) / 100, text) if match else None


def _positive(number: Fraction, text: str) -> Fraction:
    if not number:
        raise ValueProblem(f"{text} of anything is nothing", f"write it like {LIKE}")
    return number

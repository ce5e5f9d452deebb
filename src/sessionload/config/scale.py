"""A scenario made smaller or larger by one knob: `rate=10%,time=1m` is a tenth of it, for a minute.

`rate` is a share of all rates, or the peak that the highest of them becomes. `time` is a share of all
durations, or what all stages take together. A scenario that is scaled keeps its own stages and says so in
`scale`, so that its result tells what was asked for and what was run.

A burst is a moment and not a stretch of time: `rate` changes how many come, and `time` leaves it alone. Of a
file of arrivals, `rate` leaves out as many as it has to, evenly, and `time` takes as much from the start; no
scale makes more of a file than there is in it.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place, ValueProblem
from sessionload.units import NS, duration_text, parse_duration, parse_rate
from sessionload.workload.peak import peak_of
from sessionload.workload.schedule import LONGEST_NS
from sessionload.workload.stage import Stage

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

    def applied(self, stages: Sequence[Stage]) -> tuple[Stage, ...]:
        """Return the stages as they are run. Raises `InputError` where one would be too short or too long.

        Borders are scaled, not durations, so that all stages together take exactly as long as was asked.
        """
        if self.node is None:
            return tuple(stages)
        timed = self._timed(stages, self.node)
        highest = peak_of(timed)
        rate = self.rate if self.peak is None or not highest else self.peak / highest
        return tuple(_faster(stage, rate) for stage in timed)

    def of_recording(self, due: array[int]) -> array[int]:
        """Return the instants of a file that are left. Raises `InputError` for more than there are."""
        if self.node is None:
            return due
        asks_for_peak, length_ns = self.peak is not None, due[-1] + 1
        if asks_for_peak or self.rate > 1:
            message = "a file of arrivals can be scaled to a share of its rate only, at most 100%"
            hint = "write it like rate=50%; to come faster, set load.arrivals.speed"
            raise self.node.refuse("bad-scale", message, hint)
        end_ns = int(length_ns * self.time) if self.total_ns is None else self.total_ns
        if end_ns > length_ns + NS:
            message = "a file of arrivals can be scaled to a part of its time only, from its start on"
            hint = f"its last arrival is due after {duration_text(due[-1])}"
            raise self.node.refuse("bad-scale", message, hint)
        part, share = due[: bisect_left(due, end_ns)], self.rate
        if share == 1:
            return part
        left, of = share.as_integer_ratio()
        return array("q", (instant for number, instant in enumerate(part) if number * left % of < left))

    def _timed(self, stages: Sequence[Stage], node: Node) -> tuple[Stage, ...]:
        """Return the stages with the time that they take."""
        lengths = [0 if stage.kind == "burst" else stage.duration_ns for stage in stages]
        borders = list(accumulate(lengths, initial=0))
        bursts_ns = sum(stage.duration_ns for stage in stages) - borders[-1]
        if not borders[-1]:
            if self.total_ns in {None, bursts_ns}:
                return tuple(stages)
            message = "a burst takes the time that it says, and this scenario has no other stage"
            raise node.refuse("bad-scale", message, "scale the rate only")
        time = self.time if self.total_ns is None else Fraction(self.total_ns - bursts_ns, borders[-1])
        durations = [int(end * time) - int(start * time) for start, end in pairwise(borders)]
        timed = tuple(
            stage if stage.kind == "burst" else replace(stage, duration_ns=ns)
            for stage, ns in zip(stages, durations, strict=True)
        )
        shortest = min(stage.duration_ns for stage in timed if stage.kind != "burst")
        if shortest < _SHORTEST_NS or sum(stage.duration_ns for stage in timed) > LONGEST_NS:
            message = "so scaled, a stage would be shorter than 1ms, or all together longer than 24h"
            raise node.refuse("bad-scale", message, "scale the time less")
        return timed


UNSCALED = Scale()


def _faster(stage: Stage, rate: Fraction) -> Stage:
    """Return a stage with its rates multiplied; of a burst at least one arrival is left."""
    if stage.kind != "burst":
        return replace(stage, start_rate=stage.start_rate * rate, end_rate=stage.end_rate * rate)
    arrivals = max(1, int(stage.area * rate))
    return Stage.burst(stage.name, arrivals, stage.duration_ns, warmup=stage.warmup)


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

"""The stages of a scenario: how fast people arrive in each, for how long, and what it is called.

A stage says its rate as `rate: 20/s`, or in people: `people: 50, every: 3s` is 50/3 arrivals a second. One
that says neither goes on at the rate at which the stage before it ended. A burst says `arrivals: 200, within:
200ms` instead: exactly so many, and what comes after it goes on as if it had not been. A stage without a name
is called by what it does, in the words that say so: `ramp 20/s to 200/s`, `hold 50 people every 3s`, `pause`.
People arrive at that rate whatever the server does: nobody waits for an answer before the next one comes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

from sessionload.config.mistakes import Mistakes
from sessionload.config.scale import UNSCALED, Scale
from sessionload.units import NS
from sessionload.workload.schedule import LONGEST_NS, MOST_ARRIVALS
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from sessionload.config.node import Node
    from sessionload.errors import Place

KEYS = ("name", "rate", "people", "every", "ramp_to", "duration", "warmup", "arrivals", "within")
RATE_KEYS = ("rate", "people", "every", "ramp_to", "duration")
"""What a burst does not have."""
EXAMPLE = "{rate: 20/s, duration: 30s}"

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/() -]{0,62}[A-Za-z0-9._/()-]|[A-Za-z0-9]")
"""The name of a stage: unlike other names it is part of no folder, so it may have spaces and slashes."""
LONGEST_NAME = 64

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Stages:
    """The checked stages, with their names."""

    stages: tuple[Stage, ...]
    peak_at: Place
    """Where the highest rate was written."""
    resolved: list[dict[str, Any]]
    """As a file would say them, before they are scaled; only fixed defaults are left out."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A rate as it was written: at one end of a stage."""

    per_second: Fraction
    place: Place
    written: dict[str, Any]
    """The keys that say it: `rate`, or `people` and `every`."""
    every_ns: int = 0
    """How often each of the people starts a session; 0 where a rate was written."""

    @classmethod
    def of_rate(cls, node: Node) -> Self:
        return cls(node.rate(), node.place, {"rate": node.written})

    @classmethod
    def of_people(cls, node: Node, every_ns: int, every: str) -> Self:
        number = node.integer(0, MOST_ARRIVALS)
        written = {"people": number, "every": every}
        return cls(Fraction(number * NS, every_ns), node.place, written, every_ns)

    @classmethod
    def unknown(cls, node: Node) -> Self:
        """Return the level of a stage that has a mistake."""
        return cls(Fraction(1), node.place, {"rate": "1/s"})

    @property
    def amount(self) -> str:
        """`20/s`, or `50`."""
        return str(self.written["people"]) if self.every_ns else "".join(self.written["rate"].split())

    @property
    def text(self) -> str:
        """`20/s`, or `50 people every 3s`; `200 within 200ms` of a burst."""
        if "within" in self.written:
            return f"{self.written['arrivals']} within {self.written['within']}"
        return f"{self.amount} people every {self.written['every']}" if self.every_ns else self.amount


@dataclass(frozen=True, slots=True)
class _Part:
    """A stage whose name is not known yet."""

    node: Node
    start: _Level
    end: _Level
    duration_ns: int
    warmup: bool
    burst: int = 0
    """How many arrivals come in the duration, whatever the rate is."""

    @property
    def name(self) -> str:
        """What it does, in a few words."""
        start, end = self.start, self.end
        if self.burst:
            return f"burst of {start.text}"
        if start.per_second == end.per_second:
            return f"hold {start.text}" if start.per_second else "pause"
        alike = start.every_ns and start.written.get("every") == end.written.get("every")
        return f"ramp {start.amount if alike else start.text} to {end.text}"

    def stage(self, name: str) -> Stage:
        """Return the stage with its name."""
        if self.burst:
            return Stage.burst(name, self.burst, self.duration_ns, warmup=self.warmup)
        return Stage(name, self.start.per_second, self.end.per_second, self.duration_ns, self.warmup)

    def resolved(self, name: str) -> dict[str, Any]:
        """Return the stage with its name and its rate, as a file could say it."""
        known = {"name": name, **self.start.written}
        return {**known, **{key: value for key, value in self.node.value.items() if key not in known}}


def check_stages(node: Node, scale: Scale = UNSCALED) -> Stages:
    """Return the checked stages of a `load`, scaled. Raises `InputError`."""
    items = node.items()
    if not items:
        raise node.refuse("no-stage", f"{node.name} is empty", f"add - {EXAMPLE}")
    parts: list[_Part] = []
    mistakes = Mistakes()
    for number, item in enumerate(items):
        last = next((part.end for part in reversed(parts) if not part.burst), None)
        if (
            number and last is None and len(parts) < number
        ):  # the first has a mistake, and what goes on from it has none for that
            last = _Level.unknown(item)
        with mistakes:
            parts.append(_part(item, last))
    mistakes.end()
    for before, part in pairwise(parts):
        if part.warmup and not before.warmup:
            message = (
                f"{part.node.name} is a warm-up after a measured stage, and would hide what happens in it"
            )
            with mistakes:
                raise part.node.need("warmup", "").refuse(
                    "late-warmup", message, "remove warmup, or move the stage to the start"
                )
    with mistakes:
        names = _names(parts)
    mistakes.end()
    stages = tuple(part.stage(name) for name, part in zip(names, parts, strict=True))
    if not any(stage.area for stage in stages if not stage.warmup):
        message = "no stage with arrivals is measured: without evidence there is no verdict"
        raise node.refuse(
            "no-measured-stage", message, "add a stage that is not a warm-up, with a rate above 0/s"
        )
    levels = [level for part in parts for level in (part.start, part.end)]
    return Stages(
        scale.applied(stages),
        max(levels, key=lambda level: level.per_second).place,
        [part.resolved(stage.name) for part, stage in zip(parts, stages, strict=True)],
    )


def _part(node: Node, before: _Level | None) -> _Part:
    node.names()  # else there is nothing to look into
    if "arrivals" in node.value or "within" in node.value:
        return _burst(node)
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    with mistakes:
        start = _start(node, before)
        ramp_to = node.get("ramp_to")
        end = _end(ramp_to, node, start) if ramp_to else start
    with mistakes:
        duration = node.need("duration", "30s")
        if not _MS <= duration.duration() <= LONGEST_NS:
            raise duration.out_of_range("1ms", "24h")
    with mistakes:
        warmup_node = node.get("warmup")
        warmup = warmup_node.boolean() if warmup_node else False
    mistakes.end()
    return _Part(node, start, end, duration.duration(), warmup)


def _burst(node: Node) -> _Part:
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    for key in RATE_KEYS:
        other = node.get(key)
        with mistakes:
            if other:
                message = (
                    f"{other.name} is for a rate, and {node.name} is a burst: so many arrivals within a time"
                )
                raise other.refuse(
                    "rate-and-burst", message, "remove it, or arrivals and within", at_key=True
                )
    with mistakes:
        arrivals_node = node.need("arrivals", "200")
        arrivals = arrivals_node.integer(1, MOST_ARRIVALS)
    with mistakes:
        within = node.need("within", "200ms")
        if not _MS <= within.duration(LONGEST_NS, "ms") <= LONGEST_NS:
            raise within.out_of_range("1ms", "24h")
    with mistakes:
        warmup_node = node.get("warmup")
        warmup = warmup_node.boolean() if warmup_node else False
    mistakes.end()
    # Where bursts and rates are compared, a burst counts by what comes in a second.
    in_a_second = min(Fraction(arrivals), Fraction(arrivals * NS, within.duration()))
    level = _Level(in_a_second, arrivals_node.place, {"arrivals": arrivals, "within": within.written})
    return _Part(node, level, level, within.duration(), warmup, arrivals)


def _start(node: Node, before: _Level | None) -> _Level:
    rate, people, every = node.get("rate"), node.get("people"), node.get("every")
    if rate and people:
        message = f"{node.name} has a rate and people, and each says how fast users arrive"
        raise people.refuse("rate-and-people", message, "keep one of the two", at_key=True)
    if every and not people:
        message = f"{every.name} says how often each of the people starts a session, and there are none"
        raise every.refuse("unused-key", message, "add people: 50, or remove it", at_key=True)
    if people:
        return _people(people, node.need("every", "3s"))
    if rate:
        return _Level.of_rate(rate)
    if before is None:
        message = f"{node.name} is the first stage and has no 'rate' to go on from"
        raise node.refuse("missing-key", message, "add rate: 20/s, or people: 50 and every: 3s")
    return before


def _people(people: Node, every: Node) -> _Level:
    if not _MS <= every.duration() <= LONGEST_NS:
        raise every.out_of_range("1ms", "24h")
    return _Level.of_people(people, every.duration(), every.written)


def _end(node: Node, stage: Node, start: _Level) -> _Level:
    if not start.every_ns or not isinstance(node.value, int):
        return _Level.of_rate(node)
    if "people" not in stage.value:
        message = f"{node.name} is a number, and {stage.name} does not say how many people it begins with"
        every = start.written["every"]
        hint = f"add people: {start.amount} and every: {every}, or write {node.written}/s if that is meant"
        raise node.refuse("bad-rate", message, hint)
    return _Level.of_people(node, start.every_ns, start.written["every"])


def _names(parts: list[_Part]) -> list[str]:
    """Return a name for each stage: its own, or what it does, numbered where another one has that already."""
    given: dict[str, int] = {}
    mistakes = Mistakes()
    for number, part in enumerate(parts):
        own = part.node.get("name")
        with mistakes:
            if own and given.setdefault(_own(own), number) != number:
                message = f"{part.node.name} has the same name as an earlier stage"
                raise own.refuse("duplicate-stage", message, "give each stage a name of its own")
    mistakes.end()
    by_number = {number: name for name, number in given.items()}
    free = _FreeNames(set(given))
    return [by_number.get(number) or free.next(part.name, number) for number, part in enumerate(parts)]


def _own(node: Node) -> str:
    return node.a_name(
        NAME, "1 to 64 letters, digits, spaces or signs of ._-/(), the first a letter or digit"
    )


class _FreeNames:
    """Names that no stage has yet."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._times: Counter[str] = Counter()

    def next(self, name: str, number: int) -> str:
        """Return `name` for the stage of this index, numbered if another one has it already."""
        if len(name) > LONGEST_NAME - len(" (9999)"):  # a rate can be written in sixty digits
            name = f"stage {number + 1}"
        while True:
            self._times[name] += 1
            times = self._times[name]
            numbered = name if times == 1 else f"{name} ({times})"
            if numbered not in self._taken:
                self._taken.add(numbered)
                return numbered

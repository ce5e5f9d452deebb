"""`load.arrivals`: whether people arrive evenly, at random, in clusters, or when a file says they came.

It is a word, or a mapping with one way to arrive in it: `{gamma: 0.3}`, or `{file: arrivals.csv}`. A file is
read by whoever has files; what it holds comes in as instants, and is thinned and cut here as `scale` says.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sessionload.config.mistakes import Mistakes
from sessionload.config.stages import NAME
from sessionload.config.user_file import UserFile, separator_of
from sessionload.errors import ValueProblem
from sessionload.units import NS
from sessionload.workload.recording import WARMUP
from sessionload.workload.schedule import LARGEST_SHAPE, LEAST_SHAPE, LONGEST_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.config.node import Node
    from sessionload.config.scale import Scale

    ReadInstants = Callable[[UserFile], array[int]]
    """Returns the instants in a file, in nanoseconds after the first; raises `InputError`."""

ARRIVALS = ("even", "poisson")
FILE_KEYS = ("file", "column", "separator", "speed", "warmup")
GAMMA_KEYS = ("gamma",)

_SPEED = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*x")
_FASTEST = 1000
_EXAMPLE = "{file: arrivals.csv, column: at}"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How people arrive."""

    kind: str
    """`even`, `poisson`, `gamma` or `file`."""
    written: Any
    """As a file says it."""
    shape: Fraction = Fraction(1)
    """Of gamma gaps."""
    file: UserFile | None = None
    speed: Fraction = Fraction(1)
    warmup_ns: int = 0
    instants: array[int] = field(default_factory=lambda: array("q"))
    """When people came, in nanoseconds after the first."""

    @property
    def stage_name(self) -> str:
        """What the stage of a file is called: the file, as far as a stage can be."""
        name = PurePath(self.file.path).name if self.file else ""
        return name if NAME.fullmatch(name) and name != WARMUP else "recorded"

    def due(self, scale: Scale) -> array[int]:
        """Return when arrivals are due: the instants at this speed, thinned and cut as the scale says.

        Raises `InputError` for a scale that would need more than is in the file.
        """
        due = self.instants
        if self.speed != 1:
            up, down = self.speed.denominator, self.speed.numerator
            due = array("q", (instant * up // down for instant in due))
        return scale.of_recording(due)


def check_arrivals(node: Node | None, read: ReadInstants | None) -> Arrivals:
    """Return the checked `arrivals` of a load. Raises `InputError`."""
    if node is None:
        return Arrivals("even", "even")
    if not isinstance(node.value, dict):
        kind = node.choice(ARRIVALS)
        return Arrivals(kind, kind)
    if "gamma" in node.value:
        gamma = node.mapping(GAMMA_KEYS).need("gamma", "0.3")
        if not LEAST_SHAPE <= gamma.number() <= LARGEST_SHAPE:
            raise gamma.out_of_range(str(float(LEAST_SHAPE)), str(LARGEST_SHAPE))
        return Arrivals("gamma", dict(node.value), shape=gamma.number())
    return _file(node, read)


def _file(node: Node, read: ReadInstants | None) -> Arrivals:
    mistakes = Mistakes()
    with mistakes:
        node.mapping((*FILE_KEYS, *GAMMA_KEYS))
    with mistakes:
        name = node.need("file", "arrivals.csv")
        path = PurePath(node.document.file).parent / name.text()
    with mistakes:
        column = node.get("column")
        named = column.text() if column else None
    with mistakes:
        separator = separator_of(node)
    with mistakes:
        speed_node = node.get("speed")
        speed = _speed_at(speed_node) if speed_node else Fraction(1)
    with mistakes:
        warmup_node = node.get("warmup")
        warmup_ns = warmup_node.duration() if warmup_node else 0
        if warmup_node and not NS // 1000 <= warmup_ns <= LONGEST_NS:
            raise warmup_node.out_of_range("1ms", "24h")
    mistakes.end()
    file = UserFile(str(path), named, name.place, separator)
    instants = read(file) if read else array("q", [0])
    return Arrivals("file", dict(node.value), file=file, speed=speed, warmup_ns=warmup_ns, instants=instants)


def _speed_at(node: Node) -> Fraction:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        raise node.refuse(
            "bad-speed", f"{node.name}: '{node.written}' has no unit", f"did you mean {node.written}x?"
        )
    return node.parsed(_speed, "bad-speed", "write it like 2x")


def _speed(text: str) -> Fraction:
    match = _SPEED.fullmatch(text.strip())
    speed = Fraction(match[1]) if match else Fraction(0)
    if not Fraction(1, _FASTEST) <= speed <= _FASTEST:
        raise ValueProblem(f"a speed is a number from 0.001 to {_FASTEST:,}, with an x", "write it like 2x")
    return speed

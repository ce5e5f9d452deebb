"""A scenario for other programs: who shall arrive, how fast, for how long, and what must hold.

Numbers have their unit in their name. Nothing is sent from here: the load loop is a process of its own, which
`sessionload run` starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sessionload.config.read import read_arrivals, read_document, with_overrides
from sessionload.config.scenario import Scenario as CheckedScenario
from sessionload.config.shipped_files import scenario_file
from sessionload.config.yaml_source import parse
from sessionload.units import NS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.config.document import Document


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the load, over which the rate goes linearly from one value to another."""

    name: str
    duration_s: float
    start_per_s: float
    """Arrivals per second when it begins."""
    end_per_s: float
    """Arrivals per second when it ends."""
    warmup: bool
    """Whether it is left out when the run is judged."""


class Scenario:
    """A scenario file, read and checked."""

    def __init__(self, document: Document) -> None:
        """Check a document. `read` and `parse` are the ways to one."""
        self._checked = CheckedScenario.check(document, read_arrivals)

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, overrides: Sequence[str] = ()) -> Self:
        """Return the scenario in the file `path`, or of that name, with `overrides` as `--set` takes them.

        An override is written like `load.timeout=5s`. Raises `InputError` with the place of the mistake.
        """
        return cls(with_overrides(read_document(scenario_file(Path(path))), overrides))

    @classmethod
    def parse(cls, text: str, *, overrides: Sequence[str] = ()) -> Self:
        """Return the scenario that a YAML text says. Raises `InputError`, as `read` does."""
        return cls(with_overrides(parse(text.encode(), "scenario"), overrides))

    @property
    def name(self) -> str:
        """Its name."""
        return self._checked.name

    @property
    def description(self) -> str:
        """What it says of itself; empty if it says nothing."""
        return self._checked.description

    @property
    def environment(self) -> str:
        """The entry of the environments file that it is for."""
        return self._checked.environment

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Its stages, in their order."""
        return tuple(
            Stage(
                stage.name,
                stage.duration_ns / NS,
                float(stage.start_rate),
                float(stage.end_rate),
                stage.warmup,
            )
            for stage in self._checked.schedule.stages
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """What must hold, as it was written: `p95 < 400ms`."""
        return tuple(target.expr for target in self._checked.targets)

    @property
    def duration_s(self) -> float:
        """How long arrivals are due for, in seconds."""
        return self._checked.schedule.duration_ns / NS

    @property
    def timeout_s(self) -> float:
        """How long a session start may take, in seconds."""
        return self._checked.timeout_ns / NS

    @property
    def peak_per_s(self) -> float:
        """The highest rate, in arrivals per second."""
        return float(self._checked.schedule.peak)

    @property
    def sessions(self) -> int:
        """How many sessions it starts. Poisson arrivals are drawn to count them: a second for a million."""
        return self._checked.schedule.planned()

    def due_s(self) -> Iterator[float]:
        """Yield the instant at which each arrival is due, in seconds after the start, in order."""
        return (arrival.due_ns / NS for arrival in self._checked.schedule.stripe())

    def to_dict(self) -> Mapping[str, Any]:
        """Return the scenario with every default written out, as plain data; it is a scenario itself."""
        return self._checked.resolved

    def __repr__(self) -> str:
        return f"Scenario({self.name!r}, duration_s={self.duration_s:g}, peak_per_s={self.peak_per_s:g})"

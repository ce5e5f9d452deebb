"""What an environment adds to a document: which operation starts a session, and what fills its blanks.

Plain values, so that a contract follows from the document and its binding alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Binding:
    """How one operation of a document is called in one environment."""

    operation: str | None = None
    """The `operationId`; without it, the operation that has the shape of a session start."""
    project: str = ""
    environment: str | None = None
    """The alias of the environment; `None` leaves the choice to the traffic split of the project."""
    path: Mapping[str, str] = field(default_factory=dict)
    """Values for places of the path template that are not the project's or the environment's."""

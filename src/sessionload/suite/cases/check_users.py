"""User IDs of a contract check, so that what it leaves behind can be found.

Law: the same run and case give the same ID, and two cases never share one where the document leaves room.
Idea: prefix, run ID, case. Trap: an ID of one character cannot carry a run's ID; it is made of tildes,
which no one is called, for a session start ends the earlier session of the same user.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "sessionload-check-"
"""Every user ID of a check begins with this and the run's ID, where its length leaves room."""


@dataclass(frozen=True, slots=True)
class CheckUsers:
    """Makes user IDs. `longest` is the most characters that the document allows, or None."""

    run_id: str
    longest: int | None = None

    @property
    def start(self) -> str:
        """What the user IDs of this run begin with."""
        return f"{PREFIX}{self.run_id}-"

    def named(self, what: str) -> str:
        """Return an ID of ordinary length for the case `what`."""
        full = self.start + what
        if self.longest is None or len(full) <= self.longest:
            return full
        return f"{what}-{self.run_id}"[: self.longest]

    def of_length(self, length: int, fill: str = "~") -> str:
        """Return an ID of exactly `length` code points, ended with the one character `fill` repeated."""
        return self.start + fill * (length - len(self.start)) if self.findable(length) else fill * length

    def findable(self, length: int) -> bool:
        """Whether an ID of this length can carry the run's ID and still end in a character of its own."""
        return length > len(self.start)

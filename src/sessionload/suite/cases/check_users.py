"""User IDs of a contract check, made so that the sessions it leaves behind can be found.

An ID is a prefix, the ID of the check and the name of the case. Two cases never share one where the document
leaves room. A session start ends the earlier session of the same user, so an ID that is too short for the
prefix consists of tildes, which no real user is called.
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

"""User IDs of a contract check, made so that the sessions it leaves behind can be found.

An ID is a prefix, the ID of the check and the name of the case. Two cases never share one where the document
leaves room. A session start ends the earlier session of the same user, so an ID that is too short for the
prefix consists of tildes, which no real user is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sessionload.contract.request_body import USER_ID
from sessionload.suite.cases.operation_spec import operation_spec_of

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract

PREFIX = "sessionload-check-"
"""Every user ID of a check begins with this and the run's ID, where its length leaves room."""

_MOST_FILLED = 1 << 20


@dataclass(frozen=True, slots=True)
class CheckUsers:
    """Makes user IDs of `shortest` to `longest` characters, as the document allows; None is no limit."""

    run_id: str
    longest: int | None = None
    shortest: int = 0

    @classmethod
    def of(cls, contract: Contract, run_id: str, *, room: int = 0) -> Self:
        """Return the users of the check `run_id`; `room` characters can be added to each of their names."""
        body = operation_spec_of(contract).body
        facts = body.facts(body.properties(body.schema).get(USER_ID, {})) if body else {}
        longest = facts.get("maxLength")
        return cls(run_id, longest and int(longest) - room, int(facts.get("minLength", 0)))

    @property
    def start(self) -> str:
        """What the user IDs of this run begin with."""
        return f"{PREFIX}{self.run_id}-"

    def named(self, what: str) -> str:
        """Return an ID of ordinary length for the case `what`."""
        full = self.start + what
        if self.longest is not None and len(full) > self.longest:
            return f"{what}-{self.run_id}"[: self.longest]
        return full.ljust(min(self.shortest, _MOST_FILLED), "~")

    def of_length(self, length: int, fill: str = "~") -> str:
        """Return an ID of exactly `length` code points, ended with the one character `fill` repeated."""
        return self.start + fill * (length - len(self.start)) if self.findable(length) else fill * length

    def findable(self, length: int) -> bool:
        """Whether an ID of this length can carry the run's ID and still end in a character of its own."""
        return length > len(self.start)

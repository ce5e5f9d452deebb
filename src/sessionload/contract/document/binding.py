"""What an environment adds to a document: which operation starts a session, and what fills its blanks.

Plain values, so that a contract follows from the document and its binding alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.secret import Secret

SESSION_KEY: Pointer = ("sessionKey",)
"""Where a success holds the session key, unless the environment says otherwise."""
USER_ID: Pointer = ("userID",)
"""Where a request holds the user ID, unless the environment says otherwise."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How one operation of a document is called in one environment."""

    operation: str | None = None
    """The `operationId`, or `POST /path`; without it, the operation that has the path of a session start."""
    project: str | None = None
    environment: str | None = None
    """The alias of the environment; `None` leaves the choice to the traffic split of the project."""
    path: Mapping[str, str] = field(default_factory=dict)
    """Values for places of the path by their names, before what the project and the environment fill."""
    filler: str | None = None
    """What fills any other place, as an embedded stub has it; `None` where that is refused."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values of header, query and cookie parameters by their names."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers that the document lists. Here and in `parameters`, `${NAME}` names a secret."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """What the environment variables hold that are named so."""
    has_key: bool = True
    """Whether there is an API key."""
    serves: bool = False
    """Whether this is the side of the server, which asks for parameters and keys, and gives none."""
    base_path: str | None = None
    """The path of the server's address; `None` leaves it to the servers of the document."""
    user: Pointer | None = USER_ID
    """`None` for an operation that takes none."""
    session_key: Pointer | None = SESSION_KEY
    """`None` for an operation that returns none."""

"""What processes of a master and of a worker are told when they are started, as one argument.

There is no secret in it, because everybody on a machine can read arguments.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

LOCAL = "127.0.0.1"
_LOCAL_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class MasterSetup:
    """So many workers. Those of this machine are started by the master; others come to its address."""

    workers: int
    local: bool = True
    host: str = LOCAL
    port: int = 0
    wait_s: float = _LOCAL_WAIT_S
    keys: str | None = None
    """The file of the master's keys; local workers get keys that are made for them."""

    def text(self) -> str:
        """Return the setup as `of` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> MasterSetup:
        """Return the setup that a text says."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """Where the master is, and how long to wait for it. A local one has started the worker."""

    port: int
    host: str = LOCAL
    local: bool = True
    """Whether the keys come, and the end is known, by standard input."""
    wait_s: float = _LOCAL_WAIT_S
    keys: str | None = None
    """The file of the worker's keys."""
    out: str | None = None
    """Where it keeps what it measures, until the master has it."""

    def text(self) -> str:
        """Return the setup as `of` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> WorkerSetup:
        """Return the setup that a text says."""
        return cls(**json.loads(text))

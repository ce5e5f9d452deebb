"""What two processes compare to know that they perform the same run against the same environment."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec


class Digests(NamedTuple):
    """Digests (SHA-256) of a run's parts. None of them is made of a secret."""

    scenario: str
    contract: str
    environment: str
    """Of its address, project and environment, which follow from variables of the machine."""

    @classmethod
    def of(cls, spec: RunSpec) -> Self:
        """Return the digests of a run."""
        header = spec.header
        return cls(_digest(header.scenario), header.contract["sha256"], _digest(dict(header.environment)))


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()
